#pragma once

// A real redis-server for the life of a test, on a unix socket in a temporary folder, with
// appendonly off. Needs the program `redis-server` on the PATH.

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace plazo::redis {

class RedisServer {
 public:
  // Ready to answer. `extra` goes to its command line: {"--maxmemory", "2mb"}.
  static absl::StatusOr<std::unique_ptr<RedisServer>> Start(
      const std::vector<std::string>& extra = {});
  ~RedisServer();

  // unix:/tmp/.../redis.sock
  const std::string& address() const { return address_; }

  // kill -9, then start again with the same address and no data.
  void Kill();
  absl::Status Restart();
  // SIGSTOP / SIGCONT: it holds connections open and answers nothing.
  void Freeze();
  void Thaw();

 private:
  RedisServer(std::string folder, std::vector<std::string> extra);

  const std::string folder_;
  const std::string address_;
  const std::vector<std::string> extra_;
  pid_t pid_ = -1;
};

}  // namespace plazo::redis
