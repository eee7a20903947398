plazo_library(plazo_cli_policy_file
  SRCS policy_file.cc policy_text.cc
  DEPS plazo_domain_policy plazo_domain_calendar plazo_platform_config plazo_platform_base)

plazo_test(plazo_cli_policy_test SRCS policy_file_test.cc DEPS plazo_cli_policy_file)
plazo_test(plazo_policies_test SRCS policies_test.cc DEPS plazo_cli_policy_file)
