#include "domain/ids/message_id.h"

#include <algorithm>
#include <vector>

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"

namespace plazo::ids {
namespace {

constexpr size_t kMacBytes = 16;
constexpr size_t kLongestMark = 128;

std::string Signed(const MarkKey& key, std::string body) {
  body += '.';
  body += key.id;
  std::string mac = Base32(HmacSha256(key.key, body).substr(0, kMacBytes));
  body += '.';
  body += mac;
  return body;
}

std::string InBrackets(std::string_view local, std::string_view domain) {
  std::string id("<");
  id.append(local).append("@").append(domain).append(">");
  return id;
}

std::vector<std::string_view> SplitAtDots(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

bool Verifies(std::span<const MarkKey> keys, std::string_view key_id, std::string_view local,
              std::string_view mac) {
  std::string_view body = local.substr(0, local.size() - mac.size() - 1);
  for (const MarkKey& key : keys) {
    if (key.id != key_id) continue;
    std::string expected = Base32(HmacSha256(key.key, body).substr(0, kMacBytes));
    if (ConstantTimeEqual(expected, mac)) return true;
  }
  return false;
}

}  // namespace

std::string MessageId(const MarkKey& key, std::string_view notification_id,
                      std::string_view ticket_id, std::string_view domain) {
  std::string body("n.");
  body.append(notification_id).append(".").append(ticket_id);
  return InBrackets(Signed(key, std::move(body)), domain);
}

std::string ThreadRoot(const MarkKey& key, std::string_view ticket_id, std::string_view domain) {
  return InBrackets(Signed(key, std::string("t.").append(ticket_id)), domain);
}

std::string ReplyLocalPart(const MarkKey& key, std::string_view ticket_id) {
  return Signed(key, std::string("r.").append(ticket_id));
}

std::optional<Mark> ReadMark(std::span<const MarkKey> keys, std::string_view text) {
  if (text.starts_with('<')) text.remove_prefix(1);
  text = text.substr(0, text.find_first_of("@>"));
  if (text.size() > kLongestMark) return std::nullopt;
  std::string local(text);
  std::transform(local.begin(), local.end(), local.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  std::vector<std::string_view> parts = SplitAtDots(local);
  const bool notification = parts.size() == 5 && parts[0] == "n";
  const bool plain = parts.size() == 4 && (parts[0] == "t" || parts[0] == "r");
  if (!notification && !plain) return std::nullopt;
  if (!Verifies(keys, parts[parts.size() - 2], local, parts.back())) return std::nullopt;
  Mark mark;
  mark.ticket_id = std::string(parts[notification ? 2 : 1]);
  if (notification) mark.notification_id = std::string(parts[1]);
  return mark;
}

}  // namespace plazo::ids
