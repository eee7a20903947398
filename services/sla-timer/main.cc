// plazo-sla-timer: wiring only. Exit codes: platform/runtime/exit_code.h.

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/proto_time.h"
#include "platform/base/clock.h"
#include "platform/config/config.h"
#include "platform/kafka/librdkafka_broker.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/redis/endpoints.h"
#include "platform/rpc/server.h"
#include "platform/runtime/flags.h"
#include "platform/runtime/service_runner.h"
#include "plazo/config/v1/config.pb.h"
#include "services/sla-timer/redis_deadline_index.h"
#include "services/sla-timer/timer_metrics.h"
#include "services/sla-timer/timer_service.h"

namespace plazo::sla_timer {
namespace {

using config::v1::SlaTimerConfig;
using observability::Level;
using runtime::ExitCode;

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

kafka::LibrdkafkaOptions KafkaOptions(const SlaTimerConfig& config) {
  kafka::LibrdkafkaOptions options;
  options.bootstrap_servers = config.kafka().bootstrap_servers();
  options.client_id =
      config.kafka().client_id().empty() ? config.instance_id() : config.kafka().client_id();
  for (const auto& property : config.kafka().properties()) {
    options.properties[property.key()] =
        property.secret_value().empty() ? property.value() : property.secret_value();
  }
  options.log = LogKafka;
  return options;
}

redis::Endpoints OpenRedis(const config::v1::RedisEndpoints& config, const Clock& clock) {
  redis::ConnectionOptions options;
  options.username = config.username();
  options.password = config.password();
  options.connect_timeout = FromProto(config.connect_timeout());
  options.command_timeout = FromProto(config.command_timeout());
  options.clock = &clock;
  return redis::Endpoints::Open({config.addresses().begin(), config.addresses().end()}, options,
                                /*pool_size=*/0);
}

rpc::ServerOptions ListenOptions(const config::v1::Listen& listen) {
  rpc::ServerOptions options;
  options.address = listen.address();
  options.reflection = listen.reflection();
  options.tls = {listen.tls().certificate_file(), listen.tls().key_file(),
                 listen.tls().client_ca_file()};
  return options;
}

TimerOptions ServiceOptions(const SlaTimerConfig& config) {
  TimerOptions options;
  options.topic_prefix = config.kafka().topic_prefix();
  options.instance = config.instance_id();
  options.lane.max_in_flight = config.max_in_flight();
  options.lane.max_apply_records = config.max_apply_records();
  options.lane.check_interval = FromProto(config.check_interval());
  return options;
}

void Report(runtime::Severity severity, std::string_view event, std::string_view component,
            const absl::Status& status) {
  observability::Log(severity == runtime::Severity::kError ? Level::kError : Level::kInfo, event,
                     {{"component", component}, {"status", status}});
}

ExitCode Serve(const SlaTimerConfig& config) {
  observability::InitLog({.service = "plazo-sla-timer",
                          .instance = config.instance_id(),
                          .level = LevelOf(config.log().level())});
  const SystemClock clock;
  observability::Metrics metrics;
  TimerMetrics timer_metrics(metrics);
  auto broker = kafka::LibrdkafkaBroker::Make(KafkaOptions(config));
  if (!broker.ok()) {
    observability::LogError("kafka options refused", {{"status", broker.status()}});
    return ExitCode::kConfig;
  }
  const redis::Endpoints redis = OpenRedis(config.redis(), clock);
  RedisDeadlineIndex index(redis, clock, config.kafka().topic_prefix());
  TimerService service({**broker, index, clock, timer_metrics}, ServiceOptions(config));
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner({.name = "plazo-sla-timer", .report = Report});
  runner
      .Add({.name = "metrics",
            .start = [&] { return metrics.Serve(config.metrics().address()).status(); }})
      .Add({.name = "grpc",
            .start =
                [&] {
                  auto started = rpc::Server::Start(ListenOptions(config.listen()), {});
                  if (started.ok()) server = *std::move(started);
                  return started.status();
                },
            .stop = [&] { server->Drain(); }})
      .Add({.name = "timer", .run = [&](std::stop_token stop) {
              service.Run(std::move(stop), [&](bool live) { server->SetServing(live); });
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

ExitCode Main(int argc, char** argv) {
  const runtime::Flags flags =
      runtime::ParseFlags(argc, argv,
                          {.name = "plazo-sla-timer",
                           .summary = "Tells the router when a deadline has come.",
                           .version = ""});
  if (flags.exit) return *flags.exit;
  SlaTimerConfig config;
  const config::ConfigErrors errors =
      flags.config_path.empty()
          ? config::LoadYamlText("{}", "defaults", &config, config::ServiceOptions())
          : config::LoadYamlFile(flags.config_path, &config, config::ServiceOptions());
  if (!errors.ok()) {
    std::cerr << errors.Render();
    return ExitCode::kConfig;
  }
  if (flags.check_config) {
    std::cout << config::Print(config);
    return ExitCode::kOk;
  }
  return Serve(config);
}

}  // namespace
}  // namespace plazo::sla_timer

int main(int argc, char** argv) { return static_cast<int>(plazo::sla_timer::Main(argc, argv)); }
