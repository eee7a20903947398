#pragma once

// The pauses of a clock, as the calendar takes them. Pure.

#include <vector>

#include "domain/calendar/business_time.h"
#include "domain/core/proto_time.h"
#include "plazo/core/v1/types.pb.h"

namespace plazo::sla {

// One that has not ended lasts for ever.
inline std::vector<calendar::Interval> PausesOf(const core::v1::Clock& clock) {
  std::vector<calendar::Interval> pauses;
  pauses.reserve(clock.pauses_size());
  for (const core::v1::Interval& pause : clock.pauses()) {
    pauses.push_back({FromProto(pause.from_time()),
                      pause.has_to_time() ? FromProto(pause.to_time()) : absl::InfiniteFuture()});
  }
  return pauses;
}

}  // namespace plazo::sla
