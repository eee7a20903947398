#include "services/sla-timer/in_flight.h"

#include <algorithm>

#include "services/sla-timer/redis_keys.h"

namespace plazo::sla_timer {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);

// Before the n-th attempt after the first: none, 100 ms, 200 ms, ... 10 s.
absl::Duration PauseBefore(int attempt) {
  if (attempt <= 1) return absl::ZeroDuration();
  return std::min(kFirstPause * (1 << std::min(attempt - 2, 10)), kLongestPause);
}

std::string MemberOf(const Firing& firing) {
  return DueMember(firing.aggregate, firing.deadline_id);
}

}  // namespace

bool InFlight::Holds(const DueDeadline& deadline) const {
  const auto it = entries_.find(DueMember(deadline.aggregate, deadline.id));
  return it != entries_.end() && it->second.firing.due_ms == deadline.due_ms;
}

Firing InFlight::Add(const DueDeadline& deadline) {
  Entry entry;
  entry.firing = {.partition = partition_,
                  .aggregate = deadline.aggregate,
                  .deadline_id = deadline.id,
                  .due_ms = deadline.due_ms,
                  .attempt = 0,
                  .cause = FiringCause::kDue,
                  .token = next_token_++};
  Firing firing = entry.firing;
  entries_.insert_or_assign(MemberOf(firing), std::move(entry));
  return firing;
}

InFlight::Entry* InFlight::Find(const Firing& firing) {
  const auto it = entries_.find(MemberOf(firing));
  if (it == entries_.end() || it->second.firing.token != firing.token) return nullptr;
  return &it->second;
}

void InFlight::Written(const Firing& firing, int64_t offset) {
  Entry* entry = Find(firing);
  if (entry == nullptr) return;
  entry->phase = Entry::Phase::kWritten;
  entry->offset = offset;
  written_since_ = true;
}

void InFlight::Failed(const Firing& firing, absl::Duration now) {
  if (Entry* entry = Find(firing)) PutOff(*entry, FiringCause::kUndelivered, now);
}

void InFlight::PutOff(Entry& entry, FiringCause cause, absl::Duration now) {
  entry.firing.cause = cause;
  ++entry.firing.attempt;
  entry.phase = Entry::Phase::kAgain;
  entry.not_before = now + PauseBefore(entry.firing.attempt);
  again_at_ = std::min(again_at_, entry.not_before);
}

void InFlight::Answered(const AggregateDeadlines& now) {
  const std::string prefix = DueMember(now.aggregate, "");
  for (auto it = entries_.lower_bound(prefix);
       it != entries_.end() && it->first.starts_with(prefix);) {
    const Firing& firing = it->second.firing;
    const bool armed =
        std::find(now.deadlines.begin(), now.deadlines.end(),
                  ArmedDeadline{firing.deadline_id, firing.due_ms}) != now.deadlines.end();
    it = armed || firing.aggregate != now.aggregate ? std::next(it) : entries_.erase(it);
  }
}

std::vector<Firing> InFlight::Again(int64_t decided, absl::Duration now) {
  if (decided > decided_ || written_since_) {
    for (auto& [member, entry] : entries_) {
      if (entry.phase == Entry::Phase::kWritten && entry.offset < decided) {
        PutOff(entry, FiringCause::kUnchanged, now);
      }
    }
    decided_ = std::max(decided_, decided);
    written_since_ = false;
  }
  std::vector<Firing> firings;
  if (now < again_at_) return firings;
  again_at_ = absl::InfiniteDuration();
  for (auto& [member, entry] : entries_) {
    if (entry.phase != Entry::Phase::kAgain) continue;
    if (entry.not_before > now) {
      again_at_ = std::min(again_at_, entry.not_before);
      continue;
    }
    entry.phase = Entry::Phase::kSent;
    entry.firing.token = next_token_++;
    firings.push_back(entry.firing);
  }
  return firings;
}

void InFlight::Forget() {
  entries_.clear();
  decided_ = 0;
  written_since_ = false;
  again_at_ = absl::InfiniteDuration();
}

}  // namespace plazo::sla_timer
