#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/loop/projector_state.h"

namespace plazo::kafka {

bool Projector::State::RunOnce(absl::Duration wait) {
  if (!running_) return Start(wait);
  bool did = ApplyRequests();
  absl::StatusOr<Polled> polled =
      failure_ ? *std::exchange(failure_, std::nullopt) : Poll(UntilRetry(wait));
  if (!polled.ok()) {
    Fail(polled.status());
    return true;
  }
  counters_.last_poll_ms = clock_.NowMs();
  Sort(std::move(*polled));
  did |= Deliver();
  Suspend();
  CommitRequested(/*now=*/false);
  Recount();
  handler_.OnIdle();
  if (did) {
    backoff_.Reset();
    absl::MutexLock lock(&mutex_);
    last_error_ = absl::OkStatus();
  }
  return did;
}

// Records that were not taken come again in time, however long the poll may wait.
absl::Duration Projector::State::UntilRetry(absl::Duration wait) const {
  for (const auto& [partition, cursor] : cursors_) {
    if (cursor.waiting.empty() && !cursor.end) continue;
    wait = std::clamp(cursor.retry_at - clock_.Monotonic(), absl::ZeroDuration(), wait);
  }
  return wait;
}

void Projector::State::Sort(Polled polled) {
  for (Record& record : polled.records) {
    const auto found = cursors_.find(record.Partition());
    if (found == cursors_.end() || record.offset < found->second.fetch_next) continue;
    Cursor& cursor = found->second;
    cursor.fetch_next = record.offset + 1;
    cursor.end.reset();
    cursor.waiting.push_back(std::move(record));
  }
  for (const PartitionOffset& end : polled.ends) {
    const auto found = cursors_.find(end.Partition());
    if (found == cursors_.end() || end.offset < found->second.fetch_next) continue;
    found->second.fetch_next = end.offset;
    found->second.end = end.offset;
  }
}

bool Projector::State::Deliver() {
  bool did = false;
  bool resumed = false;
  for (auto& [partition, cursor] : cursors_) {
    if (cursor.retry_at > clock_.Monotonic()) continue;
    if (!cursor.waiting.empty()) did |= DeliverFrom(partition, cursor);
    if (cursor.waiting.empty() && cursor.end) {
      TellEnd(partition, cursor);
      did = true;
    }
    if (cursor.waiting.empty() && std::exchange(cursor.suspended, false)) resumed = true;
  }
  if (resumed) Reassign();
  return did;
}

bool Projector::State::DeliverFrom(const TopicPartition& partition, Cursor& cursor) {
  size_t taken = 0;
  while (taken < cursor.waiting.size() && !MoveRequested(partition)) {
    const std::span<const Record> records =
        std::span<const Record>(cursor.waiting)
            .subspan(taken, std::min(options_.max_records, cursor.waiting.size() - taken));
    if (!handler_.OnRecords(partition, records).ok()) {
      ++counters_.retries;
      cursor.retry_at = clock_.Monotonic() + options_.retry_delay;
      break;
    }
    taken += records.size();
  }
  if (taken == 0) return false;
  counters_.records += taken;
  const int64_t next = cursor.waiting[taken - 1].offset + 1;
  cursor.waiting.erase(cursor.waiting.begin(),
                       cursor.waiting.begin() + static_cast<ptrdiff_t>(taken));
  if (!cursor.caught_up && next >= cursor.mark) {
    cursor.caught_up = true;
    handler_.OnCaughtUp(partition);
  }
  return true;
}

void Projector::State::TellEnd(const TopicPartition& partition, Cursor& cursor) {
  const int64_t end = *std::exchange(cursor.end, std::nullopt);
  handler_.OnEnd(partition, end);
  if (cursor.caught_up || end < cursor.mark) return;
  cursor.caught_up = true;
  handler_.OnCaughtUp(partition);
}

void Projector::State::Suspend() {
  bool any = false;
  for (auto& [partition, cursor] : cursors_) {
    if (cursor.suspended || cursor.waiting.size() <= options_.max_pending) continue;
    cursor.suspended = true;
    any = true;
  }
  if (any) Reassign();
}

void Projector::State::Recount() {
  size_t waiting = 0;
  for (const auto& [partition, cursor] : cursors_) waiting += cursor.waiting.size();
  counters_.waiting = static_cast<int64_t>(waiting);
  caught_up_ = assigned_once_ && running_ && std::ranges::all_of(cursors_, [](const auto& each) {
                 return each.second.caught_up;
               });
}

void Projector::State::Commit(const TopicPartition& partition, int64_t next) {
  absl::MutexLock lock(&mutex_);
  int64_t& wanted = commits_.try_emplace(partition, next).first->second;
  wanted = std::max(wanted, next);
}

void Projector::State::MoveTo(const TopicPartition& partition, int64_t offset) {
  absl::MutexLock lock(&mutex_);
  moves_[partition] = offset;
}

bool Projector::State::MoveRequested(const TopicPartition& partition) const {
  absl::MutexLock lock(&mutex_);
  return restart_ || moves_.contains(partition);
}

bool Projector::State::ApplyRequests() {
  std::map<TopicPartition, int64_t> moves;
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(restart_, false)) failure_ = Unavailable("a restart was asked for");
    moves.swap(moves_);
  }
  std::vector<TopicPartition> moved;
  for (const auto& [partition, offset] : moves) {
    const auto found = cursors_.find(partition);
    if (found == cursors_.end()) continue;
    Cursor& cursor = found->second;
    cursor.fetch_next = offset;
    cursor.waiting.clear();
    cursor.suspended = false;
    cursor.retry_at = -absl::InfiniteDuration();
    moved.push_back(partition);
  }
  if (moved.empty() || failure_) return !moves.empty();
  if (const absl::Status status = FindRanges(moved); !status.ok()) {
    failure_ = status;
  } else {
    Reassign();
    Recount();
  }
  return true;
}

void Projector::State::CommitRequested(bool now) {
  if (!consumer_ || (!now && clock_.Monotonic() < commit_at_)) return;
  std::map<TopicPartition, int64_t> wanted;
  {
    absl::MutexLock lock(&mutex_);
    wanted.swap(commits_);
  }
  std::vector<PartitionOffset> offsets;
  for (const auto& [partition, next] : wanted) {
    const auto found = cursors_.find(partition);
    if (found == cursors_.end() || next <= found->second.committed) continue;
    offsets.push_back({partition.topic, partition.partition, next});
  }
  if (offsets.empty()) return;
  commit_at_ = clock_.Monotonic() + options_.commit_interval;
  if (!consumer_->Commit(offsets).ok()) {
    for (const auto& [partition, next] : wanted) Commit(partition, next);  // again next time
    return;
  }
  ++counters_.commits;
  for (const PartitionOffset& each : offsets) cursors_[each.Partition()].committed = each.offset;
}

}  // namespace plazo::kafka
