#pragma once

// The units of this folder, and the Gregorian calendar as plain numbers.
//
// Two time lines are kept apart by name. *Utc* seconds count from 1970-01-01T00:00:00Z. *Local*
// seconds are what a clock on the wall shows, written as if it were UTC: local second 0 is
// 1970-01-01 00:00:00 on that wall. A day is a local day, counted from 1970-01-01.

#include <absl/time/civil_time.h>

#include <cstdint>

namespace plazo::calendar {

using UtcSeconds = int64_t;
using LocalSeconds = int64_t;
using Day = int64_t;

inline constexpr int64_t kSecondsPerDay = 86400;
inline constexpr int64_t kSecondsPerWeek = 7 * kSecondsPerDay;

inline Day DayOf(LocalSeconds local) {
  return local / kSecondsPerDay - (local % kSecondsPerDay < 0 ? 1 : 0);
}

inline Day DayOf(absl::CivilDay date) { return date - absl::CivilDay(1970, 1, 1); }

inline absl::CivilDay DateOf(Day day) { return absl::CivilDay(1970, 1, 1) + day; }

// 0 = Monday .. 6 = Sunday. Day 0 was a Thursday.
inline int WeekdayOf(Day day) { return static_cast<int>(((day + 3) % 7 + 7) % 7); }

inline Day MondayOnOrBefore(Day day) { return day - WeekdayOf(day); }

}  // namespace plazo::calendar
