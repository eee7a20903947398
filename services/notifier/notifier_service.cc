#include "services/notifier/notifier_service.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <thread>

#include "domain/core/proto_time.h"
#include "platform/base/encoding.h"
#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/observability/log.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr absl::Duration kReportAgain = absl::Milliseconds(500);
constexpr absl::Duration kDrain = absl::Seconds(3);
constexpr absl::Duration kComplainEvery = absl::Seconds(10);

kafka::ProjectorOptions ProjectorOptionsOf(const NotifierOptions& options, const Topics& topics) {
  kafka::ProjectorOptions projector;
  projector.topics = {topics.delivery};
  projector.group = options.topic_prefix + std::string(kNotifierGroup);
  projector.instance = options.instance;
  // What a dead notifier had in hand is somebody else's after this.
  projector.session_timeout = absl::Seconds(10);
  projector.commit_interval = absl::Milliseconds(200);
  projector.retry_delay = absl::Milliseconds(50);
  projector.max_records = 500;
  projector.max_pending = 2000;
  return projector;
}

}  // namespace

NotifierService::NotifierService(const NotifierWorld& world, const NotifierOptions& options)
    : world_(world),
      options_(options),
      topics_(options.topic_prefix),
      token_(Base32(world.random.Bytes(5)) + "-"),
      table_(world.broker, world.clock, {.topic = topics_.directory}),
      directory_(table_),
      breaker_(options.breaker),
      delivery_({directory_, world.ledger, world.composer, breaker_, world.clock, world.metrics}),
      relay_(options.threads ? nullptr : world.make_relay()),
      errors_(&world.clock, kComplainEvery),
      producer_(world.broker, {.own_thread = options.threads}),
      projector_(world.broker, world.clock, *this, ProjectorOptionsOf(options, topics_)) {}

NotifierService::~NotifierService() = default;

bool NotifierService::Serving() const { return table_.Ready() && projector_.LastError().ok(); }

bool NotifierService::RunOnce(absl::Duration wait) {
  bool did = table_.RunOnce();
  if (!table_.Ready()) return did;
  did |= projector_.RunOnce(wait);
  did |= AdmitWaiting();
  while (WorkOnce(*relay_)) did = true;
  did |= SendDue();
  producer_.Pump();
  ShowState();
  return did;
}

void NotifierService::Run(std::stop_token stop, const std::function<void(bool)>& serving) {
  const std::jthread reader([this](const std::stop_token& end) { table_.Run(end); });
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < options_.workers; ++i) {
    workers.emplace_back([this](const std::stop_token& end) { Work(end); });
  }
  while (!stop.stop_requested()) {
    serving(Serving());
    if (!table_.Ready()) {
      absl::SleepFor(kPoll);
      continue;
    }
    projector_.RunOnce(kPoll);
    AdmitWaiting();
    SendDue();
    ShowState();
  }
  // What is on the wire is reported while there is time; what waits is left to the next process.
  for (std::jthread& worker : workers) worker.request_stop();
  AwaitSettled(kDrain, [](const Job&) { return true; });
}

void NotifierService::Work(std::stop_token stop) {
  const std::unique_ptr<Relay> relay = world_.make_relay();
  while (!stop.stop_requested()) {
    if (WorkOnce(*relay)) continue;
    absl::MutexLock lock(&mutex_);
    if (queue_.NextTurn() > world_.clock.Monotonic() || held_until_ > world_.clock.Monotonic()) {
      work_.WaitWithTimeout(&mutex_, kPoll);
    }
  }
}

bool NotifierService::WorkOnce(Relay& relay) {
  uint64_t id = 0;
  Job* job = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Duration now = world_.clock.Monotonic();
    if (held_until_ > now) return false;
    const auto taken = queue_.Take(now);
    if (!taken) return false;
    id = *taken;
    job = &jobs_.at(id);  // stays where it is while it is taken
  }
  const Verdict verdict = delivery_.Deliver(job->task, relay);
  absl::MutexLock lock(&mutex_);
  if (const HoldBack* hold = std::get_if<HoldBack>(&verdict)) {
    HoldJob(id, *job, hold->wait);
    return true;
  }
  const Report& report = std::get<Report>(verdict);
  queue_.Finish(id);
  work_.SignalAll();
  // Given away meanwhile: its new owner tries it, too, and only what has been sent is news to him.
  if (LaneOf(*job) == nullptr && report.outcome != DELIVERY_OUTCOME_ACCEPTED) {
    jobs_.erase(id);
  } else {
    Settle(id, *job, report);
  }
  return true;
}

