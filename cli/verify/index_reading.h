#pragma once

// What sla-timer keeps in Redis, for looking at it. Reads only; one owner.

#include <absl/status/statusor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/redis/redis.h"

namespace plazo::cli {

// Key of an aggregate and id of a deadline.
using DeadlineName = std::pair<std::string, std::string>;

class DeadlineIndexReader {
 public:
  // Partition p is at endpoint p mod n, as sla-timer has it.
  DeadlineIndexReader(std::vector<std::unique_ptr<redis::Redis>> endpoints, std::string prefix)
      : endpoints_(std::move(endpoints)), prefix_(std::move(prefix)) {}

  // Next offset of state.tickets that the index has not taken in; nullopt when it is empty.
  absl::StatusOr<std::optional<int64_t>> Offset(int32_t partition);
  // Every indexed deadline with its due time in milliseconds.
  absl::StatusOr<std::map<DeadlineName, int64_t>> Deadlines(int32_t partition);

 private:
  redis::Redis& At(int32_t partition) {
    return *endpoints_[static_cast<size_t>(partition) % endpoints_.size()];
  }

  std::vector<std::unique_ptr<redis::Redis>> endpoints_;
  const std::string prefix_;
};

// `addresses` separated by commas, in the order that sla-timer has them; `prefix` is that of the
// topics. Does not connect.
std::unique_ptr<DeadlineIndexReader> OpenDeadlineIndex(const std::string& addresses,
                                                       const std::string& prefix);

}  // namespace plazo::cli
