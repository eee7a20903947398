#pragma once

// A clock that stands still until it is told to move; both of its times move together. Thread-safe.

#include <atomic>

#include "platform/base/clock.h"

namespace plazo {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time now) : now_us_(absl::ToUnixMicros(now)) {}
  explicit ManualClock(int64_t now_ms) : now_us_(now_ms * 1000) {}

  absl::Time Now() const override { return absl::FromUnixMicros(now_us_.load()); }
  absl::Duration Monotonic() const override { return absl::Microseconds(now_us_.load()); }

  void Advance(absl::Duration by) { now_us_.fetch_add(absl::ToInt64Microseconds(by)); }
  void Set(absl::Time now) { now_us_.store(absl::ToUnixMicros(now)); }
  void Set(int64_t now_ms) { now_us_.store(now_ms * 1000); }

 private:
  std::atomic<int64_t> now_us_;
};

}  // namespace plazo
