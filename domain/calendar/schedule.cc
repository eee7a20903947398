#include "domain/calendar/schedule.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>

namespace plazo::calendar {
namespace {

using policy::v1::LocalDate;
using policy::v1::LocalInterval;

const std::string kNoName;

bool DateExists(const LocalDate& date) {
  // The civil day of a date that does not exist is normalised to another one. 2000 was a leap year.
  if (date.month() < 1 || date.month() > 12 || date.day() < 1 || date.day() > 31) return false;
  const int year = date.year() == 0 ? 2000 : static_cast<int>(date.year());
  const absl::CivilDay day(year, static_cast<int>(date.month()), static_cast<int>(date.day()));
  return day.month() == static_cast<int>(date.month()) && day.day() == static_cast<int>(date.day());
}

Day DayOf(const LocalDate& date) {
  return calendar::DayOf(
      absl::CivilDay(date.year(), static_cast<int>(date.month()), static_cast<int>(date.day())));
}

int YearlyKey(int month, int day) { return 32 * month + day; }

// Sorts and merges what touches or overlaps, so that no second counts twice.
void Normalize(Schedule::Shifts& shifts) {
  std::sort(shifts.begin(), shifts.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
  Schedule::Shifts merged;
  for (const Schedule::Shift& shift : shifts) {
    if (!merged.empty() && shift.begin <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, shift.end);
    } else {
      merged.push_back(shift);
    }
  }
  shifts = std::move(merged);
}

template <typename Intervals>
void Append(const Intervals& intervals, Schedule::Shifts& shifts) {
  for (const LocalInterval& interval : intervals) {
    const int64_t begin = interval.start_second();
    const int64_t end = interval.end_second();
    shifts.push_back({begin, end > begin ? end : end + kSecondsPerDay});
  }
  Normalize(shifts);
}

class Validator {
 public:
  explicit Validator(const policy::v1::Calendar& calendar) : calendar_(calendar) {}

  std::vector<FieldError> Run() {
    if (calendar_.time_zone().empty()) Error("time_zone", "is required");
    if (calendar_.always_open()) {
      if (calendar_.weekly_size() + calendar_.holidays_size() + calendar_.overrides_size() > 0) {
        Error("always_open", "excludes weekly, holidays and overrides");
      }
      return std::move(errors_);
    }
    Weekly();
    Holidays();
    Overrides();
    return std::move(errors_);
  }

 private:
  void Error(std::string path, std::string message) {
    errors_.push_back({std::move(path), std::move(message)});
  }

  void Weekly() {
    bool any = false;
    for (int i = 0; i < calendar_.weekly_size(); ++i) {
      const auto& hours = calendar_.weekly(i);
      const std::string path = absl::StrCat("weekly[", i, "]");
      if (hours.weekdays().empty()) Error(path + ".weekdays", "is required");
      for (int j = 0; j < hours.weekdays_size(); ++j) {
        const int weekday = hours.weekdays(j);
        if (weekday < policy::v1::WEEKDAY_MONDAY || weekday > policy::v1::WEEKDAY_SUNDAY) {
          Error(absl::StrCat(path, ".weekdays[", j, "]"), "is no weekday");
        }
      }
      Intervals(hours.intervals(), path + ".intervals");
      any = any || (!hours.weekdays().empty() && !hours.intervals().empty());
    }
    if (!any) Error("weekly", "leaves no working time at all");
  }

  void Holidays() {
    for (int i = 0; i < calendar_.holidays_size(); ++i) {
      const std::string path = absl::StrCat("holidays[", i, "]");
      Date(calendar_.holidays(i).date(), /*yearly_allowed=*/true, path + ".date");
      Intervals(calendar_.holidays(i).closed(), path + ".closed");
    }
  }

  void Overrides() {
    absl::flat_hash_set<Day> seen;
    for (int i = 0; i < calendar_.overrides_size(); ++i) {
      const auto& entry = calendar_.overrides(i);
      const std::string path = absl::StrCat("overrides[", i, "]");
      if (Date(entry.date(), /*yearly_allowed=*/false, path + ".date") &&
          !seen.insert(DayOf(entry.date())).second) {
        Error(path + ".date", "is overridden twice");
      }
      Intervals(entry.intervals(), path + ".intervals");
    }
  }

