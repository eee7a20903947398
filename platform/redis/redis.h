#pragma once

// Redis as a port: calls go out together and each gets a reply.
//
//   static const Script kArm{"arm", R"lua(...)lua"};
//   absl::StatusOr<Reply> reply = redis.Eval(kArm, {due_key, meta_key}, {epoch, "5"});
//
// Errors of Execute mean the whole pipeline: UNAVAILABLE = nothing was sent (no connection);
// DEADLINE_EXCEEDED or ABORTED = the connection broke afterwards, any prefix of the calls may have
// taken effect. An error of a single call is a Reply of type kError, which Command and Eval turn
// into a Status (RESOURCE_EXHAUSTED: out of memory; UNAVAILABLE: loading, busy, read-only;
// PERMISSION_DENIED; FAILED_PRECONDITION: wrong type; INTERNAL: anything else, such as a script's
// own error).
//
// Implementations say whether they are thread-safe: connection.h (no), pool.h (yes),
// fake/fake_redis.h (yes).

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "platform/redis/reply.h"
#include "platform/redis/script.h"

namespace plazo::redis {

// A plain command (script == nullptr; args holds its name and arguments) or a script with its KEYS
// and ARGV.
struct Call {
  const Script* script = nullptr;  // must live until the call has been made
  std::vector<std::string> keys;
  std::vector<std::string> args;

  static Call Command(std::vector<std::string> args) { return {nullptr, {}, std::move(args)}; }
  static Call Eval(const Script& script, std::vector<std::string> keys,
                   std::vector<std::string> args) {
    return {&script, std::move(keys), std::move(args)};
  }
};

class Redis {
 public:
  virtual ~Redis() = default;

  // Sends all calls in one go and gives one reply each, in order. Calls run in order; not as one
  // transaction.
  virtual absl::StatusOr<std::vector<Reply>> Execute(const std::vector<Call>& calls) = 0;

  absl::StatusOr<Reply> Command(std::vector<std::string> args);
  absl::StatusOr<Reply> Eval(const Script& script, std::vector<std::string> keys,
                             std::vector<std::string> args);
};

}  // namespace plazo::redis
