#include "platform/observability/json_line.h"

#include <charconv>
#include <cmath>

#include "platform/base/encoding.h"

namespace plazo::observability {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Bytes at the front of `text` that are one UTF-8 character, or 0.
size_t CharacterAt(std::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (IsValidUtf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

void JsonLine::Key(std::string_view key) {
  if (out_.size() > 1) out_.push_back(',');
  Quoted(key);
  out_.push_back(':');
}

void JsonLine::Quoted(std::string_view text) {
  const bool valid = IsValidUtf8(text);
  out_.push_back('"');
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"' || byte == '\\') {
      out_.push_back('\\');
      out_.push_back(text[i]);
    } else if (byte == '\n') {
      out_ += "\\n";
    } else if (byte < 0x20) {
      out_ += "\\u00";
      out_.push_back(kHex[byte >> 4]);
      out_.push_back(kHex[byte & 15]);
    } else if (byte < 0x80 || valid) {
      out_.push_back(text[i]);
    } else if (const size_t length = CharacterAt(text.substr(i)); length > 0) {
      out_ += text.substr(i, length);
      i += length - 1;
    } else {
      out_ += kReplacement;
    }
  }
  out_.push_back('"');
}

void JsonLine::AddString(std::string_view key, std::string_view value) {
  Key(key);
  Quoted(value);
}

void JsonLine::AddBool(std::string_view key, bool value) {
  Key(key);
  out_ += value ? "true" : "false";
}

void JsonLine::AddInteger(std::string_view key, int64_t value) {
  Key(key);
  out_ += std::to_string(value);
}

void JsonLine::AddUnsigned(std::string_view key, uint64_t value) {
  Key(key);
  out_ += std::to_string(value);
}

void JsonLine::AddNumber(std::string_view key, double value) {
  Key(key);
  if (!std::isfinite(value)) {
    out_ += "null";
    return;
  }
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out_.append(text, end);
}

std::string JsonLine::Take() { return std::move(out_) + "}"; }

}  // namespace plazo::observability
