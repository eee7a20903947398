// plazo-intake: wiring only. Exit codes: platform/runtime/exit_code.h.

#include "platform/blob/directory_blob_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "services/intake/agent_service.h"
#include "services/intake/email_service.h"
#include "services/intake/operator_service.h"
#include "services/intake/ticket_service.h"
#include "services/shell/shell.h"

namespace plazo::intake {
namespace {

constexpr int kWorkers = 8;
constexpr size_t kMaxQueuedJobs = 1000;

MailRules RulesOf(const config::v1::IntakeConfig& config) {
  MailRules rules;
  rules.keys = shell::MarkKeys(config.message_id_keys());
  rules.trusted_relays = {config.mail_trusted_relays().begin(), config.mail_trusted_relays().end()};
  rules.stale_after = FromProto(config.mail_stale_after());
  rules.max_text_bytes = config.max_message_size();
  rules.max_attachments = config.max_attachments();
  return rules;
}

rpc::ServerOptions ServerOptionsOf(const config::v1::IntakeConfig& config) {
  rpc::ServerOptions options = shell::ListenOptions(config.listen());
  options.max_receive_bytes = static_cast<int>(config.max_mail_size() + (1 << 20));
  return options;
}

runtime::ExitCode Serve(const config::v1::IntakeConfig& config) {
  shell::StartLog("plazo-intake", config.instance_id(), config.log());
  auto broker = shell::MakeBroker(config.kafka(), config.instance_id());
  auto blobs = blob::DirectoryBlobStore::At({.root = config.blob_directory()});
  if (!broker.ok() || !blobs.ok()) {
    observability::LogError("refused", {{"kafka", broker.status()}, {"blobs", blobs.status()}});
    return runtime::ExitCode::kConfig;
  }
  const SystemClock clock;
  const Topics topics(config.kafka().topic_prefix());
  observability::Metrics metrics;
  kafka::Table table(**broker, clock, {.topic = topics.directory});
  Directory directory(table);
  Decisions decisions(clock);
  kafka::Projector decision_reader(
      **broker, clock, decisions,
      {.topics = {topics.decisions}, .poll_timeout = absl::Milliseconds(20)});
  kafka::Producer producer(**broker,
                           {.handle = {.delivery_timeout = FromProto(config.accept_timeout())}});
  IntakeMetrics intake_metrics(metrics);
  CommandSender sender(producer, decisions, clock, topics, &intake_metrics);
  runtime::WorkerPool workers(kWorkers, kMaxQueuedJobs);
  const Frontend frontend{.directory = directory,
                          .sender = sender,
                          .decisions = decisions,
                          .workers = workers,
                          .clock = clock,
                          .decision_wait = FromProto(config.decision_wait()),
                          .directory_wait = FromProto(config.directory_wait()),
                          .limits = {.attachments = config.max_attachments()}};
  TicketService tickets(frontend, **blobs, config.max_attachment_size());
  ChatService chat(frontend);
  CallService calls(frontend);
  AgentService agents(frontend);
  CustomerService customers(frontend);
  OperatorService operators(frontend);
  const MailReader mail_reader(directory, **blobs, RulesOf(config));
  EmailService email(frontend, mail_reader, config.max_mail_size());
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner = shell::MakeRunner("plazo-intake");
  runner
      .Add({.name = "metrics",
            .start = [&] { return metrics.Serve(config.metrics().address()).status(); }})
      .Add({.name = "directory",
            .run =
                [&](std::stop_token stop) {
                  table.Run(stop);
                  return absl::OkStatus();
                }})
      .Add({.name = "grpc",
            .start =
                [&] {
                  auto started = rpc::Server::Start(
                      ServerOptionsOf(config),
                      {&tickets, &chat, &calls, &agents, &customers, &operators, &email});
                  if (started.ok()) server = *std::move(started);
                  return started.status();
                },
            .stop = [&] { server->Drain(); }})
      .Add({.name = "decisions", .run = [&](std::stop_token stop) {
              while (!stop.stop_requested()) {
                decision_reader.RunOnce(absl::Milliseconds(20));
                server->SetServing(directory.Ready() && decision_reader.CaughtUp());
              }
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

}  // namespace
}  // namespace plazo::intake

int main(int argc, char** argv) {
  plazo::config::v1::IntakeConfig config;
  if (auto exit =
          plazo::shell::Configure(argc, argv,
                                  {.name = "plazo-intake",
                                   .summary = "Takes what customers and agents say, and keeps it.",
                                   .version = ""},
                                  &config)) {
    return static_cast<int>(*exit);
  }
  return static_cast<int>(plazo::intake::Serve(config));
}
