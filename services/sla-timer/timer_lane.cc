#include "services/sla-timer/timer_lane.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <limits>
#include <string>

#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/observability/log.h"

namespace plazo::sla_timer {
namespace {

constexpr int64_t kUnknownDue = std::numeric_limits<int64_t>::min();
constexpr int64_t kNeverDue = std::numeric_limits<int64_t>::max();
constexpr absl::Duration kRetryDue = absl::Milliseconds(100);

}  // namespace

TimerLane::TimerLane(const LaneWorld& world, int32_t partition)
    : world_(world),
      partition_(partition),
      pending_gauge_(world.metrics.Pending(partition)),
      in_flight_gauge_(world.metrics.InFlight(partition)),
      in_flight_(partition),
      next_due_ms_(kUnknownDue) {}

// --- taking over and giving up ---

absl::StatusOr<int64_t> TimerLane::Assign() {
  const auto ownership = world_.index.Own(partition_);
  if (!ownership.ok()) return Failing(ownership.status(), "own");
  // What is in flight is still known if nobody had the partition since we parked it.
  if (ownership->former_epoch != owner_.epoch) Disbelieve();
  owner_ = ownership->owner;
  replaced_ = tell_replaced_ = caught_up_ = reset_pending_ = false;
  move_to_.reset();
  next_due_ms_ = kUnknownDue;
  next_check_ = world_.clock.Monotonic() + world_.options.check_interval;
  if (ownership->state.standing == Standing::kOurs) {
    Stand(ownership->state);
  } else {
    const absl::Status reset = Rebuild(world_.metrics.rebuilt_empty, "empty");
    if (reset_pending_) return reset;
    move_to_.reset();  // the caller begins there
  }
  assigned_ = true;
  return cursor_ == 0 ? kafka::kBeginning : cursor_;
}

int64_t TimerLane::OutOfRange() {
  Disbelieve();
  Rebuild(world_.metrics.rebuilt_beyond_end, "not in the log").IgnoreError();
  if (!reset_pending_) move_to_.reset();  // the caller begins there
  return kafka::kBeginning;
}

// What was learnt belongs to another log, or is out of date.
void TimerLane::Disbelieve() {
  in_flight_.Forget();
  seen_ = decided_ = next_decided_ = 0;
}

void TimerLane::Park() {
  assigned_ = false;
  caught_up_ = false;
  move_to_.reset();
}

// --- where we stand in the index ---

absl::Status TimerLane::Failing(const absl::Status& status, std::string_view what) {
  world_.metrics.index_errors.Increment();
  return Annotate(status, what);
}

void TimerLane::Stand(const IndexState& state) {
  cursor_ = state.offset;
  deadlines_ = state.deadlines;
  aggregates_ = state.aggregates;
  pending_gauge_.Set(static_cast<double>(deadlines_));
}

// OK: the index stands where we think, or further (a lost reply): then we adopt that.
absl::Status TimerLane::Judge(const IndexState& state) {
  if (state.standing == Standing::kReplaced) {
    replaced_ = tell_replaced_ = true;
    world_.metrics.stale_epochs.Increment();
    observability::LogWarning("partition has another owner", {{"partition", partition_}});
    return absl::AbortedError("index has another owner");
  }
  if (state.standing == Standing::kWiped) return Rebuild(world_.metrics.rebuilt_wiped, "wiped");
  if (state.offset < cursor_) return GoBack(state);
  if (state.offset == cursor_ &&
      (state.deadlines != deadlines_ || state.aggregates != aggregates_)) {
    return Rebuild(world_.metrics.rebuilt_mismatch, "entries are missing");
  }
  if (state.offset > cursor_) next_due_ms_ = kUnknownDue;  // what was armed there is not known here
  Stand(state);
  return absl::OkStatus();
}

// Data and offset went back together: reading on from there heals it (I8).
absl::Status TimerLane::GoBack(const IndexState& state) {
  world_.metrics.rollbacks.Increment();
  observability::LogWarning("index was rolled back",
                            {{"partition", partition_}, {"from", cursor_}, {"to", state.offset}});
  Stand(state);
  caught_up_ = false;
  next_due_ms_ = kUnknownDue;
  move_to_ = cursor_ == 0 ? kafka::kBeginning : cursor_;
  return absl::AbortedError("index was rolled back");
}

absl::Status TimerLane::Rebuild(observability::Counter& reason, std::string_view why) {
  reason.Increment();
  observability::LogInfo("index is filled anew", {{"partition", partition_}, {"reason", why}});
  caught_up_ = false;
  reset_pending_ = true;
  next_due_ms_ = kUnknownDue;
  return FinishReset();
}

absl::Status TimerLane::FinishReset() {
  const auto state = world_.index.Reset(owner_);
  if (!state.ok()) return Failing(state.status(), "reset");
  reset_pending_ = false;
  if (state->standing != Standing::kOurs) return Judge(*state);
  Stand(*state);
  move_to_ = kafka::kBeginning;
  return absl::AbortedError("index is filled anew");
}

absl::Status TimerLane::Ready() {
  if (replaced_) return absl::AbortedError("index has another owner");
  if (reset_pending_) return FinishReset();
  if (move_to_) return Unavailable("cursor is being moved");
  return absl::OkStatus();
}

// --- records in ---

absl::Status TimerLane::Take(std::span<const kafka::Record> records) {
  PLAZO_RETURN_IF_ERROR(Ready());
  std::vector<StateChange> changes;
  changes.reserve(records.size());
  for (const kafka::Record& record : records) {
    auto change = ReadStateChange(record);
    if (!change.ok()) {
      world_.metrics.unreadable.Increment();
      observability::LogError("state record passed over", {{"partition", partition_},
                                                           {"offset", record.offset},
                                                           {"key", record.key},
                                                           {"status", change.status()}});
      change = StateChange{record.offset, std::monostate()};
    }
    changes.push_back(*std::move(change));
  }
  for (std::span<const StateChange> rest = changes; !rest.empty();) {
    if (rest.front().offset < cursor_) {  // is in the index
      Remember(rest.front());
      rest = rest.subspan(1);
      continue;
    }
    PLAZO_RETURN_IF_ERROR(
        ApplySome(rest.first(std::min(rest.size(), world_.options.max_apply_records))));
  }
  return absl::OkStatus();
}

absl::Status TimerLane::ApplySome(std::span<const StateChange> changes) {
  std::vector<AggregateDeadlines> updates;
  absl::flat_hash_map<std::string, size_t> place;  // of the aggregate in updates: the last wins
  for (const StateChange& change : changes) {
    const auto* aggregate = std::get_if<AggregateDeadlines>(&change.what);
    if (aggregate == nullptr) continue;
    const auto [it, fresh] = place.try_emplace(aggregate->aggregate, updates.size());
    if (fresh) {
      updates.push_back(*aggregate);
    } else {
      updates[it->second] = *aggregate;
    }
  }
  const auto applied = world_.index.Apply(owner_, cursor_, changes.back().offset + 1, updates);
  if (!applied.ok()) return Failing(applied.status(), "apply");
  if (!applied->applied) {
    if (applied->state.standing == Standing::kOurs && applied->state.offset == cursor_) {
      return Internal("index refused an offset that it has");
    }
    return Judge(applied->state);
  }
  PLAZO_FAIL_POINT("sla-timer.after_apply");
  Stand(applied->state);
  for (const AggregateDeadlines& update : updates) {
    for (const ArmedDeadline& deadline : update.deadlines) {
      next_due_ms_ = std::min(next_due_ms_, deadline.due_ms);
    }
  }
  return absl::OkStatus();
}

// Once for each record, however often it is read.
void TimerLane::Remember(const StateChange& change) {
  if (change.offset < seen_) return;
  seen_ = change.offset + 1;
  if (const auto* aggregate = std::get_if<AggregateDeadlines>(&change.what)) {
    in_flight_.Answered(*aggregate);
  } else if (const auto* lane = std::get_if<LaneProgress>(&change.what)) {
    // The states that belong to this checkpoint may stand behind it in the same transaction: they
    // have been seen when the next checkpoint comes, or the end.
    decided_ = std::max(decided_, next_decided_);
    next_decided_ = lane->next_offset;
  }
}

void TimerLane::CaughtUp() {
  if (!assigned_ || replaced_ || reset_pending_ || move_to_) return;
  caught_up_ = true;
  observability::LogInfo(
      "partition is live",
      {{"partition", partition_}, {"offset", cursor_}, {"deadlines", deadlines_}});
}

void TimerLane::AtEnd(int64_t next) {
  if (!assigned_ || replaced_ || reset_pending_ || move_to_) return;
  decided_ = std::max(decided_, next_decided_);
  if (cursor_ <= next) return;
  // The index claims records that the topic does not have: it belongs to another log.
  Disbelieve();
  Rebuild(world_.metrics.rebuilt_beyond_end, "beyond the end of the log").IgnoreError();
}

// --- firings out ---

void TimerLane::CheckIndex() {
  next_check_ = world_.clock.Monotonic() + world_.options.check_interval;
  if (reset_pending_) {
    FinishReset().IgnoreError();
    return;
  }
  const auto state = world_.index.Check(owner_);
  if (!state.ok()) {
    Failing(state.status(), "check").IgnoreError();
    return;
  }
  Judge(*state).IgnoreError();
}

std::vector<Firing> TimerLane::Pump() {
  std::vector<Firing> firings;
  if (!assigned_ || replaced_ || move_to_) return firings;
  const absl::Duration now = world_.clock.Monotonic();
  if (now >= next_check_) CheckIndex();
  if (!live()) return firings;
  firings = in_flight_.Again(decided_, now);
  if (in_flight_.size() < world_.options.max_in_flight && now >= retry_due_ &&
      world_.broker_time.NowMs() >= next_due_ms_) {
    ReadDue(firings);
  }
  in_flight_gauge_.Set(static_cast<double>(in_flight_.size()));
  return firings;
}

void TimerLane::ReadDue(std::vector<Firing>& firings) {
  const size_t limit = world_.options.max_in_flight;
  // Those in flight lie among the first ones, so that `limit` shows enough of the others.
  auto found = world_.index.Due(owner_, world_.broker_time.NowMs(), limit);
  if (!found.ok()) {
    Failing(found.status(), "due").IgnoreError();
    retry_due_ = world_.clock.Monotonic() + kRetryDue;
    return;
  }
  // An index that was wiped or thrown back since we looked must not fire what has been superseded.
  if (!Judge(found->state).ok()) return;
  for (const DueDeadline& deadline : found->due) {
    if (in_flight_.Holds(deadline)) continue;
    if (in_flight_.size() >= limit) break;
    firings.push_back(in_flight_.Add(deadline));
    const int64_t late_ms = world_.broker_time.NowMs() - deadline.due_ms;
    world_.metrics.lateness.Observe(static_cast<double>(late_ms) / 1000);
  }
  // A full lane looks again when something has left it.
  const bool all = found->due.size() < limit && in_flight_.size() < limit;
  next_due_ms_ = all ? found->next_due_ms.value_or(kNeverDue) : kUnknownDue;
}

void TimerLane::Written(const Firing& firing, int64_t offset) {
  in_flight_.Written(firing, offset);
}

void TimerLane::Failed(const Firing& firing) {
  world_.metrics.undelivered.Increment();
  in_flight_.Failed(firing, world_.clock.Monotonic());
}

absl::Duration TimerLane::UntilPump() const {
  if (!assigned_ || replaced_) return absl::InfiniteDuration();
  const absl::Duration now = world_.clock.Monotonic();
  absl::Duration wait = next_check_ - now;
  if (live()) {
    wait = std::min(wait, in_flight_.AgainAt() - now);
    if (in_flight_.size() < world_.options.max_in_flight && next_due_ms_ != kNeverDue) {
      const int64_t broker_now_ms = world_.broker_time.NowMs();
      const absl::Duration due = next_due_ms_ <= broker_now_ms
                                     ? absl::ZeroDuration()
                                     : absl::Milliseconds(next_due_ms_ - broker_now_ms);
      wait = std::min(wait, std::max(due, retry_due_ - now));
    }
  }
  return std::max(wait, absl::ZeroDuration());
}

}  // namespace plazo::sla_timer
