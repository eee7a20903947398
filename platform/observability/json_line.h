#pragma once

// Builds one flat JSON object, member by member. One owner.

#include <cstdint>
#include <string>
#include <string_view>

namespace plazo::observability {

class JsonLine {
 public:
  void AddString(std::string_view key, std::string_view value);
  void AddBool(std::string_view key, bool value);
  void AddInteger(std::string_view key, int64_t value);
  void AddUnsigned(std::string_view key, uint64_t value);
  // null when not finite.
  void AddNumber(std::string_view key, double value);

  // The object is complete and the builder spent.
  std::string Take();

 private:
  void Key(std::string_view key);
  void Quoted(std::string_view text);

  std::string out_ = "{";
};

}  // namespace plazo::observability
