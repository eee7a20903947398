#pragma once

// Spreads partitions over several Redis: partition p lives at endpoint p mod n, for ever. Adding an
// endpoint moves partitions, whose indexes are then rebuilt from the log. As thread-safe as its
// members.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/redis/connection.h"

namespace plazo::redis {

class Endpoints {
 public:
  // At least one.
  explicit Endpoints(std::vector<std::unique_ptr<Redis>> members) : members_(std::move(members)) {}

  // One Connection each (pool_size 0: for one thread) or one Pool each. `common` gives all but the
  // address.
  static Endpoints Open(const std::vector<std::string>& addresses, const ConnectionOptions& common,
                        size_t pool_size);

  Redis& For(int32_t partition) const {
    return *members_[static_cast<uint32_t>(partition) % members_.size()];
  }
  size_t size() const { return members_.size(); }
  Redis& at(size_t i) const { return *members_[i]; }

 private:
  std::vector<std::unique_ptr<Redis>> members_;
};

}  // namespace plazo::redis
