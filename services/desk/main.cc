// plazo-desk: wiring only. Exit codes: platform/runtime/exit_code.h.

#include "domain/core/proto_time.h"
#include "domain/core/topics.h"
#include "platform/blob/directory_blob_store.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "services/desk/desk_service.h"
#include "services/shell/shell.h"

namespace plazo::desk {
namespace {

constexpr int kWorkers = 16;
constexpr size_t kMaxQueuedJobs = 2000;
constexpr int kRedisConnections = 8;

// The first offset at or after `time`. Where there is none, the end as it was before the question:
// what is written meanwhile lies behind it.
absl::StatusOr<int64_t> OffsetAt(kafka::Broker& broker, const kafka::TopicPartition& partition,
                                 absl::Time time) {
  auto reader = broker.MakeReader(kafka::Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();
  auto end = (*reader)->OffsetsForTime({partition}, kafka::kEnd, absl::Seconds(10));
  if (!end.ok()) return end.status();
  auto at = (*reader)->OffsetsForTime({partition}, absl::ToUnixMillis(time), absl::Seconds(10));
  if (!at.ok()) return at.status();
  return at->front().offset == kafka::kEnd ? end->front().offset : at->front().offset;
}

// A rebuild begins with the oldest ticket that is not closed: older conversations are read from the
// log when somebody asks for one.
absl::StatusOr<int64_t> RebuildStart(kafka::Broker& broker, const kafka::Projector& ticket_reader,
                                     const TicketTable& tickets,
                                     const kafka::TopicPartition& partition) {
  if (!ticket_reader.CaughtUp()) return absl::UnavailableError("the tickets are still being read");
  const std::optional<absl::Time> oldest = tickets.OldestOpen();
  if (!oldest) return kafka::kEnd;
  return OffsetAt(broker, partition, *oldest - absl::Minutes(1));
}

absl::Status RunProjector(kafka::Projector& projector, std::stop_token stop) {
  projector.Run(std::move(stop));
  return absl::OkStatus();
}

runtime::ExitCode Serve(const config::v1::DeskConfig& config) {
  shell::StartLog("plazo-desk", config.instance_id(), config.log());
  auto broker = shell::MakeBroker(config.kafka(), config.instance_id());
  auto blobs = blob::DirectoryBlobStore::At({.root = config.blob_directory(), .read_only = true});
  auto templates = text::TemplateSet::Load({.directory = config.templates_directory()});
  if (!broker.ok() || !blobs.ok() || !templates.ok()) {
    observability::LogError(
        "refused",
        {{"kafka", broker.status()}, {"blobs", blobs.status()}, {"templates", templates.status()}});
    return runtime::ExitCode::kConfig;
  }
  const SystemClock clock;
  const Topics topics(config.kafka().topic_prefix());
  const redis::Endpoints redis = shell::OpenRedis(config.redis(), clock, kRedisConnections);

  Policies policies;
  TicketTable tickets(policies);
  Watchers watchers(tickets, config.max_watch_backlog());
  QueueWatchers queues(tickets, config.max_watch_backlog());
  kafka::Projector ticket_reader(
      **broker, clock, tickets,
      {.topics = {topics.tickets}, .poll_timeout = absl::Milliseconds(20)});
  SlaTable sla(clock, static_cast<int>(config.report_days()),
               [&](const kafka::TopicPartition& partition, absl::Time from) {
                 return OffsetAt(**broker, partition, from);
               });
  kafka::Projector sla_reader(**broker, clock, sla, {.topics = {topics.sla}});
  kafka::Table directory(**broker, clock, {.topic = topics.directory});
  Timelines timelines(redis, clock, config.kafka().topic_prefix(),
                      [&](const kafka::TopicPartition& partition) {
                        return RebuildStart(**broker, ticket_reader, tickets, partition);
                      });
  kafka::Projector timeline_writer(
      **broker, clock, timelines,
      {.topics = {topics.decisions}, .poll_timeout = absl::Milliseconds(20)});
  timelines.Attach(timeline_writer);
  const Conversations conversations(**broker, topics.decisions, timelines, *templates);
  NotificationFeed notifications(clock, tickets, conversations,
                                 [&](const kafka::TopicPartition& partition, absl::Time from) {
                                   return OffsetAt(**broker, partition, from);
                                 },
                                 {.max_backlog = config.max_watch_backlog()});
  kafka::Projector feed_reader(
      **broker, clock, notifications,
      {.topics = {topics.decisions}, .poll_timeout = absl::Milliseconds(20)});
  // Asks the readers at each scrape: must go before them.
  observability::Metrics metrics;
  DeskMetrics desk_metrics(metrics);
  desk_metrics.Export("tickets", ticket_reader);
  desk_metrics.Export("timelines", timeline_writer);
  desk_metrics.Export("sla", sla_reader);
  desk_metrics.Export("notifications", feed_reader);
  desk_metrics.Export("directory", directory);
  runtime::WorkerPool workers(kWorkers, kMaxQueuedJobs);
  DeskService service({.clock = clock,
                       .tickets = tickets,
                       .policies = policies,
                       .sla = sla,
                       .directory = directory,
                       .conversations = conversations,
                       .watchers = watchers,
                       .queues = queues,
                       .notifications = notifications,
                       .metrics = desk_metrics,
                       .blobs = **blobs,
                       .workers = workers,
                       .position_wait = FromProto(config.position_wait()),
                       .default_page_size = static_cast<int>(config.default_page_size()),
                       .max_page_size = static_cast<int>(config.max_page_size())});
  const absl::Duration heartbeat = FromProto(config.heartbeat_interval());
  std::unique_ptr<rpc::Server> server;

  runtime::ServiceRunner runner = shell::MakeRunner("plazo-desk");
  runner
      .Add({.name = "metrics",
            .start = [&] { return metrics.Serve(config.metrics().address()).status(); }})
      .Add({.name = "grpc",
            .start =
                [&] {
                  auto started =
                      rpc::Server::Start(shell::ListenOptions(config.listen()), {&service});
                  if (started.ok()) server = *std::move(started);
                  return started.status();
                },
            .stop =
                [&] {
                  watchers.EndAll();
                  queues.EndAll();
                  notifications.EndAll();
                  server->Drain();
                }})
      .Add({.name = "directory",
            .run =
                [&](std::stop_token stop) {
                  directory.Run(std::move(stop));
                  return absl::OkStatus();
                }})
      .Add({.name = "sla",
            .run = [&](std::stop_token stop) { return RunProjector(sla_reader, std::move(stop)); }})
      .Add(
          {.name = "notifications",
           .run = [&](std::stop_token stop) { return RunProjector(feed_reader, std::move(stop)); }})
      .Add({.name = "timelines",
            .run =
                [&](std::stop_token stop) {
                  return RunProjector(timeline_writer, std::move(stop));
                }})
      .Add({.name = "tickets", .run = [&](std::stop_token stop) {
              absl::Duration next_beat = clock.Monotonic() + heartbeat;
              while (!stop.stop_requested()) {
                ticket_reader.RunOnce(absl::Milliseconds(20));
                desk_metrics.SetOpen(tickets.CountOpen());
                if (clock.Monotonic() >= next_beat) {
                  next_beat += heartbeat;
                  watchers.Beat();
                  queues.Beat();
                  notifications.Beat();
                }
                server->SetServing(ticket_reader.CaughtUp() && directory.Ready() &&
                                   sla_reader.CaughtUp());
              }
              return absl::OkStatus();
            }});
  return runner.RunUntil();
}

}  // namespace
}  // namespace plazo::desk

int main(int argc, char** argv) {
  plazo::config::v1::DeskConfig config;
  if (auto exit = plazo::shell::Configure(argc, argv,
                                          {.name = "plazo-desk",
                                           .summary = "Shows tickets, queues and conversations.",
                                           .version = ""},
                                          &config)) {
    return static_cast<int>(*exit);
  }
  return static_cast<int>(plazo::desk::Serve(config));
}
