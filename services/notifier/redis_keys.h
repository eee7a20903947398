#pragma once

// Every name that notifier uses in Redis.
//
//   <prefix>plazo:n:<notification id>            HASH  address key -> entry of the copy, one of
//                                                      started:<attempt>:<token>
//                                                      refused:<attempt>
//                                                      sent:<relay's time, ms>
//   <prefix>plazo:a:<tenant>:<address key>       ZSET  member = notification id, score = ms
//
// The prefix is the Kafka topic prefix: two clusters on one Redis do not meet. Pure functions.

#include <string>
#include <string_view>

namespace plazo::notifier {

inline std::string LedgerKey(std::string_view prefix, std::string_view notification_id) {
  std::string key(prefix);
  key.append("plazo:n:").append(notification_id);
  return key;
}

inline std::string AnswersKey(std::string_view prefix, std::string_view tenant,
                              std::string_view address_key) {
  std::string key(prefix);
  key.append("plazo:a:").append(tenant).append(":").append(address_key);
  return key;
}

}  // namespace plazo::notifier
