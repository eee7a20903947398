#pragma once

// Durations, times of day and sizes as people write them in YAML and on command lines. Strict: no
// spaces, units in falling order.

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plazo::config {

// 500ms, 1.5s, 10m, 2h30m, 1d, -5m, 0. Units: d (24 h), h, m, s, ms, us, ns.
std::optional<absl::Duration> ParseDuration(std::string_view text);
// The shortest exact form ParseDuration reads: 2h30m.
std::string DurationText(absl::Duration duration);

// 09:00, 17:30:15, 24:00 as seconds of the day.
std::optional<uint32_t> ParseLocalTime(std::string_view text);
// The shortest form ParseLocalTime reads: 09:00.
std::string LocalTimeText(uint32_t second_of_day);

// 512, 64KiB, 5MiB, 1GiB.
std::optional<uint64_t> ParseByteSize(std::string_view text);

}  // namespace plazo::config
