#pragma once

// The pauses of a clock, sorted and merged, so that no second is taken out twice.

#include <absl/container/inlined_vector.h>
#include <absl/types/span.h>

#include <algorithm>

#include "domain/calendar/business_time.h"

namespace plazo::calendar {

struct NanoRange {
  Nanos from;
  Nanos to;
};

class MergedPauses {
 public:
  explicit MergedPauses(absl::Span<const Interval> pauses) {
    for (const Interval& pause : pauses) {
      const NanoRange range{absl::ToUnixNanos(pause.from), absl::ToUnixNanos(pause.to)};
      if (range.from < range.to) ranges_.push_back(range);
    }
    auto earlier = [](const NanoRange& a, const NanoRange& b) { return a.from < b.from; };
    // A history is in order already.
    if (!std::is_sorted(ranges_.begin(), ranges_.end(), earlier)) {
      std::sort(ranges_.begin(), ranges_.end(), earlier);
    }
    size_t kept = 0;
    for (const NanoRange& range : ranges_) {
      if (kept > 0 && range.from <= ranges_[kept - 1].to) {
        ranges_[kept - 1].to = std::max(ranges_[kept - 1].to, range.to);
      } else {
        ranges_[kept++] = range;
      }
    }
    ranges_.resize(kept);
  }

  // Ascending, disjoint, none empty.
  absl::Span<const NanoRange> ranges() const { return ranges_; }

 private:
  absl::InlinedVector<NanoRange, 8> ranges_;
};

}  // namespace plazo::calendar
