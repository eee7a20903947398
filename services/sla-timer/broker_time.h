#pragma once

// The broker's time as our own clock lets us guess it. Deadlines are judged by the broker's append
// time (the router's time), so a firing sent by a clock that is ahead would be refused as early and
// one sent by a clock that is behind would be late.
//
// A delivery report gives bounds: the record was appended after it was sent and before its report
// came. The guess stays inside the bounds of the newest report, on the later side, so that it
// rarely fires early. Until the first report: our own clock. One owner.

#include <absl/time/time.h>

#include <cstdint>

#include "platform/base/clock.h"

namespace plazo::sla_timer {

class BrokerTime {
 public:
  explicit BrokerTime(const Clock& clock) : clock_(clock) {}

  // `sent_ms` and `reported_ms` by our clock, `appended_ms` by the broker's.
  void Observe(int64_t sent_ms, int64_t reported_ms, int64_t appended_ms);

  int64_t NowMs() const { return clock_.NowMs() - skew_ms_; }
  // Our clock minus the broker's.
  absl::Duration Skew() const { return absl::Milliseconds(skew_ms_); }

 private:
  const Clock& clock_;
  bool measured_ = false;
  int64_t skew_ms_ = 0;
};

}  // namespace plazo::sla_timer
