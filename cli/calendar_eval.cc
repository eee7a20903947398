#include "cli/calendar_eval.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/calendar/business_time.h"
#include "domain/calendar/text.h"
#include "domain/calendar/tzif.h"
#include "platform/base/status.h"
#include "platform/base/zoneinfo.h"

namespace plazo::cli {
namespace {

using calendar::BusinessTime;
using calendar::Horizon;
using calendar::Interval;
using Json = nlohmann::ordered_json;
using policy::v1::Calendar;

constexpr int kIoError = 74;  // EX_IOERR
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2250;
constexpr size_t kMaxCachedCalendars = 512;

absl::Status FieldError(const std::string& path, std::string_view message) {
  return InvalidArgument(absl::StrCat(path, ": ", std::string(message)));
}

absl::Status AtField(const std::string& path, const absl::Status& status) {
  return FieldError(path, ToStd(status.message()));
}

const Json* Find(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

absl::StatusOr<std::string> RequiredText(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return FieldError(key, "is required");
  if (!value->is_string()) return FieldError(key, "must be a string");
  return value->get<std::string>();
}

absl::StatusOr<absl::Time> ReadInstant(const Json& value, const std::string& path) {
  if (!value.is_string()) return FieldError(path, "must be an RFC 3339 string");
  absl::StatusOr<absl::Time> instant = calendar::ParseInstant(value.get_ref<const std::string&>());
  if (!instant.ok()) return AtField(path, instant.status());
  const int64_t year = absl::ToCivilYear(*instant, absl::UTCTimeZone()).year();
  if (year < kFirstYear || year > kLastYear) {
    return FieldError(path, absl::StrCat("must lie in the years ", kFirstYear, " to ", kLastYear));
  }
  return instant;
}

absl::StatusOr<absl::Time> RequiredInstant(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  if (value == nullptr) return FieldError(key, "is required");
  return ReadInstant(*value, key);
}

// A list of ["09:00", "17:00"].
template <typename Intervals>
absl::Status ReadIntervals(const Json& list, const std::string& path, Intervals* out) {
  if (!list.is_array()) return FieldError(path, "must be a list of [start, end]");
  for (size_t i = 0; i < list.size(); ++i) {
    const Json& pair = list[i];
    const std::string at = absl::StrCat(path, "[", i, "]");
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return FieldError(at, "must be [\"HH:MM\", \"HH:MM\"]");
    }
    const auto interval = calendar::MakeLocalInterval(pair[0].get_ref<const std::string&>(),
                                                      pair[1].get_ref<const std::string&>());
    if (!interval.ok()) return AtField(at, interval.status());
    *out->Add() = *interval;
  }
  return absl::OkStatus();
}

absl::Status ReadWeekly(const Json& line, Calendar& out) {
  const Json* weekly = Find(line, "weekly");
  if (weekly == nullptr) return FieldError("weekly", "is required");
  if (!weekly->is_object()) return FieldError("weekly", "must be an object of weekdays");
  bool any = false;
  for (const auto& [day, hours] : weekly->items()) {
    const auto weekday = calendar::ParseWeekday(day);
    if (!weekday.ok()) return AtField("weekly", weekday.status());
    policy::v1::WeeklyHours* entry = out.add_weekly();
    entry->add_weekdays(*weekday);
    PLAZO_RETURN_IF_ERROR(
        ReadIntervals(hours, absl::StrCat("weekly.", day), entry->mutable_intervals()));
    any = any || !entry->intervals().empty();
  }
  if (!any) return FieldError("weekly", "leaves no working time at all");
  return absl::OkStatus();
}

absl::Status ReadHolidays(const Json& line, Calendar& out) {
  const Json* holidays = Find(line, "holidays");
  if (holidays == nullptr) return absl::OkStatus();
  if (!holidays->is_array()) return FieldError("holidays", "must be a list of dates");
  for (size_t i = 0; i < holidays->size(); ++i) {
    const std::string path = absl::StrCat("holidays[", i, "]");
    const Json& text = (*holidays)[i];
    if (!text.is_string()) return FieldError(path, "must be a date (YYYY-MM-DD)");
    const auto date = calendar::ParseLocalDate(text.get_ref<const std::string&>());
    if (!date.ok()) return AtField(path, date.status());
    *out.add_holidays()->mutable_date() = *date;
  }
  return absl::OkStatus();
}

absl::Status ReadOverrides(const Json& line, Calendar& out) {
  const Json* overrides = Find(line, "overrides");
  if (overrides == nullptr) return absl::OkStatus();
  if (!overrides->is_object()) return FieldError("overrides", "must be an object of dates");
  for (const auto& [text, hours] : overrides->items()) {
    const auto date = calendar::ParseLocalDate(text);
    if (!date.ok()) return AtField("overrides", date.status());
    if (date->year() == 0) return FieldError("overrides." + text, "has no year");
    policy::v1::DateOverride* entry = out.add_overrides();
    *entry->mutable_date() = *date;
    PLAZO_RETURN_IF_ERROR(
        ReadIntervals(hours, absl::StrCat("overrides.", text), entry->mutable_intervals()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Interval>> ReadPauses(const Json& line) {
  std::vector<Interval> result;
  const Json* pauses = Find(line, "pauses");
  if (pauses == nullptr) return result;
  if (!pauses->is_array()) return FieldError("pauses", "must be a list of [from, to]");
  for (size_t i = 0; i < pauses->size(); ++i) {
    const Json& pair = (*pauses)[i];
    const std::string path = absl::StrCat("pauses[", i, "]");
    if (!pair.is_array() || pair.size() != 2) return FieldError(path, "must be [from, to]");
    const auto from = ReadInstant(pair[0], path + "[0]");
    if (!from.ok()) return from.status();
    const auto to = ReadInstant(pair[1], path + "[1]");
    if (!to.ok()) return to.status();
    result.push_back({*from, *to});
  }
  return result;
}

// Whole seconds, not negative. 3600.0 is a whole number too: some writers of JSON know no other.
absl::StatusOr<absl::Duration> RequiredSeconds(const Json& object, const char* key) {
  constexpr double kMax = 1e15;
  const Json* value = Find(object, key);
  if (value == nullptr) return FieldError(key, "is required");
  if (!value->is_number()) return FieldError(key, "must be a number of seconds");
  const double seconds = value->get<double>();
  if (seconds < 0) return FieldError(key, "must not be negative");
  if (!(seconds <= kMax) || seconds != std::floor(seconds)) {
    return FieldError(key, "must be a whole number of seconds");
  }
  return absl::Seconds(static_cast<int64_t>(seconds));
}

class Evaluator {
 public:
  absl::StatusOr<Json> Answer(const Json& line) {
    const auto op = RequiredText(line, "op");
    if (!op.ok()) return op.status();
    if (*op != "add" && *op != "between") return FieldError("op", "must be \"add\" or \"between\"");
    const auto zone = RequiredText(line, "time_zone");
    if (!zone.ok()) return zone.status();
    if (const auto table = TableOf(*zone); !table.ok()) return AtField("time_zone", table.status());
    Calendar hours;
    hours.set_time_zone(*zone);
    PLAZO_RETURN_IF_ERROR(ReadWeekly(line, hours));
    PLAZO_RETURN_IF_ERROR(ReadHolidays(line, hours));
    PLAZO_RETURN_IF_ERROR(ReadOverrides(line, hours));
    const auto pauses = ReadPauses(line);
    if (!pauses.ok()) return pauses.status();
    const auto start = RequiredInstant(line, "start");
    if (!start.ok()) return start.status();
    return *op == "add" ? Add(line, hours, *start, *pauses) : Between(line, hours, *start, *pauses);
  }

 private:
  absl::StatusOr<Json> Add(const Json& line, const Calendar& hours, absl::Time start,
                           const std::vector<Interval>& pauses) {
    const auto duration = RequiredSeconds(line, "business_seconds");
    if (!duration.ok()) return duration.status();
    // Mostly the deadline is near, and the years up to 2250 need not be written out.
    for (absl::Time until : {start + absl::Hours(24 * 365), LastInstant()}) {
      const auto business = Compiled(hours, start, until);
      if (!business.ok()) return business.status();
      const absl::Time reached = (*business)->Add(start, *duration, pauses);
      if (reached != absl::InfiniteFuture()) {
        return Json(calendar::FormatInstant(reached, (*business)->zone()));
      }
    }
    return FieldError("business_seconds",
                      absl::StrCat("is not worked before the end of the year ", kLastYear));
  }

  absl::StatusOr<Json> Between(const Json& line, const Calendar& hours, absl::Time start,
                               const std::vector<Interval>& pauses) {
    const auto end = RequiredInstant(line, "end");
    if (!end.ok()) return end.status();
    const auto business = Compiled(hours, std::min(start, *end), std::max(start, *end));
    if (!business.ok()) return business.status();
    return Json(absl::ToInt64Seconds((*business)->Between(start, *end, pauses)));
  }

  static absl::Time LastInstant() {
    return absl::FromCivil(absl::CivilYear(kLastYear), absl::UTCTimeZone());
  }

  // The years around [from, to], in whole decades, so that lines that are alike share one calendar.
  absl::StatusOr<const BusinessTime*> Compiled(const Calendar& hours, absl::Time from,
                                               absl::Time to) {
    auto year = [](absl::Time t) {
      return static_cast<int>(absl::ToCivilYear(t, absl::UTCTimeZone()).year());
    };
    const Horizon horizon{std::max(kFirstYear, (year(from) - 1) / 10 * 10),
                          std::min(kLastYear, (year(to) + 1) / 10 * 10 + 9)};
    const std::string key =
        absl::StrCat(horizon.first_year, "-", horizon.last_year, " ", hours.SerializeAsString());
    if (const auto it = compiled_.find(key); it != compiled_.end()) return &it->second;
    const auto table = TableOf(hours.time_zone());
    if (!table.ok()) return table.status();
    auto business = BusinessTime::Compile(hours, **table, horizon);
    if (!business.ok()) return business.status();
    if (compiled_.size() >= kMaxCachedCalendars) compiled_.clear();
    return &compiled_.emplace(key, *std::move(business)).first->second;
  }

  absl::StatusOr<const policy::v1::ZoneTable*> TableOf(const std::string& zone) {
    if (const auto it = tables_.find(zone); it != tables_.end()) return &it->second;
    const auto bytes = ReadZoneinfo(zone);
    if (!bytes.ok()) return bytes.status();
    auto table = calendar::ZoneTableFromTzif(zone, *bytes, version_);
    if (!table.ok()) return table.status();
    return &tables_.emplace(zone, *std::move(table)).first->second;
  }

  const std::string version_ = ZoneinfoVersion();
  std::unordered_map<std::string, policy::v1::ZoneTable> tables_;
  std::unordered_map<std::string, BusinessTime> compiled_;
};

Json AnswerLine(Evaluator& evaluator, const std::string& text, size_t number) {
  Json answer = Json::object();
  const Json line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (line.is_discarded() || !line.is_object()) {
    answer["error"] = absl::StrCat("line ", number, ": not a JSON object");
    return answer;
  }
  if (const auto id = line.find("id"); id != line.end()) answer["id"] = *id;
  absl::StatusOr<Json> result = evaluator.Answer(line);
  if (result.ok()) {
    answer["result"] = *std::move(result);
  } else {
    answer["error"] = std::string(ToStd(result.status().message()));
  }
  return answer;
}

}  // namespace

int CalendarEval(std::istream& in, std::ostream& out) {
  Evaluator evaluator;
  std::string text;
  for (size_t number = 1; std::getline(in, text); ++number) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    // What is quoted in a message may have been cut inside a character.
    out << AnswerLine(evaluator, text, number).dump(-1, ' ', false, Json::error_handler_t::replace)
        << '\n';
    if (!out) return kIoError;
  }
  out.flush();
  return in.bad() || !out ? kIoError : 0;
}

}  // namespace plazo::cli
