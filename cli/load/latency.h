#pragma once

// Latencies with their quantiles. Not thread-safe.

#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <vector>

namespace plazo::cli {

class Latencies {
 public:
  void Add(absl::Duration latency) { us_.push_back(absl::ToInt64Microseconds(latency)); }
  size_t count() const { return us_.size(); }
  // The smallest latency that at least the share `q` (0 to 1) does not exceed; 0 when empty.
  absl::Duration Quantile(double q) const;
  // How many took up to 1, 2, 4 ... ms; the last entry counts all that are longer.
  std::vector<int64_t> Histogram(size_t buckets) const;

 private:
  mutable std::vector<int64_t> us_;
};

}  // namespace plazo::cli
