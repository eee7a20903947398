#include "services/sla-timer/fake/fake_deadline_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "platform/base/status.h"

namespace plazo::sla_timer {
namespace {

std::vector<DueDeadline> Sorted(const FakeDeadlineIndex::Partition& partition) {
  std::vector<DueDeadline> all;
  for (const auto& [aggregate, deadlines] : partition.armed) {
    for (const auto& [id, due_ms] : deadlines) all.push_back({aggregate, id, due_ms});
  }
  // As a sorted set: by score, then by member.
  std::sort(all.begin(), all.end(), [](const DueDeadline& a, const DueDeadline& b) {
    return std::tuple(a.due_ms, a.aggregate + '|' + a.id) <
           std::tuple(b.due_ms, b.aggregate + '|' + b.id);
  });
  return all;
}

}  // namespace

absl::Status FakeDeadlineIndex::Begin() {
  ++calls_;
  if (calls_until_wipe_ >= 0 && calls_until_wipe_-- == 0) data_.clear();
  if (calls_until_outage_ > 0 && calls_until_outage_-- > 0) return absl::OkStatus();
  return outage_;
}

absl::Status FakeDeadlineIndex::End() {
  if (!std::exchange(lose_reply_, false)) return absl::OkStatus();
  return absl::AbortedError("reply lost");
}

IndexState FakeDeadlineIndex::StateOf(const Owner& owner) {
  const Partition& partition = data_[owner.partition];
  IndexState state;
  if (partition.epoch && *partition.epoch != owner.epoch) {
    state.standing = Standing::kReplaced;
  } else if (partition.epoch && partition.offset) {
    state.standing = Standing::kOurs;
  }
  state.offset = partition.offset.value_or(-1);
  state.aggregates = static_cast<int64_t>(partition.armed.size());
  for (const auto& [aggregate, deadlines] : partition.armed) {
    state.deadlines += static_cast<int64_t>(deadlines.size());
  }
  return state;
}

absl::StatusOr<Ownership> FakeDeadlineIndex::Own(int32_t partition) {
  absl::MutexLock lock(&mutex_);
  PLAZO_RETURN_IF_ERROR(Begin());
  Ownership result;
  result.former_epoch = data_[partition].epoch.value_or(0);
  last_epoch_ = std::max(last_epoch_, result.former_epoch) + 1;
  result.owner = {partition, last_epoch_};
  data_[partition].epoch = last_epoch_;
  result.state = StateOf(result.owner);
  PLAZO_RETURN_IF_ERROR(End());
  return result;
}

absl::StatusOr<IndexState> FakeDeadlineIndex::Reset(const Owner& owner) {
  absl::MutexLock lock(&mutex_);
  PLAZO_RETURN_IF_ERROR(Begin());
  if (StateOf(owner).standing != Standing::kReplaced) {
    data_[owner.partition] = {.epoch = owner.epoch, .offset = 0, .armed = {}};
  }
  PLAZO_RETURN_IF_ERROR(End());
  return StateOf(owner);
}

absl::StatusOr<Applied> FakeDeadlineIndex::Apply(const Owner& owner, int64_t from, int64_t to,
                                                 std::span<const AggregateDeadlines> updates) {
  absl::MutexLock lock(&mutex_);
  PLAZO_RETURN_IF_ERROR(Begin());
  const IndexState before = StateOf(owner);
  if (before.standing != Standing::kOurs || before.offset != from) {
    PLAZO_RETURN_IF_ERROR(End());
    return Applied{false, before};
  }
  Partition& partition = data_[owner.partition];
  for (const AggregateDeadlines& update : updates) {
    partition.armed.erase(update.aggregate);
    for (const ArmedDeadline& deadline : update.deadlines) {
      partition.armed[update.aggregate][deadline.id] = deadline.due_ms;
    }
  }
  partition.offset = to;
  PLAZO_RETURN_IF_ERROR(End());
  return Applied{true, StateOf(owner)};
}

absl::StatusOr<IndexState> FakeDeadlineIndex::Check(const Owner& owner) {
  absl::MutexLock lock(&mutex_);
  PLAZO_RETURN_IF_ERROR(Begin());
  PLAZO_RETURN_IF_ERROR(End());
  return StateOf(owner);
}

absl::StatusOr<DueDeadlines> FakeDeadlineIndex::Due(const Owner& owner, int64_t now_ms,
                                                    size_t limit) {
  absl::MutexLock lock(&mutex_);
  PLAZO_RETURN_IF_ERROR(Begin());
  PLAZO_RETURN_IF_ERROR(End());
  DueDeadlines result{StateOf(owner), {}, {}};
  if (result.state.standing != Standing::kOurs) return result;
  for (DueDeadline& deadline : Sorted(data_[owner.partition])) {
    if (deadline.due_ms > now_ms) {
      result.next_due_ms = deadline.due_ms;
      break;
    }
    if (result.due.size() < limit) result.due.push_back(std::move(deadline));
  }
  return result;
}

void FakeDeadlineIndex::SetOutage(absl::Status status, int after_calls) {
  absl::MutexLock lock(&mutex_);
  outage_ = std::move(status);
  calls_until_outage_ = after_calls;
}

void FakeDeadlineIndex::LoseNextReply() {
  absl::MutexLock lock(&mutex_);
  lose_reply_ = true;
}

void FakeDeadlineIndex::Wipe() {
  absl::MutexLock lock(&mutex_);
  data_.clear();
}

void FakeDeadlineIndex::WipeAfter(int calls) {
  absl::MutexLock lock(&mutex_);
  calls_until_wipe_ = calls;
}

FakeDeadlineIndex::Data FakeDeadlineIndex::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return data_;
}

void FakeDeadlineIndex::Restore(Data data) {
  absl::MutexLock lock(&mutex_);
  data_ = std::move(data);
}

std::vector<DueDeadline> FakeDeadlineIndex::Members(int32_t partition) const {
  absl::MutexLock lock(&mutex_);
  const auto it = data_.find(partition);
  return it == data_.end() ? std::vector<DueDeadline>() : Sorted(it->second);
}

int64_t FakeDeadlineIndex::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

}  // namespace plazo::sla_timer
