#pragma once

// The deadline index in memory, with the ways in which a Redis fails: outages, lost replies, wipes,
// and going back to an older snapshot. Survives the services that use it, as Redis would: give one
// to several for a takeover. Thread-safe.

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/sla-timer/deadline_index.h"

namespace plazo::sla_timer {

class FakeDeadlineIndex final : public DeadlineIndex {
 public:
  struct Partition {
    std::optional<int64_t> epoch;
    std::optional<int64_t> offset;
    // Aggregate -> deadline id -> due time.
    std::map<std::string, std::map<std::string, int64_t>> armed;

    friend bool operator==(const Partition&, const Partition&) = default;
  };
  using Data = std::map<int32_t, Partition>;

  absl::StatusOr<Ownership> Own(int32_t partition) override;
  absl::StatusOr<IndexState> Reset(const Owner& owner) override;
  absl::StatusOr<Applied> Apply(const Owner& owner, int64_t from, int64_t to,
                                std::span<const AggregateDeadlines> updates) override;
  absl::StatusOr<IndexState> Check(const Owner& owner) override;
  absl::StatusOr<DueDeadlines> Due(const Owner& owner, int64_t now_ms, size_t limit) override;

  // After so many calls every one fails with this status and does nothing, until it is set to OK.
  void SetOutage(absl::Status status, int after_calls = 0);
  // The next call takes effect, but its caller is told kAborted.
  void LoseNextReply();
  void Wipe();
  // Wiped just before the call that follows so many others.
  void WipeAfter(int calls);
  Data Snapshot() const;
  void Restore(Data data);
  // Every member as it would stand in the sorted set, in the order of due time.
  std::vector<DueDeadline> Members(int32_t partition) const;
  int64_t calls() const;

 private:
  absl::Status Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status End() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  IndexState StateOf(const Owner& owner) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Data data_ ABSL_GUARDED_BY(mutex_);
  int64_t last_epoch_ ABSL_GUARDED_BY(mutex_) = 0;  // no wipe makes it fall
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status outage_ ABSL_GUARDED_BY(mutex_);
  int calls_until_outage_ ABSL_GUARDED_BY(mutex_) = 0;
  int calls_until_wipe_ ABSL_GUARDED_BY(mutex_) = -1;
  bool lose_reply_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace plazo::sla_timer
