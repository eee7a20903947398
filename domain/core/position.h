#pragma once

// Where a command stands in the log, as an opaque token for clients: desk shows what it changed
// once the lane's checkpoint has passed it (read your writes). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plazo {

struct Position {
  int32_t partition = 0;
  int64_t offset = 0;  // of the command

  std::string Token() const;
  static std::optional<Position> Parse(std::string_view token);
};

}  // namespace plazo
