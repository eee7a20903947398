#pragma once

// The clock as a port: shells ask it for the time, so that a test may drive the whole cluster by
// hand (fake/manual_clock.h). Domain code never sees a clock. Thread-safe. Wall time may jump;
// monotonic time has no epoch and never goes back.

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <chrono>
#include <cstdint>

namespace plazo {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual absl::Duration Monotonic() const = 0;

  // Now() in whole milliseconds since the Unix epoch.
  int64_t NowMs() const { return absl::ToUnixMillis(Now()); }
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
  absl::Duration Monotonic() const override {
    return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace plazo
