#include "domain/calendar/text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include <array>
#include <optional>

namespace plazo::calendar {
namespace {

// Quotes what was read; long or binary input must not flood a message.
absl::Status Invalid(std::string_view text, std::string_view expected) {
  std::string quoted(text.substr(0, 40));
  for (char& c : quoted) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"') c = '?';
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", quoted, "\" is not ", std::string(expected)));
}

// Takes fields off the front of a text. Once something did not fit, ok() stays false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  int Digits(size_t at_least, size_t at_most) {
    int value = 0;
    size_t n = 0;
    while (n < at_most && n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') {
      value = value * 10 + (rest_[n++] - '0');
    }
    if (n < at_least) ok_ = false;
    rest_.remove_prefix(n);
    return value;
  }

  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    taken_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  void Expect(std::string_view any_of) {
    if (!Take(any_of)) ok_ = false;
  }

  char taken() const { return taken_; }
  bool ok() const { return ok_; }
  bool Done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  char taken_ = '\0';
  bool ok_ = true;
};

// The civil date, if it exists.
std::optional<absl::CivilDay> ExistingDay(int year, int month, int day) {
  const absl::CivilDay date(year, month, day);
  if (date.year() != year || date.month() != month || date.day() != day) return std::nullopt;
  return date;
}

}  // namespace

absl::StatusOr<uint32_t> ParseTimeOfDay(std::string_view text) {
  Reader reader(text);
  const int hours = reader.Digits(1, 2);
  reader.Expect(":");
  const int minutes = reader.Digits(2, 2);
  const int seconds = reader.Take(":") ? reader.Digits(2, 2) : 0;
  const int total = hours * 3600 + minutes * 60 + seconds;
  if (!reader.Done() || minutes > 59 || seconds > 59 || total > kSecondsPerDay) {
    return Invalid(text, "a time of day from 00:00 to 24:00");
  }
  return static_cast<uint32_t>(total);
}

absl::StatusOr<policy::v1::LocalInterval> MakeLocalInterval(std::string_view start,
                                                            std::string_view end) {
  const absl::StatusOr<uint32_t> from = ParseTimeOfDay(start);
  if (!from.ok()) return from.status();
  const absl::StatusOr<uint32_t> to = ParseTimeOfDay(end);
  if (!to.ok()) return to.status();
  if (*from == kSecondsPerDay) return Invalid(start, "a time at which hours can begin");
  if (*from == *to) {
    return absl::InvalidArgumentError(
        "the hours begin and end at the same time (a whole day is 00:00 to 24:00)");
  }
  policy::v1::LocalInterval interval;
  interval.set_start_second(*from);
  interval.set_end_second(*to);
  return interval;
}

absl::StatusOr<policy::v1::LocalInterval> ParseLocalInterval(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return Invalid(text, "an interval such as 09:00-17:00");
  return MakeLocalInterval(text.substr(0, dash), text.substr(dash + 1));
}

absl::StatusOr<policy::v1::LocalDate> ParseLocalDate(std::string_view text) {
  constexpr size_t kYearlyLength = 5;
  const bool yearly = text.size() == kYearlyLength;
  Reader reader(text);
  const int year = yearly ? 0 : reader.Digits(4, 4);
  if (!yearly) reader.Expect("-");
  const int month = reader.Digits(2, 2);
  reader.Expect("-");
  const int day = reader.Digits(2, 2);
  // The 29th of February of every year is one: 2000 had it.
  if (!reader.Done() || (!yearly && year == 0) || !ExistingDay(yearly ? 2000 : year, month, day)) {
    return Invalid(text, "a date (YYYY-MM-DD)");
  }
  policy::v1::LocalDate date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

absl::StatusOr<policy::v1::Weekday> ParseWeekday(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  const std::string lower = absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (lower == kNames[i] || lower == kNames[i].substr(0, 3)) {
      return static_cast<policy::v1::Weekday>(policy::v1::WEEKDAY_MONDAY + i);
    }
  }
  return Invalid(text, "a weekday (mon, tue, wed, thu, fri, sat, sun)");
}

absl::StatusOr<absl::Time> ParseInstant(std::string_view text) {
  constexpr std::string_view kExpected =
      "an RFC 3339 time with an offset (2026-03-27T16:00:00+01:00)";
  Reader reader(text);
  const int year = reader.Digits(4, 4);
  reader.Expect("-");
  const int month = reader.Digits(2, 2);
  reader.Expect("-");
  const int day = reader.Digits(2, 2);
  reader.Expect("Tt ");
  const int hour = reader.Digits(2, 2);
  reader.Expect(":");
  const int minute = reader.Digits(2, 2);
  reader.Expect(":");
  const int second = reader.Digits(2, 2);
  if (reader.Take(".")) {
    reader.Digits(1, 9);
    while (reader.Take("0123456789")) {
    }
  }
  int offset = 0;
  if (!reader.Take("Zz")) {
    reader.Expect("+-");
    const int sign = reader.taken() == '-' ? -1 : 1;
    const int hours = reader.Digits(2, 2);
    reader.Expect(":");
    const int minutes = reader.Digits(2, 2);
    if (hours > 23 || minutes > 59) return Invalid(text, kExpected);
    offset = sign * (hours * 3600 + minutes * 60);
  }
  const std::optional<absl::CivilDay> date = ExistingDay(year, month, day);
  // 23:59:60 is a leap second; it counts as the second that follows.
  if (!reader.Done() || !date || hour > 23 || minute > 59 || second > 60) {
    return Invalid(text, kExpected);
  }
  return absl::FromUnixSeconds(DayOf(*date) * kSecondsPerDay + hour * 3600 + minute * 60 + second -
                               offset);
}

std::string FormatInstant(absl::Time t, const Zone& zone) {
  const UtcSeconds at = absl::ToUnixSeconds(t);
  const int64_t offset_minutes = zone.OffsetAt(at) / 60;
  const LocalSeconds local = at + offset_minutes * 60;
  const absl::CivilDay date = DateOf(DayOf(local));
  const int64_t second = local - DayOf(local) * kSecondsPerDay;
  const int64_t minutes = std::abs(offset_minutes);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", date.year(), date.month(),
                         date.day(), second / 3600, second / 60 % 60, second % 60,
                         offset_minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace plazo::calendar
