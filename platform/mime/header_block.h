#pragma once

// The header fields of a mail or part, and what stands in them. Pure functions over bytes; linear;
// thread-safe.

#include <absl/time/time.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::mime {

struct HeaderField {
  std::string name;   // as written
  std::string value;  // unfolded, blanks trimmed, NUL dropped; raw bytes, not decoded
};

class HeaderBlock {
 public:
  // Reads fields up to the first empty line, or to the first line that can be no field; lines that
  // are no field before any field (an mbox "From " line) are skipped. At most `max_fields` are
  // kept; `overflow` tells of more.
  static HeaderBlock Parse(std::string_view bytes, std::size_t max_fields);

  const std::vector<HeaderField>& fields() const { return fields_; }
  std::size_t size_bytes() const { return size_bytes_; }  // where the body begins
  bool overflow() const { return overflow_; }

  // The first field of that name, without regard to case; empty when there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  std::vector<std::string_view> GetAll(std::string_view name) const;

 private:
  std::vector<HeaderField> fields_;
  std::size_t size_bytes_ = 0;
  bool overflow_ = false;
};

// RFC 2047 encoded words and raw 8-bit text as UTF-8 in one line; broken words stay as they are
// written.
std::string DecodeHeaderText(std::string_view value);

// Everything in angle brackets, without them; where there are none, the words that contain an @.
std::vector<std::string> ParseMessageIds(std::string_view value);

// RFC 5322 and the older forms; nullopt when it cannot be read.
std::optional<absl::Time> ParseMailDate(std::string_view value);

}  // namespace plazo::mime