  bool Date(const LocalDate& date, bool yearly_allowed, const std::string& path) {
    const size_t before = errors_.size();
    if (!DateExists(date)) Error(path, "does not exist");
    const bool yearly = yearly_allowed && date.year() == 0;
    if (!yearly && (date.year() < 1970 || date.year() > 2400)) {
      Error(path + ".year", "must be from 1970 to 2400");
    }
    return errors_.size() == before;
  }

  template <typename Field>
  void Intervals(const Field& intervals, const std::string& path) {
    for (int i = 0; i < intervals.size(); ++i) {
      const std::string at = absl::StrCat(path, "[", i, "]");
      const int64_t start = intervals[i].start_second();
      const int64_t end = intervals[i].end_second();
      if (start >= kSecondsPerDay) Error(at + ".start_second", "must be below 86400");
      if (end > kSecondsPerDay) Error(at + ".end_second", "must be at most 86400");
      if (start == end) Error(at, "begins and ends at the same time");
    }
  }

  const policy::v1::Calendar& calendar_;
  std::vector<FieldError> errors_;
};

}  // namespace

std::vector<FieldError> Validate(const policy::v1::Calendar& calendar) {
  return Validator(calendar).Run();
}

absl::StatusOr<Schedule> Schedule::Compile(const policy::v1::Calendar& calendar) {
  std::vector<FieldError> errors = Validate(calendar);
  if (calendar.always_open()) errors.push_back({"always_open", "has no schedule"});
  if (!errors.empty()) {
    return absl::InvalidArgumentError(
        absl::StrJoin(errors, "; ", [](std::string* out, const FieldError& error) {
          absl::StrAppend(out, error.path, " ", error.message);
        }));
  }
  Schedule schedule;
  for (const auto& hours : calendar.weekly()) {
    for (int weekday : hours.weekdays()) {
      Append(hours.intervals(), schedule.weekly_[weekday - policy::v1::WEEKDAY_MONDAY]);
    }
  }
  for (const auto& holiday : calendar.holidays()) schedule.AddHoliday(holiday);
  for (const auto& entry : calendar.overrides()) {
    Exception& exception = schedule.overrides_[DayOf(entry.date())];
    exception.name = entry.name();
    Append(entry.intervals(), exception.shifts);
  }
  return schedule;
}

void Schedule::AddHoliday(const policy::v1::Holiday& holiday) {
  const policy::v1::LocalDate& date = holiday.date();
  Exception& exception = date.year() == 0 ? yearly_holidays_[YearlyKey(date.month(), date.day())]
                                          : dated_holidays_[DayOf(date)];
  // Of two holidays on one date the whole-day one names it, else the first.
  const bool whole_day = holiday.closed().empty();
  if (exception.name.empty() || (whole_day && !exception.whole_day))
    exception.name = holiday.name();
  exception.whole_day = exception.whole_day || whole_day;
  Append(holiday.closed(), exception.shifts);
}

Schedule::DayPlan Schedule::On(Day day) const {
  const Shifts& weekly = weekly_[WeekdayOf(day)];
  if (auto it = overrides_.find(day); it != overrides_.end()) {
    return {Kind::kOverride, &it->second.name, it->second.shifts, {}};
  }
  DayPlan plan{Kind::kWeekly, &kNoName, weekly, {}};
  auto apply = [&plan](const Exception& holiday) {
    if (plan.kind == Kind::kHoliday) return;
    if (holiday.whole_day) {
      plan = {Kind::kHoliday, &holiday.name, {}, {}};
    } else {
      plan.cuts.push_back({holiday.shifts, &holiday.name});
    }
  };
  if (auto it = dated_holidays_.find(day); it != dated_holidays_.end()) apply(it->second);
  const absl::CivilDay date = DateOf(day);
  const int key = YearlyKey(date.month(), date.day());
  if (auto it = yearly_holidays_.find(key); it != yearly_holidays_.end()) apply(it->second);
  return plan;
}

std::vector<Day> Schedule::ExceptionalDays(Day first, Day last) const {
  std::vector<Day> days;
  auto add = [&](Day day) {
    if (day >= first && day <= last) days.push_back(day);
  };
  for (const auto& [day, unused] : overrides_) add(day);
  for (const auto& [day, unused] : dated_holidays_) add(day);
  for (const auto& [key, unused] : yearly_holidays_) {
    const int last_year = static_cast<int>(DateOf(last).year());
    for (int year = static_cast<int>(DateOf(first).year()); year <= last_year; ++year) {
      const absl::CivilDay date(year, key / 32, key % 32);
      if (date.day() == key % 32) add(calendar::DayOf(date));
    }
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

}  // namespace plazo::calendar
