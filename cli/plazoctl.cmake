plazo_library(plazo_cli_frame
  SRCS command_line.cc fields.cc remote.cc session.cc
  DEPS plazo_domain_core plazo_platform_base plazo_platform_config plazo_platform_kafka plazo_platform_rpc
       plazo_platform_runtime)
# --version tells what the project() call says.
set_source_files_properties(command_line.cc PROPERTIES COMPILE_DEFINITIONS "PLAZO_VERSION=\"${PROJECT_VERSION}\"")

plazo_library(plazo_cli_log
  SRCS last_value.cc log_scan.cc record_text.cc verify/index_reading.cc
  DEPS plazo_cli_frame plazo_domain_core plazo_platform_kafka plazo_platform_redis plazo_proto_core)

plazo_library(plazo_cli_verify
  SRCS verify/decisions_check.cc verify/deadline_check.cc verify/desk_check.cc verify/dump.cc verify/evidence_files.cc
       verify/fold.cc verify/inbox_check.cc verify/oracle_check.cc verify/state_check.cc verify/verify.cc
  DEPS plazo_cli_log plazo_domain_customer plazo_domain_ids plazo_domain_ticket plazo_service_router)

plazo_library(plazo_cli_load
  SRCS load/latency.cc load/plan.cc load/run.cc
  DEPS plazo_cli_frame plazo_platform_observability plazo_proto_intake absl::synchronization)

plazo_library(plazo_cli_replay
  SRCS replay/comparison.cc replay/world.cc
  DEPS plazo_cli_frame plazo_cli_policy_file plazo_domain_calendar plazo_domain_ids plazo_service_router
       nlohmann_json::nlohmann_json)

plazo_library(plazo_cli_mail SRCS mail_parse.cc DEPS plazo_platform_mime plazo_platform_base nlohmann_json::nlohmann_json)

plazo_library(plazo_cli_commands
  SRCS attachment_commands.cc board.cc commands.cc completion.cc contract.cc dead_letters.cc explain.cc lag.cc load_command.cc
       mail_deliver.cc policy_commands.cc read_commands.cc replay_command.cc sla_commands.cc tail.cc ticket_lookup.cc ticket_text.cc tools.cc
       topics_commands.cc upload.cc verify_command.cc write_commands.cc write_table.cc
  DEPS plazo_cli_frame plazo_cli_calendar plazo_cli_classify plazo_cli_load plazo_cli_log plazo_cli_mail
       plazo_cli_policy_file plazo_cli_replay plazo_cli_verify plazo_domain_calendar plazo_domain_core plazo_domain_ids
       plazo_platform_observability plazo_proto_desk plazo_proto_intake)

plazo_binary(plazoctl SRCS main.cc DEPS plazo_cli_commands)

plazo_test(plazo_cli_verify_test SRCS verify/verify_test.cc verify/evidence_files_test.cc DEPS plazo_cli_verify plazo_domain_policy)
plazo_test(plazo_cli_fields_test SRCS fields_test.cc DEPS plazo_cli_frame plazo_proto_intake)
plazo_test(plazo_cli_commands_test SRCS commands_test.cc DEPS plazo_cli_commands plazo_platform_kafka_fake)
plazo_test(plazo_cli_text_test SRCS sla_commands_test.cc ticket_text_test.cc DEPS plazo_cli_commands)
plazo_test(plazo_cli_load_test SRCS load/load_test.cc DEPS plazo_cli_load)
