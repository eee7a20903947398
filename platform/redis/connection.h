#pragma once

// One connection to one Redis, made when first needed and again after it broke.
//
// After any I/O error or timeout the connection is thrown away (what comes next on it would answer
// something else), and the call fails: nothing is repeated behind the caller's back, except that a
// call made on a connection the server had closed *while idle* is sent on a new one when not a byte
// of it was written. After a failed connect, further calls fail at once until a back-off of 50 ms
// to 2 s (doubling, jittered) is over. A script unknown to the server is loaded first. When the
// server forgot it meanwhile (SCRIPT FLUSH), the calls that failed with NOSCRIPT are sent again, in
// order, after the others of the pipeline. Not thread-safe: one owner. Destroying it closes the
// socket.

#include <absl/time/time.h>

#include <memory>
#include <string>

#include "platform/base/clock.h"
#include "platform/base/random.h"
#include "platform/base/string_map.h"
#include "platform/redis/redis.h"

struct redisContext;

namespace plazo::redis {

struct ConnectionOptions {
  std::string address = "127.0.0.1:6379";  // host:port, [v6]:port or unix:/path
  std::string username;
  std::string password;
  absl::Duration connect_timeout = absl::Seconds(1);
  absl::Duration command_timeout = absl::Seconds(2);  // for each wait for an answer
  const Clock* clock = nullptr;                       // for the back-off; nullptr = the system's
  Random* random = nullptr;
};

class Connection final : public Redis {
 public:
  explicit Connection(ConnectionOptions options);
  ~Connection() override;

  absl::StatusOr<std::vector<Reply>> Execute(const std::vector<Call>& calls) override;

  const std::string& address() const { return options_.address; }
  bool connected() const { return context_ != nullptr; }

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };

  absl::Status Connect();
  absl::Status OpenSocket();
  absl::Status Authenticate();
  absl::StatusOr<std::vector<Reply>> Roundtrip(const std::vector<Call>& calls);
  absl::Status Append(const Call& call);
  absl::StatusOr<Reply> Read();
  absl::Status Broken(std::string_view what);
  bool ClosedWhileIdle() const;

  const ConnectionOptions options_;
  std::unique_ptr<redisContext, Free> context_;
  StringSet loaded_;  // digests this connection has loaded
  absl::Duration backoff_ = absl::ZeroDuration();
  absl::Duration retry_at_ = absl::ZeroDuration();
};

}  // namespace plazo::redis
