#include "platform/mime/address.h"

#include "platform/base/status.h"
#include "platform/mime/ascii.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kMaxAddress = 254;
constexpr std::size_t kMaxLocalPart = 64;
constexpr std::size_t kMaxLabel = 63;

bool IsAtomText(char c) {
  return IsAlpha(c) || IsDigit(c) ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool IsDotAtom(std::string_view s) {
  bool after_dot = true;
  for (const char c : s) {
    if (c == '.') {
      if (after_dot) return false;
      after_dot = true;
    } else if (IsAtomText(c)) {
      after_dot = false;
    } else {
      return false;
    }
  }
  return !after_dot;
}

// "..." with RFC 5321's qtextSMTP; a space is left out on purpose, brackets too: they confuse
// relays.
bool IsQuotedLocalPart(std::string_view s) {
  if (s.size() < 3 || s.front() != '"' || s.back() != '"') return false;
  s = s.substr(1, s.size() - 2);
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && ++i == s.size()) return false;
    if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '<' || s[i] == '>') return false;
    if (s[i] == '"' && s[i - 1] != '\\') return false;
  }
  return true;
}

bool IsLabel(std::string_view s) {
  if (s.empty() || s.size() > kMaxLabel || s.front() == '-' || s.back() == '-') return false;
  for (const char c : s) {
    if (!IsAlpha(c) && !IsDigit(c) && c != '-') return false;
  }
  return true;
}

bool IsDomainName(std::string_view s) {
  int labels = 0;
  while (true) {
    const std::size_t dot = s.find('.');
    if (!IsLabel(s.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) return labels >= 2;
    s.remove_prefix(dot + 1);
  }
}

bool IsAddressLiteral(std::string_view s) {
  if (s.size() < 4 || s.front() != '[' || s.back() != ']') return false;
  s = s.substr(1, s.size() - 2);
  if (StartsWithIgnoreCase(s, "IPv6:")) s.remove_prefix(5);
  bool digit = false;
  for (const char c : s) {
    const char lower = LowerAscii(c);
    digit = digit || IsDigit(c);
    if (!IsDigit(c) && c != '.' && c != ':' && !(lower >= 'a' && lower <= 'f')) return false;
  }
  return digit;
}

}  // namespace

absl::Status ValidAddress(std::string_view address) {
  if (address.empty()) return InvalidArgument("address is empty");
  if (address.size() > kMaxAddress) return InvalidArgument("address is longer than 254 bytes");
  for (const char c : address) {
    if (IsControl(c)) return InvalidArgument("address contains a control character");
    if (c == ' ' || c == '<' || c == '>')
      return InvalidArgument("address contains a space or bracket");
    if (static_cast<unsigned char>(c) >= 0x80) return InvalidArgument("address is not ASCII");
  }
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return InvalidArgument("address has no @");
  const std::string_view local = address.substr(0, at);
  const std::string_view domain = address.substr(at + 1);
  if (local.empty() || local.size() > kMaxLocalPart) {
    return InvalidArgument("address's local part is empty or longer than 64 bytes");
  }
  if (!IsDotAtom(local) && !IsQuotedLocalPart(local))
    return InvalidArgument("address's local part is malformed");
  if (!IsDomainName(domain) && !IsAddressLiteral(domain))
    return InvalidArgument("address's domain is malformed");
  return absl::OkStatus();
}

std::string NormalizeAddress(std::string_view address) {
  address = Trim(address);
  if (address.size() >= 2 && address.front() == '<' && address.back() == '>') {
    address = Trim(address.substr(1, address.size() - 2));
  }
  if (address.ends_with('.')) address.remove_suffix(1);
  return LowerAscii(address);
}

}  // namespace plazo::mime
