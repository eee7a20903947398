#include "platform/mime/header_block.h"

#include <gmime/gmime.h>

#include <algorithm>

#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"

namespace plazo::mime {
namespace {

// Printable ASCII without the colon (RFC 5322 2.2); blanks before the colon are obsolete but seen.
std::optional<std::size_t> FieldNameEnd(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 200) return std::nullopt;
  const std::string_view name = TrimRight(line.substr(0, colon));
  if (name.empty()) return std::nullopt;
  for (const char c : name) {
    if (c <= 0x20 || c >= 0x7f) return std::nullopt;
  }
  return colon;
}

void AppendWithoutNul(std::string& out, std::string_view s) {
  for (const char c : s) {
    if (c != '\0') out.push_back(c);
  }
}

std::optional<int> HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = LowerAscii(c);
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return std::nullopt;
}

std::string DecodeQ(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '_') {
      out.push_back(' ');
    } else if (s[i] == '=' && i + 2 < s.size() && HexValue(s[i + 1]) && HexValue(s[i + 2])) {
      out.push_back(static_cast<char>(*HexValue(s[i + 1]) * 16 + *HexValue(s[i + 2])));
      i += 2;
    } else {
      out.push_back(s[i]);
    }
  }
  return out;
}

std::string DecodeB(std::string_view s) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : s) {
    if (c == '=') count = 0;  // padding: what follows is another quantum
    int value = -1;
    if (c >= 'A' && c <= 'Z') value = c - 'A';
    if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
    if (IsDigit(c)) value = c - '0' + 52;
    if (c == '+' || c == '-') value = 62;
    if (c == '/' || c == '_') value = 63;
    if (value < 0) continue;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFF;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return out;
}

struct EncodedWord {
  std::string charset;
  std::string bytes;
  std::size_t length = 0;  // of the whole word in the source
};

// `s` begins with "=?".
std::optional<EncodedWord> ReadEncodedWord(std::string_view s) {
  constexpr std::size_t kMaxCharset = 64;
  const std::size_t charset_end = s.substr(0, kMaxCharset).find('?', 2);
  if (charset_end == std::string_view::npos || charset_end == 2 || charset_end + 2 >= s.size())
    return std::nullopt;
  const char encoding = LowerAscii(s[charset_end + 1]);
  if ((encoding != 'q' && encoding != 'b') || s[charset_end + 2] != '?') return std::nullopt;
  const std::size_t text_begin = charset_end + 3;
  // "=?utf-8?q?=41?=": the text itself may begin with "=", so the end is searched for as "?=". In Q
  // a "?" is always encoded; a word that breaks this rule ends at its first "?=".
  const std::size_t text_end = s.find("?=", text_begin);
  if (text_end == std::string_view::npos) return std::nullopt;
  const std::string_view text = s.substr(text_begin, text_end - text_begin);
  EncodedWord word;
  word.charset = std::string(s.substr(2, charset_end - 2));
  word.charset.resize(
      std::min(word.charset.find('*'), word.charset.size()));  // RFC 2231 5: language
  word.bytes = encoding == 'q' ? DecodeQ(text) : DecodeB(text);
  word.length = text_end + 2;
  return word;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (IsControl(c)) c = ' ';
  }
  return std::string(Trim(text));
}

}  // namespace

HeaderBlock HeaderBlock::Parse(std::string_view bytes, std::size_t max_fields) {
  HeaderBlock block;
  std::string_view rest = bytes;
  bool skipping = false;  // inside a field beyond max_fields
  while (!rest.empty()) {
    const std::string_view before = rest;
    const std::string_view line = TakeLine(rest);
    if (line.empty()) break;
    if ((line[0] == ' ' || line[0] == '\t') && (!block.fields_.empty() || skipping)) {
      if (!skipping) AppendWithoutNul(block.fields_.back().value.append(" "), Trim(line));
      continue;
    }
    const std::optional<std::size_t> colon = FieldNameEnd(line);
    if (!colon.has_value()) {
      const bool mbox = line.starts_with("From ") || line.starts_with(">From ");
      if (mbox || TrimRight(line).empty()) continue;
      rest = before;  // a body that begins without an empty line
      break;
    }
    if (block.fields_.size() >= max_fields) {
      block.overflow_ = skipping = true;
      continue;
    }
    HeaderField field;
    field.name = std::string(TrimRight(line.substr(0, *colon)));
    AppendWithoutNul(field.value, Trim(line.substr(*colon + 1)));
    block.fields_.push_back(std::move(field));
  }
  block.size_bytes_ = bytes.size() - rest.size();
  return block;
}

