#include "platform/kafka/loop/loop_state.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <utility>

#include "platform/base/status.h"

namespace plazo::kafka {

TransactionalLoop::State::State(Broker& broker, const Clock& clock, LaneProcessor& processor,
                                TransactionalLoopOptions options,
                                std::function<void(const Alarm&)> alarm)
    : broker_(broker),
      clock_(clock),
      processor_(processor),
      options_(std::move(options)),
      alarm_(std::move(alarm)),
      backoff_(options_.min_backoff, options_.max_backoff),
      restorer_(broker, clock, processor,
                {options_.state_topics, options_.call_timeout, options_.restore_stall}),
      batch_inputs_(options_.max_batch_inputs),
      transaction_(broker, {options_.instance, options_.output_topics, options_.transaction_timeout,
                            options_.call_timeout}) {
  if (options_.poison_file.empty()) return;
  const absl::Status status = poison_.Open(options_.poison_file);
  if (!status.ok()) Raise(AlarmKind::kPoisonFile, -1, Describe(status));
}

TransactionalLoop::State::~State() {
  closing_ = true;
  if (staged_) processor_.Drop();
  consumer_.reset();
}

void TransactionalLoop::State::Raise(AlarmKind kind, int32_t lane, std::string text) {
  if (alarm_) alarm_({kind, lane, std::move(text)});
}

void TransactionalLoop::State::CountLanes() {
  counters_.lanes = Count(lanes_, Lane::Phase::kRunning);
  counters_.halted_lanes = Count(lanes_, Lane::Phase::kHalted);
  counters_.waiting_lanes = Count(lanes_, Lane::Phase::kWaiting);
}

bool TransactionalLoop::State::RunOnce(absl::Duration wait) {
  if (phase_ == Phase::kStarting) return Start(wait);

  if (phase_ == Phase::kRunning) {
    ResumeWaiting();
    const bool took = Take(pending_.empty() ? wait : std::min(wait, PaceLeft()));
    if (phase_ != Phase::kRunning || pending_.empty()) return took;
    if (PaceLeft() > absl::ZeroDuration()) return true;
    return RunBatch();
  }

  const absl::Duration left = not_before_ - clock_.Monotonic();
  const bool took = Take(std::clamp(left, absl::ZeroDuration(), wait));
  if (phase_ != Phase::kDoubt || clock_.Monotonic() < not_before_) return took;
  return Resolve();
}

bool TransactionalLoop::State::Start(absl::Duration wait) {
  const absl::Duration left = not_before_ - clock_.Monotonic();
  if (left > absl::ZeroDuration()) {
    absl::SleepFor(std::min(wait, left));
    return false;
  }
  if (const absl::Status status = Open(); !status.ok()) {
    StartAfresh(status);
    return false;
  }
  phase_ = Phase::kRunning;
  started_before_ = true;
  started_at_ = clock_.Monotonic();
  return true;
}

// First the producer: its init ends what a former life left open, so that the offsets read on
// assignment are stable.
absl::Status TransactionalLoop::State::Open() {
  PLAZO_RETURN_IF_ERROR(Annotate(transaction_.Start(), "start the producer"));
  auto consumer = broker_.MakeGroupConsumer({.group = options_.group,
                                             .instance = options_.instance,
                                             .session_timeout = options_.session_timeout});
  if (!consumer.ok()) return Annotate(consumer.status(), "start the consumer");
  consumer_ = std::move(*consumer);
  return consumer_->Subscribe({options_.input_topic},
                              {.assigned =
                                   [this](const auto& given) {
                                     auto positions = OnAssigned(given);
                                     if (!positions.ok()) afresh_ = positions.status();
                                     return positions;
                                   },
                               .revoked = [this](const auto&) { OnGone(/*lost=*/false); },
                               .lost = [this](const auto&) { OnGone(/*lost=*/true); }});
}

void TransactionalLoop::State::StartAfresh(const absl::Status& reason) {
  ++counters_.fresh_starts;
  const bool fenced = IsFencedInstance(reason);
  Raise(fenced ? AlarmKind::kInstanceFenced : AlarmKind::kStartedAfresh, -1, Describe(reason));
  closing_ = true;
  if (std::exchange(staged_, std::nullopt)) processor_.Drop();
  pending_.clear();
  afresh_.reset();
  consumer_.reset();
  transaction_.Discard();
  // Kept as they are: when the stable offset turns out to be the lane's own, its state is right,
  // whatever happened.
  for (auto& [number, lane] : lanes_) {
    if (lane.phase != Lane::Phase::kHalted) lane.phase = Lane::Phase::kParked;
  }
  std::erase_if(lanes_, [](const auto& lane) { return lane.second.phase == Lane::Phase::kHalted; });
  CountLanes();
  closing_ = false;

  const absl::Duration now = clock_.Monotonic();
  if (started_before_ && now - started_at_ > 2 * options_.max_backoff) backoff_.Reset();
  // Two processes with one static id would fence each other in turn: let a session pass first.
  not_before_ = now + (fenced ? options_.session_timeout + backoff_.Jitter(options_.session_timeout)
                              : backoff_.Next());
  phase_ = Phase::kStarting;
}

}  // namespace plazo::kafka
