#pragma once

// Marks in outgoing mails that name their ticket without a look-up and that nobody can guess
// (architecture §4). A mark proves which ticket a mail answers, not who wrote it: the sender is
// checked by the router on every path.
//
// Message-ID  <n.{notification_id}.{ticket_id}.{key_id}.{mac}@{domain}>
// root        <t.{ticket_id}.{key_id}.{mac}@{domain}>   begins References
// Reply-To    local part "r.{ticket_id}.{key_id}.{mac}", lower case, at most 64 characters
// {mac} is a truncated HMAC-SHA256 (16 bytes, base32) over everything before it. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace plazo::ids {

struct MarkKey {
  std::string id;  // [a-z0-9]{1,8}
  std::string key;
};

// With the angle brackets.
std::string MessageId(const MarkKey& key, std::string_view notification_id,
                      std::string_view ticket_id, std::string_view domain);
std::string ThreadRoot(const MarkKey& key, std::string_view ticket_id, std::string_view domain);
std::string ReplyLocalPart(const MarkKey& key, std::string_view ticket_id);

struct Mark {
  std::string ticket_id;
  std::string notification_id;  // only in Message-IDs
};

// Reads any of the three forms, with or without brackets and domain, in either case. nullopt
// unless one of `keys` made it.
std::optional<Mark> ReadMark(std::span<const MarkKey> keys, std::string_view text);

}  // namespace plazo::ids