std::string_view HeaderBlock::Get(std::string_view name) const {
  for (const HeaderField& field : fields_) {
    if (EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return {};
}

bool HeaderBlock::Has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const HeaderField& field) { return EqualsIgnoreCase(field.name, name); });
}

std::vector<std::string_view> HeaderBlock::GetAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const HeaderField& field : fields_) {
    if (EqualsIgnoreCase(field.name, name)) values.push_back(field.value);
  }
  return values;
}

std::string DecodeHeaderText(std::string_view value) {
  std::string out;
  std::string plain;  // bytes between encoded words
  std::string
      word_bytes;  // of adjacent words in one charset, so that a character cut between two survives
  std::string word_charset;
  const std::size_t last_end = value.rfind("?=");
  const auto flush_word = [&] {
    out.append(DecodeText(word_bytes, word_charset));
    word_bytes.clear();
    word_charset.clear();
  };
  const auto flush_plain = [&] {
    out.append(DecodeText(plain, ""));
    plain.clear();
  };
  for (std::size_t i = 0; i < value.size();) {
    std::optional<EncodedWord> word;
    // Without an end ahead nothing is searched for, or a row of beginnings would cost a search
    // each.
    if (last_end != std::string_view::npos && i + 2 <= last_end &&
        value.substr(i).starts_with("=?")) {
      word = ReadEncodedWord(value.substr(i));
    }
    if (!word.has_value()) {
      plain.push_back(value[i++]);
      continue;
    }
    const bool adjacent = !word_charset.empty() && Trim(plain).empty();
    if (adjacent) plain.clear();
    if (!adjacent || !EqualsIgnoreCase(word_charset, word->charset)) flush_word();
    flush_plain();
    word_charset = word->charset;
    word_bytes.append(word->bytes);
    i += word->length;
  }
  flush_word();
  flush_plain();
  return OneLine(std::move(out));
}

std::vector<std::string> ParseMessageIds(std::string_view value) {
  std::vector<std::string> ids;
  const auto add = [&ids](std::string_view id) {
    std::string clean;
    for (const char c : ScrubUtf8(id)) {
      if (!IsBlank(c) && !IsControl(c)) clean.push_back(c);
    }
    constexpr std::size_t kMaxId = 998;  // a line
    if (!clean.empty() && clean.size() <= kMaxId) ids.push_back(std::move(clean));
  };
  std::size_t begin = 0;
  while ((begin = value.find('<', begin)) != std::string_view::npos) {
    const std::size_t end = value.find('>', begin);
    if (end == std::string_view::npos) break;
    // "<a <b@c>": the innermost bracket counts.
    const std::size_t inner = value.rfind('<', end);
    add(value.substr(inner + 1, end - inner - 1));
    begin = end + 1;
  }
  if (!ids.empty()) return ids;
  while (!value.empty()) {
    value = TrimLeft(value);
    const std::size_t end = value.find_first_of(" \t\r\n");
    const std::string_view word = value.substr(0, end);
    if (word.find('@') != std::string_view::npos) {
      const std::size_t from = word.find_first_not_of('<');
      add(word.substr(from == std::string_view::npos ? 0 : from));
    }
    value.remove_prefix(end == std::string_view::npos ? value.size() : end);
  }
  return ids;
}

std::optional<absl::Time> ParseMailDate(std::string_view value) {
  constexpr std::size_t kMaxDate = 200;
  const std::string text(Trim(value).substr(0, kMaxDate));
  if (text.empty()) return std::nullopt;
  GDateTime* date = g_mime_utils_header_decode_date(text.c_str());
  if (date == nullptr) return std::nullopt;
  const absl::Time time = absl::FromUnixSeconds(g_date_time_to_unix(date));
  g_date_time_unref(date);
  return time;
}

}  // namespace plazo::mime
