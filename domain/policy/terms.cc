#include "domain/policy/terms.h"

#include <algorithm>

#include "platform/base/encoding.h"

namespace plazo::policy {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z'); }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

// RFC 5322 atext and single dots between.
bool IsLocalPart(std::string_view local) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~.";
  return !local.empty() && local.size() <= 64 && local.front() != '.' && local.back() != '.' &&
         local.find("..") == local.npos && std::all_of(local.begin(), local.end(), [&](char c) {
           return IsAlphanumeric(c) || kOthers.find(c) != kOthers.npos;
         });
}

}  // namespace

bool IsId(std::string_view word) {
  return !word.empty() && word.size() <= 63 && word.front() != '-' &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsLanguage(std::string_view word) {
  return word.size() == 2 && IsLower(word[0]) && IsLower(word[1]);
}

bool IsDomain(std::string_view word) {
  if (word.size() > 253 || word.find('.') == word.npos) return false;
  while (true) {
    const size_t dot = word.find('.');
    if (!IsLabel(word.substr(0, dot))) return false;
    if (dot == word.npos) return true;
    word.remove_prefix(dot + 1);
  }
}

bool IsAddress(std::string_view word) {
  const size_t at = word.rfind('@');
  return at != word.npos && word.size() <= 254 && IsLocalPart(word.substr(0, at)) &&
         IsDomain(word.substr(at + 1));
}

bool IsLine(std::string_view text) {
  return !text.empty() && IsValidUtf8(text) && std::none_of(text.begin(), text.end(), IsControl);
}

bool IsText(std::string_view text) {
  return !text.empty() && IsValidUtf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return IsControl(c) && c != '\n'; });
}

bool IsLink(std::string_view text) {
  const size_t scheme = text.rfind("https://", 0) == 0 ? 8 : text.rfind("http://", 0) == 0 ? 7 : 0;
  return scheme != 0 && IsLine(text) && text.find(' ') == text.npos && text.size() > scheme &&
         IsAlphanumeric(text[scheme]);
}

}  // namespace plazo::policy
