plazo_library(plazo_cli_calendar
  SRCS calendar_eval.cc
  DEPS plazo_domain_calendar plazo_platform_base nlohmann_json::nlohmann_json)

plazo_test(plazo_cli_calendar_test SRCS calendar_eval_test.cc DEPS plazo_cli_calendar)
