#pragma once

// Reads a compiled time zone file (TZif, RFC 8536) into the table that travels in a policy bundle.

#include <absl/status/statusor.h>

#include <string_view>

#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

// `bytes`: the whole file, of any TZif version. `name` and `tzdb_version` are copied into the
// table.
//
// The table is canonical: transitions that change no offset, and those that the file's own rule for
// later years yields anyway, are left out. So "fat" and "slim" packagings of one tz database give
// the same bytes.
//
// kInvalidArgument: not TZif, truncated, or with leap seconds (the `right/` zones), which UTC
// arithmetic excludes.
absl::StatusOr<policy::v1::ZoneTable> ZoneTableFromTzif(std::string_view name,
                                                        std::string_view bytes,
                                                        std::string_view tzdb_version);

}  // namespace plazo::calendar
