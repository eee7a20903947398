#pragma once

// Redis for many threads: a set of connections to one endpoint, each lent to one call at a time.
// Thread-safe. At most `size` calls are on the wire; the others wait for their turn up to the
// command timeout (UNAVAILABLE: nothing was sent).

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <memory>
#include <vector>

#include "platform/redis/connection.h"

namespace plazo::redis {

class Pool final : public Redis {
 public:
  Pool(const ConnectionOptions& options, size_t size);

  absl::StatusOr<std::vector<Reply>> Execute(const std::vector<Call>& calls) override;

 private:
  const std::string address_;
  const absl::Duration wait_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::redis
