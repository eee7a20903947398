#include "domain/calendar/ranges.h"

#include <algorithm>

namespace plazo::calendar {
namespace {

// A shift may last until the end of the next day, and where clocks go back across midnight, past
// its beginning.
constexpr Day kDaysAShiftReaches = 2;

}  // namespace

UtcRange ToUtc(const Zone& zone, Day day, const Schedule::Shift& shift) {
  const LocalSeconds midnight = day * kSecondsPerDay;
  return {zone.Opens(midnight + shift.begin), zone.Closes(midnight + shift.end)};
}

void Normalize(UtcRanges& ranges) {
  std::erase_if(ranges, [](const UtcRange& range) { return range.from >= range.to; });
  std::sort(ranges.begin(), ranges.end(),
            [](const UtcRange& a, const UtcRange& b) { return a.from < b.from; });
  UtcRanges merged;
  for (const UtcRange& range : ranges) {
    if (!merged.empty() && range.from <= merged.back().to) {
      merged.back().to = std::max(merged.back().to, range.to);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

UtcRanges Subtract(const UtcRanges& ranges, const UtcRanges& holes) {
  UtcRanges result;
  auto hole = holes.begin();
  for (UtcRange rest : ranges) {
    while (hole != holes.end() && hole->to <= rest.from) ++hole;
    for (auto h = hole; h != holes.end() && h->from < rest.to; ++h) {
      if (h->from > rest.from) result.push_back({rest.from, h->from});
      rest.from = std::max(rest.from, h->to);
    }
    if (rest.from < rest.to) result.push_back(rest);
  }
  return result;
}

UtcRanges WorkingTime(const Schedule& schedule, const Zone& zone, Day first_day, Day last_day,
                      UtcRange within) {
  UtcRanges worked;
  UtcRanges cut;
  for (Day day = first_day - kDaysAShiftReaches; day <= last_day; ++day) {
    const Schedule::DayPlan plan = schedule.On(day);
    for (const Schedule::Shift& shift : plan.shifts) worked.push_back(ToUtc(zone, day, shift));
    for (const Schedule::Cut& c : plan.cuts) {
      for (const Schedule::Shift& hours : c.hours) cut.push_back(ToUtc(zone, day, hours));
    }
  }
  for (UtcRange& range : worked) {
    range = {std::max(range.from, within.from), std::min(range.to, within.to)};
  }
  Normalize(worked);
  Normalize(cut);
  return Subtract(worked, cut);
}

}  // namespace plazo::calendar
