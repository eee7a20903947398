#include "domain/calendar/posix_rule.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>

namespace plazo::calendar {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Recursive descent over the text; the first error stops it.
class PosixRuleParser {
 public:
  explicit PosixRuleParser(std::string_view text) : text_(text) {}

  absl::StatusOr<PosixRule> Parse() {
    PosixRule rule;
    Name();
    rule.standard_offset_ = -Offset(24);
    if (ok() && !AtEnd()) {
      PosixRule::DaylightSaving saving;
      Name();
      saving.offset = AtEnd() || Peek() == ',' ? rule.standard_offset_ + 3600 : -Offset(24);
      Expect(',');
      saving.begins = Date();
      Expect(',');
      saving.ends = Date();
      rule.daylight_saving_ = saving;
    }
    if (ok() && !AtEnd()) Fail("the end");
    if (!ok()) return absl::InvalidArgumentError(error_);
    return rule;
  }

 private:
  bool ok() const { return error_.empty(); }
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }

  void Fail(std::string_view expected) {
    if (!ok()) return;
    error_ = absl::StrCat("POSIX TZ rule \"", std::string(text_), "\": expected ",
                          std::string(expected), " at character ", at_ + 1);
  }

  void Expect(char c) {
    if (Peek() == c) {
      ++at_;
    } else {
      Fail(std::string(1, c));
    }
  }

  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  // The abbreviation means nothing to us: offsets are all that a deadline needs.
  void Name() {
    const bool quoted = Take('<');
    const size_t begin = at_;
    while (IsAlpha(Peek()) || (quoted && (IsDigit(Peek()) || Peek() == '+' || Peek() == '-')))
      ++at_;
    if (at_ - begin < 3) Fail("a name of three letters or more");
    if (quoted) Expect('>');
  }

  int Number(int low, int high) {
    const size_t begin = at_;
    int value = 0;
    while (IsDigit(Peek()) && at_ - begin < 3) value = value * 10 + (text_[at_++] - '0');
    if (at_ == begin || value < low || value > high) {
      at_ = begin;
      Fail(absl::StrCat("a number from ", low, " to ", high));
    }
    return value;
  }

  // [+-]hh[:mm[:ss]] in seconds.
  int64_t Offset(int max_hours) {
    const int sign = Take('-') ? -1 : (Take('+'), 1);
    int64_t seconds = Number(0, max_hours) * 3600;
    if (Take(':')) seconds += Number(0, 59) * 60;
    if (Take(':')) seconds += Number(0, 59);
    return sign * seconds;
  }

  PosixRule::YearDay Date() {
    using Form = PosixRule::YearDay::Form;
    PosixRule::YearDay date;
    if (Take('M')) {
      date.month = Number(1, 12);
      Expect('.');
      date.week = Number(1, 5);
      Expect('.');
      date.day = Number(0, 6);
    } else if (Take('J')) {
      date.form = Form::kJulianWithoutLeapDay;
      date.day = Number(1, 365);
    } else {
      date.form = Form::kZeroBased;
      date.day = Number(0, 365);
    }
    if (Take('/')) date.second_of_day = Offset(167);
    return date;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

absl::StatusOr<PosixRule> PosixRule::Parse(std::string_view text) {
  return PosixRuleParser(text).Parse();
}

LocalSeconds PosixRule::YearDay::In(int year) const {
  Day result = 0;
  switch (form) {
    case Form::kMonthWeekDay: {
      const Day first = DayOf(absl::CivilDay(year, month, 1));
      const Day next_month = DayOf(absl::CivilDay(absl::CivilMonth(year, month) + 1));
      const int first_weekday = (WeekdayOf(first) + 1) % 7;  // 0 = Sunday, as in the rule
      result = first + (day - first_weekday + 7) % 7 + 7 * (week - 1);
      while (result >= next_month) result -= 7;
      break;
    }
    case Form::kJulianWithoutLeapDay: {
      // Day 59 is the 28th of February and day 60 the 1st of March, in every year.
      const absl::CivilDay in_common_year = absl::CivilDay(2001, 1, 1) + (day - 1);
      result = DayOf(absl::CivilDay(year, in_common_year.month(), in_common_year.day()));
      break;
    }
    case Form::kZeroBased:
      result = DayOf(absl::CivilDay(year, 1, 1)) + day;
      break;
  }
  return result * kSecondsPerDay + second_of_day;
}

std::vector<Transition> PosixRule::Transitions(int first_year, int last_year) const {
  std::vector<Transition> result;
  if (!daylight_saving_) return result;
  const DaylightSaving& saving = *daylight_saving_;
  for (int year = first_year; year <= last_year; ++year) {
    result.push_back({saving.begins.In(year) - standard_offset_, saving.offset});
    result.push_back({saving.ends.In(year) - saving.offset, standard_offset_});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Transition& a, const Transition& b) { return a.at < b.at; });
  return result;
}

}  // namespace plazo::calendar
