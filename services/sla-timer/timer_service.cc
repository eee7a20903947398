#include "services/sla-timer/timer_service.h"

#include <algorithm>
#include <utility>

#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/kafka/error.h"
#include "platform/observability/log.h"

namespace plazo::sla_timer {
namespace {

constexpr char kGroup[] = "plazo-sla-timer";
constexpr char kStateTopic[] = "plazo.state.tickets.v1";
constexpr char kCommandTopic[] = "plazo.cmd.inbound.v1";
// When the index says that a partition has another owner, the group usually says so within two
// heartbeats. Joining at once would throw out a process that was started with our id.
constexpr absl::Duration kRejoinAfter = absl::Seconds(5);
constexpr absl::Duration kComplainEvery = absl::Seconds(10);
// More lanes than that on one process fill the producer's queue, which then refuses: no harm.
constexpr size_t kLanesPlannedFor = 64;

kafka::ProducerOptions MakeProducerOptions(const TimerOptions& options) {
  kafka::ProducerOptions producer;
  producer.handle.max_queued =
      std::max<size_t>(10'000, kLanesPlannedFor * options.lane.max_in_flight);
  producer.own_thread = options.own_thread;
  return producer;
}

kafka::ProjectorOptions MakeProjectorOptions(const TimerOptions& options) {
  kafka::ProjectorOptions projector;
  projector.topics = {options.topic_prefix + kStateTopic};
  projector.group = options.topic_prefix + kGroup;
  projector.instance = options.instance;
  projector.poll_timeout = options.poll_timeout;
  return projector;
}

}  // namespace

TimerService::TimerService(const TimerWorld& world, const TimerOptions& options)
    : world_(world),
      options_(options),
      state_topic_(options.topic_prefix + kStateTopic),
      command_topic_(options.topic_prefix + kCommandTopic),
      broker_time_(world.clock),
      lane_world_{world.index, world.clock, broker_time_, world.metrics, options.lane},
      errors_(&world.clock, kComplainEvery),
      reports_(std::make_shared<Reports>()),
      producer_(world.broker, MakeProducerOptions(options)),
      projector_(world.broker, world.clock, *this, MakeProjectorOptions(options)) {}

TimerService::~TimerService() = default;

bool TimerService::RunOnce(absl::Duration wait) {
  if (!options_.own_thread) producer_.Pump();
  bool did = TakeReports();
  did |= PumpLanes();
  RejoinIfReplaced();
  for (const auto& [partition, lane] : lanes_) wait = std::min(wait, lane->UntilPump());
  moving_.clear();  // what was asked for by now is done first
  did |= projector_.RunOnce(wait);
  TellRestart();
  TellLive();
  return did;
}

void TimerService::Run(std::stop_token stop, const std::function<void(bool)>& on_live) {
  bool told = false;
  while (!stop.stop_requested()) {
    RunOnce(options_.poll_timeout);
    const bool live = live_.load();
    if (on_live && live != std::exchange(told, live)) on_live(live);
  }
}

size_t TimerService::in_flight(int32_t partition) const {
  const auto it = lanes_.find(partition);
  return it == lanes_.end() ? 0 : it->second->in_flight();
}

// --- the projector's calls ---

absl::StatusOr<std::vector<kafka::PartitionOffset>> TimerService::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> positions;
  for (const kafka::TopicPartition& partition : partitions) {
    std::unique_ptr<TimerLane>& lane = lanes_[partition.partition];
    if (!lane) lane = std::make_unique<TimerLane>(lane_world_, partition.partition);
    const auto offset = lane->Assign();
    if (!offset.ok()) {
      Complain("partition cannot be taken over", offset.status());
      return offset.status();
    }
    positions.push_back({partition.topic, partition.partition, *offset});
  }
  return positions;
}

void TimerService::OnRevoked(std::span<const kafka::TopicPartition> partitions) {
  for (const kafka::TopicPartition& partition : partitions) {
    if (TimerLane* lane = Find(partition.partition)) lane->Park();
  }
  rejoin_at_ = absl::InfiniteDuration();
}

absl::Status TimerService::OnRecords(const kafka::TopicPartition& partition,
                                     std::span<const kafka::Record> records) {
  TimerLane* lane = Find(partition.partition);
  if (lane == nullptr) return Internal("records of a partition that was not assigned");
  if (moving_.contains(partition.partition)) return Unavailable("cursor is being moved");
  const absl::Status status = lane->Take(records);
  Follow(partition, *lane);
  if (!status.ok()) {
    Complain("records not taken", status);
    return status;
  }
  // Nobody starts from what is committed: it shows the lag to operators.
  projector_.Commit(partition, records.back().offset + 1);
  return status;
}

void TimerService::OnCaughtUp(const kafka::TopicPartition& partition) {
  TimerLane* lane = Find(partition.partition);
  if (lane != nullptr && !moving_.contains(partition.partition)) lane->CaughtUp();
}

void TimerService::OnEnd(const kafka::TopicPartition& partition, int64_t next) {
  TimerLane* lane = Find(partition.partition);
  if (lane == nullptr || moving_.contains(partition.partition)) return;
  lane->AtEnd(next);
  Follow(partition, *lane);
  if (!moving_.contains(partition.partition)) projector_.Commit(partition, next);
}

int64_t TimerService::OnOutOfRange(const kafka::TopicPartition& partition, int64_t /*asked*/,
                                   const kafka::Watermarks& /*range*/) {
  TimerLane* lane = Find(partition.partition);
  return lane == nullptr ? kafka::kBeginning : lane->OutOfRange();
}

// --- our own steps ---

TimerLane* TimerService::Find(int32_t partition) {
  const auto it = lanes_.find(partition);
  return it == lanes_.end() ? nullptr : it->second.get();
}

void TimerService::Follow(const kafka::TopicPartition& partition, TimerLane& lane) {
  if (lane.TakeReplaced()) {
    rejoin_at_ = std::min(rejoin_at_, world_.clock.Monotonic() + kRejoinAfter);
  }
  if (const auto offset = lane.TakeMove()) {
    projector_.MoveTo(partition, *offset);
    moving_.insert(partition.partition);
  }
}

bool TimerService::TakeReports() {
  std::vector<Report> arrived;
  {
    absl::MutexLock lock(&reports_->mutex);
    arrived.swap(reports_->arrived);
  }
  for (const Report& report : arrived) {
    TimerLane* lane = Find(report.firing.partition);
    if (report.result.ok()) {
      PLAZO_FAIL_POINT("sla-timer.after_report");
      broker_time_.Observe(report.sent_ms, report.reported_ms, report.result->timestamp_ms);
      if (lane != nullptr) lane->Written(report.firing, report.result->offset);
    } else {
      Complain("firing not delivered", report.result.status());
      if (lane != nullptr) lane->Failed(report.firing);
    }
  }
  if (!arrived.empty()) world_.metrics.skew.Set(absl::ToDoubleSeconds(broker_time_.Skew()));
  return !arrived.empty();
}

bool TimerService::PumpLanes() {
  bool fired = false;
  for (const auto& [partition, lane] : lanes_) {
    for (const Firing& firing : lane->Pump()) {
      Send(*lane, firing);
      fired = true;
    }
    Follow({state_topic_, partition}, *lane);
  }
  return fired;
}

void TimerService::Send(TimerLane& lane, const Firing& firing) {
  const int64_t sent_ms = world_.clock.NowMs();
  // The report may come when this object is gone.
  auto on_report = [reports = reports_, clock = &world_.clock, firing,
                    sent_ms](absl::StatusOr<kafka::Delivered> result) {
    absl::MutexLock lock(&reports->mutex);
    reports->arrived.push_back({firing, sent_ms, clock->NowMs(), std::move(result)});
  };
  const absl::Status sent = producer_.Send(
      MakeTimerFired(command_topic_, firing, world_.clock.Now()), std::move(on_report));
  if (!sent.ok()) {
    Complain("firing not sent", sent);
    lane.Failed(firing);
    return;
  }
  switch (firing.cause) {
    case FiringCause::kDue:
      world_.metrics.fired.Increment();
      break;
    case FiringCause::kUndelivered:
      world_.metrics.refired_undelivered.Increment();
      break;
    case FiringCause::kUnchanged:
      world_.metrics.refired_unchanged.Increment();
      break;
  }
  PLAZO_FAIL_POINT("sla-timer.after_fire");
}

void TimerService::RejoinIfReplaced() {
  if (world_.clock.Monotonic() < rejoin_at_) return;
  rejoin_at_ = absl::InfiniteDuration();
  projector_.Restart();
}

void TimerService::TellRestart() {
  const uint64_t restarts = projector_.counters().restarts.load();
  if (restarts == std::exchange(restarts_told_, restarts)) return;
  const absl::Status why = projector_.LastError();
  if (!why.ok() && kafka::IsFencedInstance(why)) {
    observability::LogError("another process has our instance id",
                            {{"instance", options_.instance}, {"status", why}});
  } else {
    Complain("reading starts afresh", why);
  }
}

void TimerService::TellLive() {
  int assigned = 0;
  int live = 0;
  for (const auto& [partition, lane] : lanes_) {
    assigned += lane->assigned() ? 1 : 0;
    live += lane->live() ? 1 : 0;
  }
  world_.metrics.lanes.Set(assigned);
  world_.metrics.lanes_live.Set(live);
  live_.store(projector_.CaughtUp() && assigned == live);
}

void TimerService::Complain(std::string_view what, const absl::Status& status) {
  const auto repeat = errors_.Admit(what);
  if (!repeat) return;
  observability::LogWarning(what, {{"status", status}, {"suppressed", repeat->suppressed}});
}

}  // namespace plazo::sla_timer
