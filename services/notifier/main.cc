// plazo-notifier: wiring only. Exit codes: platform/runtime/exit_code.h.

#include <unistd.h>

#include <array>

#include "domain/core/proto_time.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "services/notifier/notifier_service.h"
#include "services/notifier/redis_ledger.h"
#include "services/notifier/smtp_relay.h"
#include "services/shell/shell.h"

namespace plazo::notifier {
namespace {

using config::v1::NotifierConfig;

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

smtp::Tls TlsOf(config::v1::SmtpTls tls) {
  switch (tls) {
    case config::v1::SMTP_TLS_STARTTLS:
      return smtp::Tls::kRequired;
    case config::v1::SMTP_TLS_IMPLICIT:
      return smtp::Tls::kImplicit;
    default:
      return smtp::Tls::kNone;
  }
}

smtp::RelayOptions RelayOptionsOf(const config::v1::SmtpRelay& config) {
  smtp::RelayOptions options;
  options.host = config.host();
  options.port = static_cast<int>(config.port());
  options.helo_name = config.helo_name().empty() ? HostName() : config.helo_name();
  options.tls = TlsOf(config.tls());
  options.ca_file = config.ca_file();
  options.username = config.username();
  options.password = config.password();
  return options;
}

smtp::SendTimeouts TimeoutsOf(const config::v1::SmtpRelay& config) {
  smtp::SendTimeouts timeouts;
  timeouts.connect = FromProto(config.connect_timeout());
  timeouts.reply = FromProto(config.command_timeout());
  return timeouts;
}

NotifierOptions OptionsOf(const NotifierConfig& config) {
  NotifierOptions options;
  options.topic_prefix = config.kafka().topic_prefix();
  options.instance = config.instance_id();
  options.workers = config.workers();
  options.directory_wait = FromProto(config.directory_wait());
  options.breaker.failures_to_open = static_cast<int>(config.circuit_failures());
  options.breaker.first_back_off = FromProto(config.circuit_pause());
  options.breaker.max_back_off = FromProto(config.circuit_pause());
  return options;
}

std::vector<std::string> TemplateNames() {
  std::vector<std::string> names;
  for (int kind = core::v1::NotificationKind_MIN + 1; kind <= core::v1::NotificationKind_MAX;
       ++kind) {
    names.push_back(TemplateName(static_cast<core::v1::NotificationKind>(kind)));
  }
  return names;
}

runtime::ExitCode Serve(const NotifierConfig& config) {
  shell::StartLog("plazo-notifier", config.instance_id(), config.log());
  auto broker = shell::MakeBroker(config.kafka(), config.instance_id());
  auto templates = text::TemplateSet::Load(
      {.directory = config.templates_directory(), .required_kinds = TemplateNames()});
  const auto probe = smtp::Mailer::Create(RelayOptionsOf(config.smtp()));
  const bool keys = config.message_id_keys_size() > 0;
  if (!broker.ok() || !templates.ok() || !probe.ok() || !keys) {
    observability::LogError("refused", {{"kafka", broker.status()},
                                        {"templates", templates.status()},
                                        {"smtp", probe.status()},
                                        {"has_message_id_keys", keys}});
    return runtime::ExitCode::kConfig;
  }
  const SystemClock clock;
  SystemRandom random;
  observability::Metrics metrics;
  NotifierMetrics notifier_metrics(metrics);
  const redis::Endpoints redis =
      shell::OpenRedis(config.redis(), clock, static_cast<int>(config.workers()));
  RedisLedger ledger(redis, clock, config.kafka().topic_prefix());
  const Composer composer(*templates, shell::MarkKeys(config.message_id_keys()));
  const auto make_relay = [&]() -> std::unique_ptr<Relay> {
    auto mailer = smtp::Mailer::Create(RelayOptionsOf(config.smtp()));
    return std::make_unique<SmtpRelay>(*std::move(mailer), TimeoutsOf(config.smtp()));
  };
  NotifierService service({**broker, ledger, composer, make_relay, clock, random, notifier_metrics},
                          OptionsOf(config));
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner = shell::MakeRunner("plazo-notifier");
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
      .Add({.name = "notifier", .run = [&](std::stop_token stop) {
              service.Run(std::move(stop), [&](bool serving) { server->SetServing(serving); });
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

}  // namespace
}  // namespace plazo::notifier

int main(int argc, char** argv) {
  plazo::config::v1::NotifierConfig config;
  if (auto exit = plazo::shell::Configure(
          argc, argv,
          {.name = "plazo-notifier",
           .summary = "Hands every mail to the relay, and tells what became of it.",
           .version = ""},
          &config)) {
    return static_cast<int>(*exit);
  }
  return static_cast<int>(plazo::notifier::Serve(config));
}
