#pragma once

// The machine's tz database as files. Read when a policy is published (or hours are evaluated by
// hand), never when a deadline is decided: decisions use the tables that travel in the policy.
//
// Thread-safe. Errors: kInvalidArgument for a name that cannot be a zone, kNotFound for an unknown
// zone or a machine without the database (package tzdata), kUnavailable when a file cannot be read.

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace plazo {

inline constexpr std::string_view kZoneinfoDirectory = "/usr/share/zoneinfo";

// The TZif bytes of an IANA name such as `America/Argentina/Ushuaia`.
absl::StatusOr<std::string> ReadZoneinfo(std::string_view zone,
                                         std::string_view directory = kZoneinfoDirectory);

// The release, e.g. `2025b`; empty when the database does not say.
std::string ZoneinfoVersion(std::string_view directory = kZoneinfoDirectory);

}  // namespace plazo
