#pragma once

// A POSIX TZ rule such as `CET-1CEST,M3.5.0,M10.5.0/3`: what the tz database says of the years
// after its last explicit transition. With the extensions of RFC 8536 section 3.3.1: transition
// hours from -167 to 167.

#include <absl/status/statusor.h>

#include <optional>
#include <string_view>
#include <vector>

#include "domain/calendar/civil.h"

namespace plazo::calendar {

struct Transition {
  UtcSeconds at;           // the first second of the new offset
  int64_t offset_seconds;  // east of UTC, from then on
  bool operator==(const Transition&) const = default;
};

class PosixRule {
 public:
  // kInvalidArgument says what was expected and where.
  static absl::StatusOr<PosixRule> Parse(std::string_view text);

  // East of UTC, without daylight saving.
  int64_t standard_offset_seconds() const { return standard_offset_; }

  // Ascending, those whose rule belongs to `first_year`..`last_year`; none where the rule knows no
  // daylight saving. A time near New Year may lie in the neighbouring UTC year.
  std::vector<Transition> Transitions(int first_year, int last_year) const;

 private:
  friend class PosixRuleParser;

  // Mm.w.d, Jn (1..365, the 29th of February never counts) or n (0..365).
  struct YearDay {
    enum class Form { kMonthWeekDay, kJulianWithoutLeapDay, kZeroBased };
    Form form = Form::kMonthWeekDay;
    int month = 0;
    int week = 0;  // 5 = the last
    int day = 0;   // of the week, 0 = Sunday; or of the year
    int64_t second_of_day = 7200;
    LocalSeconds In(int year) const;
  };
  struct DaylightSaving {
    int64_t offset;
    YearDay begins;
    YearDay ends;
  };

  int64_t standard_offset_ = 0;
  std::optional<DaylightSaving> daylight_saving_;
};

}  // namespace plazo::calendar
