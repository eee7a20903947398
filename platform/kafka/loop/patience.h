#pragma once

// How long to go on without progress. Ends at once when the clock stands still: under a manual
// clock, on one thread, waiting cannot help. Not thread-safe.

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "platform/base/clock.h"

namespace plazo::kafka {

class Patience {
 public:
  Patience(const Clock& clock, absl::Duration budget)
      : clock_(clock), budget_(budget), since_(clock.Monotonic()) {}

  void Progress() { since_ = clock_.Monotonic(); }

  // Pauses for a moment of real time; false when there is no point in trying on.
  bool Wait() {
    const absl::Duration before = clock_.Monotonic();
    absl::SleepFor(absl::Milliseconds(5));
    const absl::Duration now = clock_.Monotonic();
    return now != before && now - since_ < budget_;
  }

 private:
  const Clock& clock_;
  const absl::Duration budget_;
  absl::Duration since_;
};

}  // namespace plazo::kafka
