plazo_library(plazo_cli_classify
  SRCS classify.cc
  DEPS plazo_domain_classify plazo_platform_base nlohmann_json::nlohmann_json)
plazo_test(plazo_cli_classify_test SRCS classify_test.cc DEPS plazo_cli_classify plazo_classify_corpus)
