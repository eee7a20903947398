#pragma once

// Pauses between attempts: doubling from `min` to `max`, each somewhere between half and all of its
// length, so that processes which failed together do not try together. Not thread-safe.

#include <absl/time/time.h>

#include <algorithm>
#include <random>

namespace plazo::kafka {

class Backoff {
 public:
  Backoff(absl::Duration min, absl::Duration max) : min_(min), max_(max), length_(min) {}

  absl::Duration Next() {
    const absl::Duration length = length_;
    length_ = std::min(max_, 2 * length_);
    return Jitter(length);
  }
  absl::Duration Jitter(absl::Duration length) {
    return length * std::uniform_real_distribution<double>(0.5, 1.0)(random_);
  }
  void Reset() { length_ = min_; }

 private:
  const absl::Duration min_;
  const absl::Duration max_;
  absl::Duration length_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace plazo::kafka
