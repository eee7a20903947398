#include "cli/load/latency.h"

#include <algorithm>
#include <cmath>

namespace plazo::cli {

absl::Duration Latencies::Quantile(double q) const {
  if (us_.empty()) return absl::ZeroDuration();
  const double rank = std::ceil(q * static_cast<double>(us_.size()));
  const size_t at = std::min(us_.size() - 1, static_cast<size_t>(std::max(1.0, rank)) - 1);
  std::nth_element(us_.begin(), us_.begin() + static_cast<int64_t>(at), us_.end());
  return absl::Microseconds(us_[at]);
}

std::vector<int64_t> Latencies::Histogram(size_t buckets) const {
  std::vector<int64_t> counts(buckets, 0);
  for (const int64_t us : us_) {
    size_t bucket = 0;
    for (int64_t limit = 1000; us > limit && bucket + 1 < buckets; limit *= 2) ++bucket;
    ++counts[bucket];
  }
  return counts;
}

}  // namespace plazo::cli
