#pragma once

// How people write times of day, dates and instants, and how they are written back. Strict: what is
// not understood to the last character is kInvalidArgument, and the message quotes it.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/calendar/zone.h"
#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

// `09:00`, `9:00`, `09:00:30` or `24:00`, in seconds since midnight.
absl::StatusOr<uint32_t> ParseTimeOfDay(std::string_view text);

// `09:00` to `17:00`; `22:00` to `06:00` passes midnight. Refuses `24:00` as a beginning and two
// equal times.
absl::StatusOr<policy::v1::LocalInterval> MakeLocalInterval(std::string_view start,
                                                            std::string_view end);

// `09:00-17:00`, as policies write it.
absl::StatusOr<policy::v1::LocalInterval> ParseLocalInterval(std::string_view text);

// `2026-12-25`, or `12-25` for every year (year 0).
absl::StatusOr<policy::v1::LocalDate> ParseLocalDate(std::string_view text);

// `mon`, `Monday`.
absl::StatusOr<policy::v1::Weekday> ParseWeekday(std::string_view text);

// RFC 3339 with `Z` or an offset. Fractions of a second are read and dropped.
absl::StatusOr<absl::Time> ParseInstant(std::string_view text);

// RFC 3339 in whole seconds with the zone's offset, `+00:00` for UTC: `2026-03-29T09:00:00+02:00`.
// Where an offset has seconds (before the 1970s), it is cut to minutes, and the time shown agrees
// with the offset shown.
std::string FormatInstant(absl::Time t, const Zone& zone);

}  // namespace plazo::calendar
