// plazo-router: wiring only. Exit codes: platform/runtime/exit_code.h.

#include "domain/core/proto_time.h"
#include "platform/kafka/transactional_loop.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "services/router/router.h"
#include "services/router/router_metrics.h"
#include "services/shell/shell.h"

namespace plazo::router {
namespace {

kafka::TransactionalLoopOptions LoopOptions(const config::v1::RouterConfig& config,
                                            const Topics& topics) {
  kafka::TransactionalLoopOptions options;
  options.input_topic = topics.inbound;
  options.group = config.kafka().topic_prefix() + std::string(kRouterGroup);
  options.instance = config.kafka().topic_prefix() + config.instance_id();
  options.state_topics = {topics.tickets, topics.directory};
  options.output_topics = topics.All();
  options.max_record_bytes = {{topics.inbound, kMaxCommandBytes},
                              {topics.dead_letters, kMaxDeadLetterBytes}};
  options.default_max_record_bytes = kMaxRecordBytes;
  options.max_batch_inputs = config.max_batch_records();
  options.max_batch_output_bytes = config.max_batch_output();
  options.pace = FromProto(config.pace());
  options.max_ahead = FromProto(config.max_future());
  options.poison_file = config.fail_record_file();
  return options;
}

void LogAlarm(const kafka::Alarm& alarm) {
  observability::LogError(
      "router alarm",
      {{"kind", static_cast<int>(alarm.kind)}, {"partition", alarm.lane}, {"text", alarm.text}});
}

runtime::ExitCode Serve(const config::v1::RouterConfig& config) {
  shell::StartLog("plazo-router", config.instance_id(), config.log());
  auto broker = shell::MakeBroker(config.kafka(), config.instance_id());
  if (!broker.ok()) {
    observability::LogError("kafka options refused", {{"status", broker.status()}});
    return runtime::ExitCode::kConfig;
  }
  const SystemClock clock;
  const Topics topics(config.kafka().topic_prefix());
  observability::Metrics metrics;
  Router router(topics, kPartitions);
  kafka::TransactionalLoop loop(**broker, clock, router, LoopOptions(config, topics), LogAlarm);
  ExportMetrics(metrics, router.counters(), loop.counters());
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner = shell::MakeRunner("plazo-router");
  runner
      .Add({.name = "metrics",
            .start = [&] { return metrics.Serve(config.metrics().address()).status(); }})
      .Add({.name = "grpc",
            .start =
                [&] {
                  auto started = rpc::Server::Start(shell::ListenOptions(config.listen()), {});
                  if (started.ok()) server = *std::move(started);
                  return started.status();
                },
            .stop = [&] { server->Drain(); }})
      .Add({.name = "loop", .run = [&](std::stop_token stop) {
              while (!stop.stop_requested()) {
                loop.RunOnce(absl::Milliseconds(100));
                // Ready = it decides something: subscribed, and with lanes of its own.
                server->SetServing(loop.Running() && loop.counters().lanes > 0);
              }
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

}  // namespace
}  // namespace plazo::router

int main(int argc, char** argv) {
  plazo::config::v1::RouterConfig config;
  if (auto exit = plazo::shell::Configure(
          argc, argv,
          {.name = "plazo-router", .summary = "Decides every command exactly once.", .version = ""},
          &config)) {
    return static_cast<int>(*exit);
  }
  return static_cast<int>(plazo::router::Serve(config));
}
