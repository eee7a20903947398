#pragma once

// The firings of one lane whose answer has not been seen: from the moment of sending until a state
// record shows that the deadline is gone or has moved. A deadline in flight is not fired again,
// except when its delivery failed, or when the router has decided the firing and left the deadline
// as it was (it came early, or was lost to a fault): then as another attempt, with growing pauses.
//
// What it knows follows from Kafka alone, so no fault of the index touches it. One owner; times are
// monotonic, due times and offsets as in deadline_index.h.

#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/sla-timer/deadline_index.h"
#include "services/sla-timer/firing.h"

namespace plazo::sla_timer {

class InFlight {
 public:
  explicit InFlight(int32_t partition) : partition_(partition) {}

  size_t size() const { return entries_.size(); }
  bool Holds(const DueDeadline& deadline) const;

  // Takes note of the first attempt. Requires !Holds(deadline); the same deadline with another due
  // time is replaced.
  Firing Add(const DueDeadline& deadline);

  // The report on an attempt: written at `offset`, or not. Ignored when the attempt is no longer
  // waited for.
  void Written(const Firing& firing, int64_t offset);
  void Failed(const Firing& firing, absl::Duration now);

  // The aggregate has these deadlines now: what is not among them has been answered.
  void Answered(const AggregateDeadlines& now);

  // Attempts to be made again by `now`, given that commands below `decided` have been decided and
  // their state records seen. Each is in flight again.
  std::vector<Firing> Again(int64_t decided, absl::Duration now);
  // When Again has something to give at the earliest; InfiniteDuration while nothing waits.
  absl::Duration AgainAt() const { return again_at_; }

  void Forget();

 private:
  struct Entry {
    Firing firing;
    enum class Phase { kSent, kWritten, kAgain } phase = Phase::kSent;
    int64_t offset = 0;         // of the firing, when written
    absl::Duration not_before;  // when to be sent again
  };

  Entry* Find(const Firing& firing);
  void PutOff(Entry& entry, FiringCause cause, absl::Duration now);

  const int32_t partition_;
  uint64_t next_token_ = 1;
  std::map<std::string, Entry, std::less<>> entries_;  // by member: an aggregate's lie together
  int64_t decided_ = 0;
  bool written_since_ = false;  // since decided_ was last compared
  absl::Duration again_at_ = absl::InfiniteDuration();
};

}  // namespace plazo::sla_timer
