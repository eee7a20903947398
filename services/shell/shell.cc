#include "services/shell/shell.h"

#include <iostream>

#include "domain/core/proto_time.h"
#include "platform/config/config.h"
#include "platform/observability/log.h"

namespace plazo::shell {
namespace {

using observability::Level;

Level LevelOf(config::v1::LogLevel level) {
  switch (level) {
    case config::v1::LOG_LEVEL_DEBUG:
      return Level::kDebug;
    case config::v1::LOG_LEVEL_WARNING:
      return Level::kWarning;
    case config::v1::LOG_LEVEL_ERROR:
      return Level::kError;
    default:
      return Level::kInfo;
  }
}

void LogKafka(int level, const std::string& text) {
  constexpr int kSyslogError = 3;
  observability::Log(level <= kSyslogError ? Level::kError : Level::kDebug, "kafka client",
                     {{"text", text}});
}

void Report(runtime::Severity severity, std::string_view event, std::string_view component,
            const absl::Status& status) {
  observability::Log(severity == runtime::Severity::kError ? Level::kError : Level::kInfo, event,
                     {{"component", component}, {"status", status}});
}

}  // namespace

std::optional<runtime::ExitCode> Configure(int argc, char** argv, const runtime::Program& program,
                                           google::protobuf::Message* config) {
  const runtime::Flags flags = runtime::ParseFlags(argc, argv, program);
  if (flags.exit) return flags.exit;
  const config::ConfigErrors errors =
      flags.config_path.empty()
          ? config::LoadYamlText("{}", "defaults", config, config::ServiceOptions())
          : config::LoadYamlFile(flags.config_path, config, config::ServiceOptions());
  if (!errors.ok()) {
    std::cerr << errors.Render();
    return runtime::ExitCode::kConfig;
  }
  if (flags.check_config) {
    std::cout << config::Print(*config);
    return runtime::ExitCode::kOk;
  }
  return std::nullopt;
}

void StartLog(std::string_view service, std::string_view instance, const config::v1::Log& log) {
  observability::InitLog({.service = std::string(service),
                          .instance = std::string(instance),
                          .level = LevelOf(log.level())});
}

runtime::ServiceRunner MakeRunner(std::string_view service) {
  return runtime::ServiceRunner({.name = std::string(service), .report = Report});
}

absl::StatusOr<std::unique_ptr<kafka::LibrdkafkaBroker>> MakeBroker(const config::v1::Kafka& config,
                                                                    std::string_view instance) {
  kafka::LibrdkafkaOptions options;
  options.bootstrap_servers = config.bootstrap_servers();
  options.client_id = config.client_id().empty() ? std::string(instance) : config.client_id();
  for (const auto& property : config.properties()) {
    options.properties[property.key()] =
        property.secret_value().empty() ? property.value() : property.secret_value();
  }
  options.log = LogKafka;
  return kafka::LibrdkafkaBroker::Make(std::move(options));
}

redis::Endpoints OpenRedis(const config::v1::RedisEndpoints& config, const Clock& clock,
                           int pool_size) {
  redis::ConnectionOptions options;
  options.username = config.username();
  options.password = config.password();
  options.connect_timeout = FromProto(config.connect_timeout());
  options.command_timeout = FromProto(config.command_timeout());
  options.clock = &clock;
  return redis::Endpoints::Open({config.addresses().begin(), config.addresses().end()}, options,
                                pool_size);
}

rpc::ServerOptions ListenOptions(const config::v1::Listen& listen) {
  rpc::ServerOptions options;
  options.address = listen.address();
  options.reflection = listen.reflection();
  options.tls = {listen.tls().certificate_file(), listen.tls().key_file(),
                 listen.tls().client_ca_file()};
  return options;
}

std::vector<ids::MarkKey> MarkKeys(
    const google::protobuf::RepeatedPtrField<config::v1::HmacKey>& keys) {
  std::vector<ids::MarkKey> marks;
  for (const auto& key : keys) marks.push_back({key.key_id(), key.key()});
  return marks;
}

}  // namespace plazo::shell
