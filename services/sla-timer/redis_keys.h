#pragma once

// Every name that sla-timer uses in Redis. The braces make the keys of one partition share a slot.
//
//   <prefix>plazo:{t<p>}:due    ZSET  member = aggregate key '|' deadline id, score = due time in
//   ms <prefix>plazo:{t<p>}:armed  HASH  aggregate key -> its deadline ids in `due`, one a line
//   <prefix>plazo:{t<p>}:meta   HASH  offset (next, of plazo.state.tickets), epoch, written_ms
//
// The prefix is the Kafka topic prefix: two clusters on one Redis do not meet. Pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plazo::sla_timer {

inline std::string RedisKey(std::string_view prefix, int32_t partition, std::string_view what) {
  std::string key(prefix);
  key.append("plazo:{t").append(std::to_string(partition)).append("}:").append(what);
  return key;
}

inline std::string DueKey(std::string_view prefix, int32_t partition) {
  return RedisKey(prefix, partition, "due");
}
inline std::string ArmedKey(std::string_view prefix, int32_t partition) {
  return RedisKey(prefix, partition, "armed");
}
inline std::string MetaKey(std::string_view prefix, int32_t partition) {
  return RedisKey(prefix, partition, "meta");
}

// In the order in which every script takes them.
inline std::vector<std::string> PartitionKeys(std::string_view prefix, int32_t partition) {
  return {DueKey(prefix, partition), ArmedKey(prefix, partition), MetaKey(prefix, partition)};
}

inline constexpr char kMemberSeparator = '|';

inline std::string DueMember(std::string_view aggregate, std::string_view deadline_id) {
  std::string member(aggregate);
  member.push_back(kMemberSeparator);
  return member.append(deadline_id);
}

// Aggregate key and deadline id. Ids are ours and hold no separator; keys may hold anything.
inline std::optional<std::pair<std::string, std::string>> SplitMember(std::string_view member) {
  const size_t at = member.rfind(kMemberSeparator);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(member.substr(0, at)), std::string(member.substr(at + 1)));
}

}  // namespace plazo::sla_timer
