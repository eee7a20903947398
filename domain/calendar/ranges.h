#pragma once

// Sets of UTC seconds as half-open ranges, and how the shifts of local days become such ranges.

#include <vector>

#include "domain/calendar/schedule.h"
#include "domain/calendar/zone.h"

namespace plazo::calendar {

struct UtcRange {
  UtcSeconds from;
  UtcSeconds to;
  bool operator==(const UtcRange&) const = default;
};
using UtcRanges = std::vector<UtcRange>;

// Empty (from >= to) where the zone skips all of `shift`.
UtcRange ToUtc(const Zone& zone, Day day, const Schedule::Shift& shift);

// Sorts, merges and drops the empty ones.
void Normalize(UtcRanges& ranges);

// `ranges` without `holes`; both normalised, as is the result.
UtcRanges Subtract(const UtcRanges& ranges, const UtcRanges& holes);

// The working time within [from, to), normalised. `first_day` and `last_day` are the local days
// that hold it.
UtcRanges WorkingTime(const Schedule& schedule, const Zone& zone, Day first_day, Day last_day,
                      UtcRange within);

}  // namespace plazo::calendar
