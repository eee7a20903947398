#pragma once

// A Lua script under the digest by which Redis knows it. Immutable; one static object an operation,
// whose source opens with a comment on KEYS, ARGV, units and what is returned.

#include <string>
#include <string_view>

namespace plazo::redis {

class Script {
 public:
  // `name` is for errors and fakes: unique in the process.
  Script(std::string_view name, std::string_view source);

  const std::string& name() const { return name_; }
  const std::string& source() const { return source_; }
  // Lower-case hex of the SHA-1 of the source.
  const std::string& sha1() const { return sha1_; }

 private:
  const std::string name_;
  const std::string source_;
  const std::string sha1_;
};

}  // namespace plazo::redis
