#pragma once

// A validated Calendar: which shifts begin on a local day, and why. Knows dates and weekdays, no
// zone and no UTC. Immutable and thread-safe.

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <array>
#include <string>
#include <vector>

#include "domain/calendar/civil.h"
#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

struct FieldError {
  std::string path;  // within the Calendar, e.g. `weekly[0].intervals[1].end_second`
  std::string message;
};

// All that is wrong with `calendar`; empty when it can be compiled. Whether its zone exists is not
// asked here.
std::vector<FieldError> Validate(const policy::v1::Calendar& calendar);

class Schedule {
 public:
  // Seconds from the local midnight on which the day begins; `end` may lie on the next day (up to
  // 172799).
  struct Shift {
    int64_t begin;
    int64_t end;
  };
  using Shifts = std::vector<Shift>;  // ascending, disjoint, none empty

  enum class Kind { kWeekly, kHoliday, kOverride };

  // Hours of a partial holiday, taken out of every shift.
  struct Cut {
    absl::Span<const Shift> hours;
    const std::string* name;
  };

  // Valid as long as the schedule.
  struct DayPlan {
    Kind kind = Kind::kWeekly;  // kHoliday: a whole-day one
    const std::string* name;    // of the holiday or override
    absl::Span<const Shift> shifts;
    std::vector<Cut> cuts;
  };

  // kInvalidArgument with all violations. An always_open calendar has no schedule and is refused
  // too.
  static absl::StatusOr<Schedule> Compile(const policy::v1::Calendar& calendar);

  DayPlan On(Day day) const;

  // 0 = Monday.
  const Shifts& Weekly(int weekday) const { return weekly_[weekday]; }

  // Ascending: the days of [first, last] on which something else than the weekly hours holds.
  std::vector<Day> ExceptionalDays(Day first, Day last) const;

 private:
  struct Exception {
    std::string name;
    bool whole_day = false;  // of a holiday
    Shifts shifts;           // of an override: worked; of a partial holiday: cut out
  };
  Schedule() = default;
  void AddHoliday(const policy::v1::Holiday& holiday);

  std::array<Shifts, 7> weekly_;
  absl::flat_hash_map<Day, Exception> overrides_;
  absl::flat_hash_map<Day, Exception> dated_holidays_;
  absl::flat_hash_map<int, Exception> yearly_holidays_;  // by 32 * month + day
};

}  // namespace plazo::calendar
