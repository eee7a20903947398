#include <algorithm>
#include <utility>

#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/kafka/loop/loop_state.h"

namespace plazo::kafka {

absl::StatusOr<std::vector<PartitionOffset>> TransactionalLoop::State::OnAssigned(
    const std::vector<TopicPartition>& given) {
  if (closing_ || afresh_) return std::vector<PartitionOffset>();
  std::vector<int32_t> numbers;
  for (const TopicPartition& each : given) numbers.push_back(each.partition);
  const auto committed = restorer_.Committed(options_.group, options_.input_topic, numbers);
  if (!committed.ok()) return Annotate(committed.status(), "committed offsets");

  std::map<int32_t, int64_t> to_restore;
  Lanes lanes;
  for (const auto& [number, offset] : *committed) {
    Lane& lane = lanes[number];
    lane.committed = offset;
    lane.fetch_next = offset == kNoOffset ? kBeginning : offset;
    const auto parked = lanes_.find(number);
    // State is a function of the offset: nobody has moved this one.
    if (parked != lanes_.end() && parked->second.phase == Lane::Phase::kParked &&
        offset != kNoOffset && processor_.NextOffset(number) == offset) {
      lane.kept_timestamp_ms = parked->second.kept_timestamp_ms;
      lane.last_timestamp_ms = lane.kept_timestamp_ms;
      continue;
    }
    to_restore[number] = offset;
  }
  for (const auto& [number, lane] : lanes_) {
    if (!lanes.contains(number)) processor_.ForgetLane(number);
  }
  lanes_ = std::move(lanes);
  PLAZO_RETURN_IF_ERROR(RestoreOthers(to_restore));
  CountLanes();
  return Positions(lanes_, options_.input_topic);
}

absl::Status TransactionalLoop::State::RestoreOthers(const std::map<int32_t, int64_t>& committed) {
  if (committed.empty()) return absl::OkStatus();
  const absl::Duration begin = clock_.Monotonic();
  const auto results = restorer_.Restore(committed);
  if (!results.ok()) {
    for (const auto& [number, offset] : committed) {
      processor_.ForgetLane(number);
      lanes_.erase(number);
    }
    return results.status();
  }
  counters_.restores += results->size();
  counters_.restore_ms +=
      static_cast<uint64_t>(absl::ToInt64Milliseconds(clock_.Monotonic() - begin));
  for (const auto& [number, status] : *results) {
    if (!status.ok()) Halt(number, Describe(status));
  }
  return absl::OkStatus();
}

// The batch at hand, if there is one, is in doubt: its lanes' state is not known, and they are ours
// no more.
void TransactionalLoop::State::OnGone(bool lost) {
  PLAZO_FAIL_POINT("router.in_revoke");
  if (closing_) return;
  if (phase_ == Phase::kDoubt) {
    afresh_ = Error(ErrorKind::kFenced, lost ? "partitions lost in doubt" : "revoked in doubt");
  }
  pending_.clear();
  PLAZO_FAIL_POINT("router.before_park");
  for (auto& [number, lane] : lanes_) {
    if (lane.phase != Lane::Phase::kHalted) lane.phase = Lane::Phase::kParked;
  }
  std::erase_if(lanes_, [](const auto& lane) { return lane.second.phase == Lane::Phase::kHalted; });
  CountLanes();
}

void TransactionalLoop::State::Halt(int32_t number, const std::string& why) {
  lanes_[number].phase = Lane::Phase::kHalted;
  processor_.ForgetLane(number);
  std::erase_if(pending_, [&](const Record& record) { return record.partition == number; });
  CountLanes();
  Raise(AlarmKind::kLaneHalted, number, why);
}

bool TransactionalLoop::State::Take(absl::Duration wait) {
  const size_t room = std::max<size_t>(
      1, options_.max_batch_inputs - std::min(options_.max_batch_inputs, pending_.size()));
  auto polled = consumer_->Poll(wait, room);
  if (afresh_) {
    StartAfresh(*std::exchange(afresh_, std::nullopt));
    return true;
  }
  if (!polled.ok()) {
    if (ErrorKindOf(polled.status()) == ErrorKind::kRetriable) return false;
    StartAfresh(Annotate(polled.status(), "poll"));
    return true;
  }
  if (polled->records.empty()) {
    if (phase_ == Phase::kRunning && pending_.empty()) counters_.last_progress_ms = clock_.NowMs();
    return false;
  }
  for (Record& record : polled->records) Accept(std::move(record));
  PLAZO_FAIL_POINT("router.after_poll");
  return true;
}

void TransactionalLoop::State::Accept(Record record) {
  const auto found = lanes_.find(record.partition);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  if (lane.phase != Lane::Phase::kRunning || record.offset < lane.fetch_next) return;
  if (!TimeIsSound(record, lane)) return;
  lane.fetch_next = record.offset + 1;
  pending_.push_back(std::move(record));
}

// A record far in the future waits: decided now, it would push the lane's time there for ever.
bool TransactionalLoop::State::TimeIsSound(const Record& record, Lane& lane) {
  const int64_t latest = clock_.NowMs() + absl::ToInt64Milliseconds(options_.max_ahead);
  if (record.timestamp_ms > latest) {
    lane.phase = Lane::Phase::kWaiting;
    lane.fetch_next = record.offset;
    lane.wait_until_ms = record.timestamp_ms - absl::ToInt64Milliseconds(options_.max_ahead);
    CountLanes();
    Raise(AlarmKind::kRecordAhead, record.partition,
          "offset " + std::to_string(record.offset) + " is " +
              std::to_string(record.timestamp_ms - clock_.NowMs()) + " ms ahead of our clock");
    Reassign();
    return false;
  }
  const int64_t back = lane.last_timestamp_ms - record.timestamp_ms;
  const bool went_back = back > absl::ToInt64Milliseconds(options_.max_back);
  if (went_back && !lane.went_back) {
    Raise(AlarmKind::kTimeWentBack, record.partition,
          "by " + std::to_string(back) + " ms at offset " + std::to_string(record.offset));
  }
  lane.went_back = went_back;
  lane.last_timestamp_ms = std::max(lane.last_timestamp_ms, record.timestamp_ms);
  return true;
}

void TransactionalLoop::State::ResumeWaiting() {
  bool any = false;
  for (auto& [number, lane] : lanes_) {
    if (lane.phase != Lane::Phase::kWaiting || clock_.NowMs() < lane.wait_until_ms) continue;
    lane.phase = Lane::Phase::kRunning;
    any = true;
  }
  if (!any) return;
  CountLanes();
  Reassign();
}

void TransactionalLoop::State::Reassign() {
  const absl::Status status = consumer_->Assign(Positions(lanes_, options_.input_topic));
  if (!status.ok()) afresh_ = Annotate(status, "assign");
}

}  // namespace plazo::kafka
