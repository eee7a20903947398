#pragma once

// For tests: what is open, found the slow way. Walks every second of a window with a clock on the
// wall (Abseil's reading of the tz database, not ours) and asks each date's hours about it. Shares
// no code with what it checks.
//
// An interval [opens, closes) of local times is open at a second when the clock has shown `opens`
// or later by then, and will still show something before `closes` from then on. Where clocks do not
// change that is plainly opens <= now < closes.

#include <absl/time/time.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

// The clock on the wall for every second of a window.
struct WallClock {
  int64_t first_second;
  std::vector<absl::CivilSecond> latest_so_far;
  std::vector<absl::CivilSecond> least_to_come;

  // `show` tells the time on the wall at a UTC second.
  template <typename Show>
  WallClock(const Show& show, int64_t from, int64_t to) : first_second(from) {
    for (int64_t t = from; t < to; ++t) {
      const absl::CivilSecond now = show(t);
      latest_so_far.push_back(latest_so_far.empty() ? now : std::max(latest_so_far.back(), now));
      least_to_come.push_back(now);
    }
    for (size_t i = least_to_come.size() - 1; i-- > 0;) {
      least_to_come[i] = std::min(least_to_come[i], least_to_come[i + 1]);
    }
  }
};

inline WallClock WallClockOf(const std::string& zone, int64_t from, int64_t to) {
  absl::TimeZone tz;
  if (!absl::LoadTimeZone(zone, &tz)) std::abort();
  return {[tz](int64_t t) { return absl::ToCivilSecond(absl::FromUnixSeconds(t), tz); }, from, to};
}

inline bool Same(const policy::v1::LocalDate& date, absl::CivilDay day) {
  return (date.year() == 0 || date.year() == static_cast<uint32_t>(day.year())) &&
         date.month() == static_cast<uint32_t>(day.month()) &&
         date.day() == static_cast<uint32_t>(day.day());
}

// For every second of `wall`, whether `calendar` works. Right from the third day of the window to
// the last but two.
inline std::vector<char> OpenSeconds(const policy::v1::Calendar& calendar, const WallClock& wall) {
  std::vector<char> open(wall.latest_so_far.size(), 0);
  auto paint = [&](absl::CivilDay day, const policy::v1::LocalInterval& hours, char value) {
    const absl::CivilSecond midnight(day);
    const absl::CivilSecond opens = midnight + hours.start_second();
    const bool next_day = hours.end_second() <= hours.start_second();
    const absl::CivilSecond closes = midnight + hours.end_second() + (next_day ? 86400 : 0);
    // Both are sorted, so what is open is one run.
    const auto& latest = wall.latest_so_far;
    const auto& least = wall.least_to_come;
    const auto from = std::lower_bound(latest.begin(), latest.end(), opens) - latest.begin();
    const auto to = std::lower_bound(least.begin(), least.end(), closes) - least.begin();
    if (from < to) std::fill(open.begin() + from, open.begin() + to, value);
  };
  const absl::CivilDay first(wall.latest_so_far.front());
  const absl::CivilDay last(wall.latest_so_far.back());
  for (absl::CivilDay day = first - 2; day <= last; ++day) {
    const policy::v1::DateOverride* override_of_day = nullptr;
    for (const auto& entry : calendar.overrides()) {
      if (Same(entry.date(), day)) override_of_day = &entry;
    }
    if (override_of_day != nullptr) {
      for (const auto& hours : override_of_day->intervals()) paint(day, hours, 1);
      continue;
    }
    const bool free =
        std::any_of(calendar.holidays().begin(), calendar.holidays().end(),
                    [&](const auto& h) { return Same(h.date(), day) && h.closed().empty(); });
    if (free) continue;
    for (const auto& weekly : calendar.weekly()) {
      for (int weekday : weekly.weekdays()) {
        if (weekday - 1 != static_cast<int>(absl::GetWeekday(day))) continue;
        for (const auto& hours : weekly.intervals()) paint(day, hours, 1);
      }
    }
  }
  for (absl::CivilDay day = first - 2; day <= last; ++day) {
    bool overridden = false;
    for (const auto& entry : calendar.overrides()) overridden |= Same(entry.date(), day);
    for (const auto& holiday : calendar.holidays()) {
      if (overridden || !Same(holiday.date(), day)) continue;
      for (const auto& hours : holiday.closed()) paint(day, hours, 0);
    }
  }
  return open;
}

}  // namespace plazo::calendar
