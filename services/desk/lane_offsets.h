#pragma once

// How far a stream has come in every lane, as a token that means the same to every desk: next
// offsets joined by dots. Value type.

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/topics.h"

namespace plazo::desk {

struct LaneOffsets {
  std::array<int64_t, kPartitions> next{};

  // Everything before `offset` of `lane` has been seen.
  void Pass(int32_t lane, int64_t offset) {
    int64_t& known = next[static_cast<size_t>(lane)];
    if (offset > known) known = offset;
  }
  int64_t Next(int32_t lane) const { return next[static_cast<size_t>(lane)]; }

  std::string Token() const {
    std::string token;
    for (int64_t offset : next) {
      if (!token.empty()) token += '.';
      token += std::to_string(offset);
    }
    return token;
  }
  static std::optional<LaneOffsets> Parse(std::string_view token) {
    LaneOffsets offsets;
    const char* at = token.data();
    const char* end = token.data() + token.size();
    for (size_t i = 0; i < offsets.next.size(); ++i) {
      const auto parsed = std::from_chars(at, end, offsets.next[i]);
      const bool last = i + 1 == offsets.next.size();
      if (parsed.ec != std::errc() || offsets.next[i] < 0) return std::nullopt;
      if (last != (parsed.ptr == end) || (!last && *parsed.ptr != '.')) return std::nullopt;
      at = parsed.ptr + 1;
    }
    return offsets;
  }
  bool operator==(const LaneOffsets&) const = default;
};

}  // namespace plazo::desk
