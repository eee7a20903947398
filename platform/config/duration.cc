#include "platform/config/duration.h"

#include <array>
#include <charconv>
#include <limits>

namespace plazo::config {
namespace {

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};
// From large to small, in which order they must stand. A name comes before those it begins with.
constexpr std::array<Unit, 7> kUnits = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits at the front; nullopt where there are none or too many.
std::optional<int64_t> TakeDigits(std::string_view& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() || !IsDigit(text.front())) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

// Takes the letters at the front; gives the unit's index.
std::optional<size_t> TakeUnit(std::string_view& text) {
  size_t length = 0;
  while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
  for (size_t i = 0; i < kUnits.size(); ++i) {
    if (kUnits[i].name != text.substr(0, length)) continue;
    text.remove_prefix(length);
    return i;
  }
  return std::nullopt;
}

// The fraction .ddd of a unit; nullopt without digits or with more than nine.
std::optional<absl::Duration> TakeFraction(std::string_view& text, int64_t* scale) {
  text.remove_prefix(1);
  const size_t before = text.size();
  const std::optional<int64_t> value = TakeDigits(text);
  const size_t digits = before - text.size();
  if (!value || digits > 9) return std::nullopt;
  *scale = 1;
  for (size_t i = 0; i < digits; ++i) *scale *= 10;
  return absl::Nanoseconds(*value);
}

}  // namespace

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (text == "0") return absl::ZeroDuration();
  if (text.empty()) return std::nullopt;
  absl::Duration total;
  size_t next_unit = 0;
  while (!text.empty()) {
    const std::optional<int64_t> whole = TakeDigits(text);
    if (!whole) return std::nullopt;
    absl::Duration fraction;
    int64_t scale = 1;
    if (!text.empty() && text.front() == '.') {
      const std::optional<absl::Duration> taken = TakeFraction(text, &scale);
      if (!taken) return std::nullopt;
      fraction = *taken;
    }
    const std::optional<size_t> unit = TakeUnit(text);
    if (!unit || *unit < next_unit) return std::nullopt;
    next_unit = *unit + 1;
    const int64_t nanoseconds = kUnits[*unit].nanoseconds;
    total += absl::Nanoseconds(nanoseconds) * *whole;
    total += fraction * nanoseconds / scale;
  }
  // The range of google.protobuf.Duration.
  if (total > absl::Hours(24) * 3'652'500) return std::nullopt;
  return negative ? -total : total;
}

std::string DurationText(absl::Duration duration) {
  if (duration == absl::ZeroDuration()) return "0s";
  std::string out;
  if (duration < absl::ZeroDuration()) {
    out = "-";
    duration = -duration;
  }
  for (const Unit& unit : kUnits) {
    const int64_t count =
        absl::IDivDuration(duration, absl::Nanoseconds(unit.nanoseconds), &duration);
    if (count != 0) out += std::to_string(count) + std::string(unit.name);
  }
  return out;
}

std::optional<uint32_t> ParseLocalTime(std::string_view text) {
  if (text.size() != 5 && text.size() != 8) return std::nullopt;
  std::array<uint32_t, 3> parts = {};
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != ':' : !IsDigit(text[i])) return std::nullopt;
    if (i % 3 != 2) parts[i / 3] = parts[i / 3] * 10 + static_cast<uint32_t>(text[i] - '0');
  }
  const uint32_t second = parts[0] * 3600 + parts[1] * 60 + parts[2];
  if (parts[1] > 59 || parts[2] > 59 || second > 86'400) return std::nullopt;
  return second;
}

std::string LocalTimeText(uint32_t second_of_day) {
  std::string text;
  for (const uint32_t part : {second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60}) {
    if (!text.empty()) text += ':';
    text += {static_cast<char>('0' + part / 10 % 10), static_cast<char>('0' + part % 10)};
  }
  if (second_of_day % 60 == 0) text.resize(5);
  return text;
}

std::optional<uint64_t> ParseByteSize(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 4> kSuffixes = {
      {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  const std::optional<int64_t> value = text.empty() ? std::nullopt : TakeDigits(text);
  if (!value) return std::nullopt;
  for (const auto& [suffix, shift] : kSuffixes) {
    if (text != suffix) continue;
    if (*value > (std::numeric_limits<int64_t>::max() >> shift)) return std::nullopt;
    return static_cast<uint64_t>(*value) << shift;
  }
  return std::nullopt;
}

}  // namespace plazo::config
