#include "platform/mime/html_entities.h"

#include <array>
#include <cstdint>

#include "platform/mime/ascii.h"

namespace plazo::mime {
namespace {

struct Named {
  std::string_view name;
  char32_t code;
};

// Latin-1's names in the order of their codes, from U+00A0.
constexpr std::array<std::string_view, 96> kLatin1 = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

constexpr Named kOthers[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},     {"euro", 0x20AC},  {"hellip", 0x2026}, {"ndash", 0x2013},
    {"mdash", 0x2014},  {"lsquo", 0x2018}, {"rsquo", 0x2019},  {"sbquo", 0x201A},
    {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"bdquo", 0x201E},  {"bull", 0x2022},
    {"trade", 0x2122},  {"rarr", 0x2192},  {"larr", 0x2190},   {"uarr", 0x2191},
    {"darr", 0x2193},   {"harr", 0x2194},  {"ensp", 0x2002},   {"emsp", 0x2003},
    {"thinsp", 0x2009}, {"zwnj", 0x200C},  {"zwj", 0x200D},    {"lrm", 0x200E},
    {"rlm", 0x200F},    {"oelig", 0x0153}, {"OElig", 0x0152},  {"scaron", 0x0161},
    {"Scaron", 0x0160}, {"Yuml", 0x0178},  {"lsaquo", 0x2039}, {"rsaquo", 0x203A},
    {"permil", 0x2030}, {"minus", 0x2212}, {"ne", 0x2260},     {"le", 0x2264},
    {"ge", 0x2265},     {"check", 0x2713}, {"numero", 0x2116}, {"prime", 0x2032},
    {"circ", 0x02C6},   {"tilde", 0x02DC}, {"infin", 0x221E},  {"asymp", 0x2248},
    {"dagger", 0x2020}, {"Dagger", 0x2021}};

constexpr std::size_t kMaxName = 8;

void AppendUtf8(char32_t code, std::string& out) {
  if (code == 0x00A0 || code == 0x2002 || code == 0x2003 || code == 0x2009) code = ' ';
  const bool invisible = code == 0x00AD || (code >= 0x200B && code <= 0x200F) || code == 0xFEFF;
  if (invisible || code == 0 || (code < 0x20 && code != '\n' && code != '\t')) return;
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

std::size_t DecodeNumeric(std::string_view s, std::string& out) {
  std::size_t i = 2;
  const bool hex = i < s.size() && LowerAscii(s[i]) == 'x';
  if (hex) ++i;
  const std::size_t digits_begin = i;
  char32_t code = 0;
  constexpr std::size_t kMaxDigits = 10;
  for (; i < s.size() && i < digits_begin + kMaxDigits; ++i) {
    const char c = LowerAscii(s[i]);
    const bool letter = hex && c >= 'a' && c <= 'f';
    if (!IsDigit(c) && !letter) break;
    if (code <= 0x10FFFF)
      code = code * (hex ? 16 : 10) + static_cast<char32_t>(letter ? c - 'a' + 10 : c - '0');
  }
  if (i == digits_begin) return 0;
  AppendUtf8(code, out);
  return i < s.size() && s[i] == ';' ? i + 1 : i;
}

}  // namespace

std::size_t DecodeEntity(std::string_view s, std::string& out) {
  if (s.size() > 2 && s[1] == '#') return DecodeNumeric(s, out);
  std::size_t end = 1;
  while (end < s.size() && end <= kMaxName && (IsAlpha(s[end]) || IsDigit(s[end]))) ++end;
  if (end >= s.size() || s[end] != ';') return 0;
  const std::string_view name = s.substr(1, end - 1);
  for (const Named& named : kOthers) {
    if (named.name == name) {
      AppendUtf8(named.code, out);
      return end + 1;
    }
  }
  for (std::size_t i = 0; i < kLatin1.size(); ++i) {
    if (kLatin1[i] == name) {
      AppendUtf8(static_cast<char32_t>(0xA0 + i), out);
      return end + 1;
    }
  }
  return 0;
}

}  // namespace plazo::mime
