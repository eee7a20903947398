#include "platform/mime/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "platform/mime/ascii.h"

namespace plazo::mime {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

// Length of the well-formed UTF-8 sequence at the start of `s`, 0 when there is none (Unicode table
// 3-7).
std::size_t SequenceLength(std::string_view s) {
  const unsigned char lead = Byte(s[0]);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || s.size() < length || Byte(s[1]) < low || Byte(s[1]) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (Byte(s[i]) < 0x80 || Byte(s[i]) > 0xBF) return 0;
  }
  return length;
}

struct Utf8Census {
  std::size_t multibyte = 0;  // well-formed sequences of two bytes and more
  std::size_t invalid = 0;    // bytes that belong to no sequence
};

Utf8Census CountUtf8(std::string_view s) {
  Utf8Census census;
  while (!s.empty()) {
    const std::size_t length = SequenceLength(s);
    if (length == 0) ++census.invalid;
    if (length > 1) ++census.multibyte;
    s.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return census;
}

// Cyrillic stands in runs of high bytes, Western text has single ones between ASCII letters. Among
// the two Cyrillic charsets, lower case is 0xE0-0xFF in windows-1251 and 0xC0-0xDF in KOI8-U;
// running text is mostly lower case.
std::string_view GuessSingleByte(std::string_view s) {
  std::size_t high = 0;
  std::size_t in_runs = 0;
  std::size_t lower_1251 = 0;
  std::size_t lower_koi8 = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const unsigned char c = Byte(s[i]);
    if (c < 0x80) continue;
    ++high;
    const bool run =
        (i > 0 && Byte(s[i - 1]) >= 0x80) || (i + 1 < s.size() && Byte(s[i + 1]) >= 0x80);
    if (run) ++in_runs;
    if (c >= 0xE0) ++lower_1251;
    if (c >= 0xC0 && c <= 0xDF) ++lower_koi8;
  }
  if (high < 3 || in_runs * 10 < high * 7) return "windows-1252";
  return lower_koi8 > lower_1251 ? "KOI8-U" : "windows-1251";
}

// The converter to use for what mails call their charset; empty when the name says nothing.
std::string ConverterName(std::string_view declared) {
  std::string name = LowerAscii(Trim(declared));
  if (name.size() > 60) return {};
  for (const char c : name) {
    if (!IsAlpha(c) && !IsDigit(c) && std::string_view("-_.:+").find(c) == std::string_view::npos)
      return {};
  }
  if (name == "gb2312" || name == "gbk" || name == "x-gbk" || name == "gb_2312-80" ||
      name == "euc-cn" || name == "cp936" || name == "gb-2312") {
    return "gb18030";
  }
  if (name == "iso-8859-1" || name == "iso8859-1" || name == "latin1" || name == "iso_8859-1") {
    return "windows-1252";
  }
  if (name == "utf8" || name == "utf-8") return "utf-8";
  if (name == "us-ascii" || name == "ascii" || name == "ansi_x3.4-1968") return {};
  return name;
}

// nullopt: no such charset, or it cannot hold mail text.
std::optional<std::string> Convert(std::string_view bytes, const std::string& charset) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(
      ucnv_open(charset.c_str(), &error), &ucnv_close);
  if (U_FAILURE(error) || converter == nullptr) return std::nullopt;

  std::string out;
  out.reserve(bytes.size() + bytes.size() / 2);
  std::array<UChar, 4096> wide;
  std::vector<char> narrow(wide.size() * 3);
  const char* from = bytes.data();
  const char* const end = from + bytes.size();
  while (true) {
    UChar* to = wide.data();
    error = U_ZERO_ERROR;
    // One unit stays free: a surrogate pair that the chunk would cut in two is completed by the
    // next byte.
    ucnv_toUnicode(converter.get(), &to, wide.data() + wide.size() - 1, &from, end, nullptr, true,
                   &error);
    const bool more = error == U_BUFFER_OVERFLOW_ERROR;
    if (U_FAILURE(error) && !more) return std::nullopt;
    if (more && to > wide.data() && U16_IS_LEAD(to[-1])) {
      UErrorCode tail_error = U_ZERO_ERROR;
      ucnv_toUnicode(converter.get(), &to, to + 1, &from, end, nullptr, true, &tail_error);
    }
    int32_t length = 0;
    UErrorCode narrow_error = U_ZERO_ERROR;
    u_strToUTF8WithSub(narrow.data(), static_cast<int32_t>(narrow.size()), &length, wide.data(),
                       static_cast<int32_t>(to - wide.data()), 0xFFFD, nullptr, &narrow_error);
    if (U_FAILURE(narrow_error)) return std::nullopt;
    out.append(narrow.data(), static_cast<std::size_t>(length));
    if (!more) return out;
  }
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) { return CountUtf8(bytes).invalid == 0; }

std::string ScrubUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = SequenceLength(bytes);
    if (length == 0) {
      out.append(kReplacement);
    } else if (bytes[0] != '\0') {
      out.append(bytes.substr(0, length));
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string DecodeText(std::string_view bytes, std::string_view declared_charset) {
  std::string charset = ConverterName(declared_charset);
  const bool seven_bit =
      std::none_of(bytes.begin(), bytes.end(), [](char c) { return Byte(c) >= 0x80; });
  const bool shifts = bytes.find("\x1b$") != std::string_view::npos;
  if (charset.empty() && seven_bit && shifts) charset = "iso-2022-jp";
  const bool wide = charset.starts_with("utf-16") || charset.starts_with("utf-32") ||
                    charset.starts_with("utf-7") || charset.starts_with("unicode") ||
                    charset.starts_with("iso-2022") || charset.starts_with("hz") ||
                    charset.starts_with("ucs") || charset.starts_with("ibm") ||
                    charset.starts_with("x-");
  if (!wide) {
    if (seven_bit) return ScrubUtf8(bytes);
    const Utf8Census census = CountUtf8(bytes);
    if (census.invalid == 0) return ScrubUtf8(bytes);
    // UTF-8 with a few broken bytes (cut in the middle of a character) is still UTF-8.
    if ((charset.empty() || charset == "utf-8") && census.multibyte > 2 * census.invalid)
      return ScrubUtf8(bytes);
    if (charset.empty() || charset == "utf-8") charset = GuessSingleByte(bytes);
  }
  std::optional<std::string> text = Convert(bytes, charset);
  if (!text.has_value()) text = Convert(bytes, std::string(GuessSingleByte(bytes)));
  return ScrubUtf8(text.has_value() ? std::string_view(*text) : bytes);
}

std::string_view CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (Byte(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace plazo::mime
