plazo_library(plazo_cli_frame
  SRCS command_line.cc fields.cc remote.cc session.cc
  DEPS plazo_domain_core plazo_platform_base plazo_platform_config plazo_platform_kafka plazo_platform_rpc
       plazo_platform_runtime)
# --version tells what the project() call says.
set_source_files_properties(command_line.cc PROPERTIES COMPILE_DEFINITIONS "PLAZO_VERSION=\"${PROJECT_VERSION}\"")

plazo_library(plazo_cli_commands
  SRCS attachment_commands.cc commands.cc contract.cc last_value.cc mail_deliver.cc policy_commands.cc read_commands.cc
       ticket_lookup.cc ticket_text.cc topics_commands.cc upload.cc write_commands.cc write_table.cc
  DEPS plazo_cli_frame plazo_cli_policy_file plazo_domain_core plazo_domain_ids plazo_platform_observability
       plazo_proto_desk plazo_proto_intake)

plazo_binary(plazoctl SRCS main.cc DEPS plazo_cli_commands)
