#pragma once

// For tests: calendars and instants as one writes them on paper, and zone tables from the machine's
// tz database.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/calendar/business_time.h"
#include "domain/calendar/text.h"
#include "domain/calendar/tzif.h"
#include "platform/base/zoneinfo.h"

namespace plazo::calendar {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

inline const policy::v1::ZoneTable& TableOf(const std::string& zone) {
  static std::map<std::string, policy::v1::ZoneTable> tables;
  const auto it = tables.find(zone);
  if (it != tables.end()) return it->second;
  return tables[zone] = Must(ZoneTableFromTzif(zone, Must(ReadZoneinfo(zone)), ZoneinfoVersion()));
}

inline Zone ZoneOf(const std::string& zone) { return Must(Zone::Compile(TableOf(zone))); }

inline std::vector<std::string> Split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(by), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// `mon-fri 09:00-17:00 18:00-20:00, sat 10:00-14:00`
inline policy::v1::Calendar Weekly(std::string_view zone, std::string_view hours) {
  policy::v1::Calendar calendar;
  calendar.set_name("test");
  calendar.set_time_zone(std::string(zone));
  for (const std::string& entry : Split(hours, ',')) {
    const std::vector<std::string> words = Split(entry, ' ');
    policy::v1::WeeklyHours* weekly = calendar.add_weekly();
    const std::vector<std::string> days = Split(words[0], '-');
    for (int day = Must(ParseWeekday(days.front())); day <= Must(ParseWeekday(days.back()));
         ++day) {
      weekly->add_weekdays(static_cast<policy::v1::Weekday>(day));
    }
    for (size_t i = 1; i < words.size(); ++i) {
      *weekly->add_intervals() = Must(ParseLocalInterval(words[i]));
    }
  }
  return calendar;
}

// `2026-12-25 Christmas` or `12-24 half-day 13:00-24:00`: date, name, closed hours.
inline void AddHoliday(policy::v1::Calendar& calendar, std::string_view text) {
  const std::vector<std::string> words = Split(text, ' ');
  policy::v1::Holiday* holiday = calendar.add_holidays();
  *holiday->mutable_date() = Must(ParseLocalDate(words[0]));
  holiday->set_name(words[1]);
  for (size_t i = 2; i < words.size(); ++i) {
    *holiday->add_closed() = Must(ParseLocalInterval(words[i]));
  }
}

// `2026-12-24 09:00-12:00`: date, hours.
inline void AddOverride(policy::v1::Calendar& calendar, std::string_view text) {
  const std::vector<std::string> words = Split(text, ' ');
  policy::v1::DateOverride* entry = calendar.add_overrides();
  *entry->mutable_date() = Must(ParseLocalDate(words[0]));
  for (size_t i = 1; i < words.size(); ++i) {
    *entry->add_intervals() = Must(ParseLocalInterval(words[i]));
  }
}

inline BusinessTime Compiled(const policy::v1::Calendar& calendar, Horizon horizon = {}) {
  return Must(BusinessTime::Compile(calendar, TableOf(calendar.time_zone()), horizon));
}

inline absl::Time At(std::string_view rfc3339) { return Must(ParseInstant(rfc3339)); }

}  // namespace plazo::calendar
