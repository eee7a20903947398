#pragma once

// The clock as a port: shells ask it for the time, so that a test may drive the whole cluster by
// hand. Domain code never sees a clock. Thread-safe. Wall time is in milliseconds since the Unix
// epoch and may jump; monotonic time has no epoch and never goes back.

#include <absl/time/time.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace plazo {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t NowMs() const = 0;
  virtual absl::Duration Monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t NowMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  absl::Duration Monotonic() const override {
    return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
  }
};

// Stands still until it is told to move; both of its times move together.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t now_ms) : now_us_(now_ms * 1000) {}

  int64_t NowMs() const override { return now_us_.load() / 1000; }
  absl::Duration Monotonic() const override { return absl::Microseconds(now_us_.load()); }

  void Advance(absl::Duration by) { now_us_.fetch_add(absl::ToInt64Microseconds(by)); }
  void Set(int64_t now_ms) { now_us_.store(now_ms * 1000); }

 private:
  std::atomic<int64_t> now_us_;
};

}  // namespace plazo
