#include "platform/redis/pool.h"

#include <algorithm>

#include "platform/base/status.h"

namespace plazo::redis {

Pool::Pool(const ConnectionOptions& options, size_t size)
    : address_(options.address), wait_(options.command_timeout) {
  for (size_t i = 0; i < std::max<size_t>(size, 1); ++i)
    idle_.push_back(std::make_unique<Connection>(options));
}

absl::StatusOr<std::vector<Reply>> Pool::Execute(const std::vector<Call>& calls) {
  std::unique_ptr<Connection> connection;
  {
    absl::MutexLock lock(&mutex_);
    const auto has_idle = [](std::vector<std::unique_ptr<Connection>>* idle) {
      return !idle->empty();
    };
    if (!mutex_.AwaitWithTimeout(absl::Condition(+has_idle, &idle_), wait_)) {
      return Unavailable("redis " + address_ + ": all connections are busy");
    }
    // The one used last: it is the likeliest to be still open.
    connection = std::move(idle_.back());
    idle_.pop_back();
  }
  absl::StatusOr<std::vector<Reply>> replies = connection->Execute(calls);
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(connection));
  return replies;
}

}  // namespace plazo::redis