void NotifierService::HoldJob(uint64_t id, Job& job, absl::Duration wait) {
  world_.metrics.held_back.Increment();
  if (LaneOf(job) == nullptr) {  // given away meanwhile: its new owner goes on with it
    queue_.Finish(id);
    jobs_.erase(id);
    work_.SignalAll();
    return;
  }
  held_until_ = world_.clock.Monotonic() + wait;
  queue_.Postpone(id, held_until_);
}

void NotifierService::Settle(uint64_t id, Job& job, const Report& report) {
  const Intent& intent = job.task.intent;
  world_.metrics.Reports(report.outcome).Increment();
  if (report.relay_time && intent.value.attempt() == 1) {
    world_.metrics.to_relay.Observe(
        absl::ToDoubleSeconds(*report.relay_time - FromProto(intent.value.requested_time())));
  }
  if (report.outcome == DELIVERY_OUTCOME_FAILED || report.outcome == DELIVERY_OUTCOME_IN_DOUBT) {
    observability::LogWarning("mail not delivered",
                              {{"notification_id", intent.value.notification_id()},
                               {"ticket_id", intent.value.ticket_id()},
                               {"tenant", intent.value.tenant()},
                               {"attempt", intent.value.attempt()},
                               {"outcome", DeliveryOutcome_Name(report.outcome)},
                               {"reason", report.reason}});
  }
  job.phase = Phase::kReporting;
  PLAZO_FAIL_POINT("notifier.before_report");
  Send(id, MakeReport(topics_.inbound, intent, report, world_.clock.Now()));
}

void NotifierService::Send(uint64_t id, kafka::OutRecord record) {
  // Shared with the callback, which may have to send it again.
  const auto shared = std::make_shared<kafka::OutRecord>(std::move(record));
  const absl::Status status =
      producer_.Send(*shared, [this, id, shared](const absl::StatusOr<kafka::Delivered>& result) {
        OnReported(id, *shared, result.status());
      });
  if (!status.ok()) SendLater(id, std::move(*shared), status);
}

void NotifierService::SendLater(uint64_t id, kafka::OutRecord record, const absl::Status& why) {
  world_.metrics.unreported.Increment();
  if (const auto repeat = errors_.Admit("unreported")) {
    observability::LogError("report not written",
                            {{"status", why}, {"suppressed", repeat->suppressed}});
  }
  unreported_.push_back({id, std::move(record), world_.clock.Monotonic() + kReportAgain});
}

bool NotifierService::SendDue() {
  absl::MutexLock lock(&mutex_);
  const absl::Duration now = world_.clock.Monotonic();
  bool did = false;
  for (size_t left = unreported_.size(); left > 0; --left) {
    Unreported next = std::move(unreported_.front());
    unreported_.pop_front();
    if (next.not_before > now) {
      unreported_.push_back(std::move(next));
      continue;
    }
    did = true;
    Send(next.id, std::move(next.record));
  }
  return did;
}

void NotifierService::OnReported(uint64_t id, const kafka::OutRecord& record,
                                 const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!status.ok()) return SendLater(id, record, status);
  PLAZO_FAIL_POINT("notifier.before_commit");
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  const Job& job = found->second;
  if (Lane* lane = LaneOf(job)) {
    lane->watermark.Settle(job.task.intent.offset);
    Commit(job.task.intent.partition, *lane);
  }
  jobs_.erase(found);
}

NotifierService::Lane* NotifierService::LaneOf(const Job& job) {
  const auto lane = lanes_.find(job.task.intent.partition);
  const bool ours = lane != lanes_.end() && lane->second.assignment == job.assignment;
  return ours ? &lane->second : nullptr;
}

void NotifierService::Commit(const kafka::TopicPartition& partition, const Lane& lane) {
  if (const auto next = lane.watermark.Next()) projector_.Commit(partition, *next);
}

void NotifierService::ShowState() {
  const absl::Time now = world_.clock.Now();
  world_.metrics.breaker_open.Set(breaker_.state(now) == smtp::RelayBreaker::State::kClosed ? 0
                                                                                            : 1);
  absl::MutexLock lock(&mutex_);
  world_.metrics.in_memory.Set(static_cast<double>(jobs_.size()));
}

}  // namespace plazo::notifier
