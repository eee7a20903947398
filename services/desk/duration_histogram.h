#pragma once

// How long things took, in few bytes: counts in fixed buckets, 16 for each doubling from 1 ms to
// two years. A quantile is the middle of its bucket, so it is wrong by at most 2.2 %. Only buckets
// that hold something take memory (8 bytes each, 580 at most). Not thread-safe.

#include <absl/time/time.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace plazo::desk {

class DurationHistogram {
 public:
  void Add(absl::Duration duration, uint32_t count = 1) { AddTo(BucketOf(duration), count); }

  void Merge(const DurationHistogram& other) {
    for (const auto& [bucket, count] : other.buckets_) AddTo(bucket, count);
  }

  uint64_t count() const { return count_; }

  // The duration that a share `q` in (0, 1] did not exceed. Zero for an empty histogram.
  absl::Duration Quantile(double q) const {
    const auto wanted = static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (const auto& [bucket, count] : buckets_) {
      seen += count;
      if (seen >= std::max<uint64_t>(wanted, 1)) return MiddleOf(bucket);
    }
    return absl::ZeroDuration();
  }

 private:
  static constexpr double kPerDoubling = 16;
  static constexpr uint16_t kLast = 580;

  // 0 is "less than a millisecond".
  static uint16_t BucketOf(absl::Duration duration) {
    const double ms = absl::ToDoubleMilliseconds(duration);
    if (!(ms >= 1)) return 0;
    return static_cast<uint16_t>(std::min<double>(1 + std::log2(ms) * kPerDoubling, kLast));
  }
  static absl::Duration MiddleOf(uint16_t bucket) {
    if (bucket == 0) return absl::ZeroDuration();
    return absl::Milliseconds(std::exp2((bucket - 0.5) / kPerDoubling));
  }
  void AddTo(uint16_t bucket, uint32_t count) {
    count_ += count;
    auto it = std::lower_bound(buckets_.begin(), buckets_.end(), std::pair(bucket, uint32_t{0}));
    if (it == buckets_.end() || it->first != bucket) it = buckets_.insert(it, {bucket, 0});
    it->second += count;
  }

  std::vector<std::pair<uint16_t, uint32_t>> buckets_;  // ascending
  uint64_t count_ = 0;
};

}  // namespace plazo::desk
