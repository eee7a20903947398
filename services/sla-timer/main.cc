// plazo-sla-timer: wiring only. Exit codes: platform/runtime/exit_code.h.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/proto_time.h"
#include "platform/base/clock.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "services/shell/shell.h"
#include "services/sla-timer/redis_deadline_index.h"
#include "services/sla-timer/timer_metrics.h"
#include "services/sla-timer/timer_service.h"

namespace plazo::sla_timer {
namespace {

using config::v1::SlaTimerConfig;
using runtime::ExitCode;

TimerOptions ServiceOptions(const SlaTimerConfig& config) {
  TimerOptions options;
  options.topic_prefix = config.kafka().topic_prefix();
  options.instance = config.instance_id();
  options.lane.max_in_flight = config.max_in_flight();
  options.lane.max_apply_records = config.max_apply_records();
  options.lane.check_interval = FromProto(config.check_interval());
  return options;
}

ExitCode Serve(const SlaTimerConfig& config) {
  shell::StartLog("plazo-sla-timer", config.instance_id(), config.log());
  const SystemClock clock;
  observability::Metrics metrics;
  TimerMetrics timer_metrics(metrics);
  auto broker = shell::MakeBroker(config.kafka(), config.instance_id());
  if (!broker.ok()) {
    observability::LogError("kafka options refused", {{"status", broker.status()}});
    return ExitCode::kConfig;
  }
  const redis::Endpoints redis = shell::OpenRedis(config.redis(), clock, /*pool_size=*/0);
  RedisDeadlineIndex index(redis, clock, config.kafka().topic_prefix());
  TimerService service({**broker, index, clock, timer_metrics}, ServiceOptions(config));
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner = shell::MakeRunner("plazo-sla-timer");
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
      .Add({.name = "timer", .run = [&](std::stop_token stop) {
              service.Run(std::move(stop), [&](bool live) { server->SetServing(live); });
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

}  // namespace
}  // namespace plazo::sla_timer

int main(int argc, char** argv) {
  plazo::config::v1::SlaTimerConfig config;
  if (auto exit = plazo::shell::Configure(argc, argv,
                                          {.name = "plazo-sla-timer",
                                           .summary = "Tells the router when a deadline has come.",
                                           .version = ""},
                                          &config)) {
    return static_cast<int>(*exit);
  }
  return static_cast<int>(plazo::sla_timer::Serve(config));
}
