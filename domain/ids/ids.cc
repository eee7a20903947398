#include "domain/ids/ids.h"

#include <array>
#include <charconv>
#include <initializer_list>

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"

namespace plazo::ids {
namespace {

// Each part is preceded by its length, so that no two lists of parts give the same bytes.
std::string Digest(std::initializer_list<std::string_view> parts) {
  std::string bytes;
  for (std::string_view part : parts) {
    bytes += std::to_string(part.size());
    bytes += ':';
    bytes += part;
  }
  return Sha256(bytes);
}

// Quasigroup of order 10 without fixed anti-symmetry (H. M. Damm's thesis).
constexpr std::array<std::array<uint8_t, 10>, 10> kDamm = {{
    {0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
    {7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
    {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
    {1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
    {6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
    {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
    {5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
    {8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
    {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
    {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}};

uint8_t CheckDigit(std::string_view digits) {
  uint8_t interim = 0;
  for (char digit : digits) interim = kDamm[interim][digit - '0'];
  return interim;
}

std::string Key(std::string_view prefix, std::string_view id) {
  std::string key(prefix);
  key += '/';
  key += id;
  return key;
}

}  // namespace

std::string TicketId(std::string_view tenant, std::string_view request_id) {
  return Base32(Digest({"ticket", tenant, request_id}).substr(0, 10));
}

std::string CommandId(std::string_view tenant, std::string_view request_id,
                      std::string_view content) {
  return Hex(Digest({"command", tenant, request_id, content}).substr(0, 16));
}

std::string DerivedId(std::string_view command_id, std::string_view what, int64_t n) {
  return Base32(Digest({"derived", command_id, what, std::to_string(n)}).substr(0, 10));
}

std::string TicketKey(std::string_view ticket_id) { return Key("ticket", ticket_id); }
std::string CustomerKey(std::string_view tenant, std::string_view customer_id) {
  return Key(Key("customer", tenant), customer_id);
}
std::string TenantKey(std::string_view tenant) { return Key("tenant", tenant); }
std::string PolicyKey(std::string_view bundle_hash) { return Key("policy", bundle_hash); }

std::optional<std::string_view> AfterPrefix(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix) || key.size() <= prefix.size() + 1 || key[prefix.size()] != '/') {
    return std::nullopt;
  }
  return key.substr(prefix.size() + 1);
}

std::string CaseNumber(int64_t sequence, int32_t lane, int32_t lanes) {
  std::string digits = std::to_string(sequence * lanes + lane);
  digits += static_cast<char>('0' + CheckDigit(digits));
  return digits;
}

std::optional<int32_t> LaneOfCaseNumber(std::string_view case_number, int32_t lanes) {
  if (case_number.size() < 2 || case_number.size() > 19 ||
      case_number.find_first_not_of("0123456789") != std::string_view::npos ||
      CheckDigit(case_number) != 0) {
    return std::nullopt;
  }
  int64_t value = 0;
  std::from_chars(case_number.data(), case_number.data() + case_number.size() - 1, value);
  return static_cast<int32_t>(value % lanes);
}

}  // namespace plazo::ids
