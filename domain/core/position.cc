#include "domain/core/position.h"

#include <charconv>

namespace plazo {

std::string Position::Token() const {
  return std::to_string(partition) + "-" + std::to_string(offset);
}

std::optional<Position> Position::Parse(std::string_view token) {
  const size_t dash = token.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  Position position;
  const char* end = token.data() + token.size();
  auto [first, error] = std::from_chars(token.data(), token.data() + dash, position.partition);
  if (error != std::errc() || first != token.data() + dash) return std::nullopt;
  auto [last, error2] = std::from_chars(token.data() + dash + 1, end, position.offset);
  if (error2 != std::errc() || last != end) return std::nullopt;
  if (position.partition < 0 || position.offset < 0) return std::nullopt;
  return position;
}

}  // namespace plazo
