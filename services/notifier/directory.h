#pragma once

// Customers and tenants as the router last wrote them, read from the directory's table when a mail
// is about to be sent.
//
// Thread-safe. Lifetime: the table outlives it. What it gives are copies, or shared and immutable.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/string_map.h"
#include "platform/kafka/table.h"
#include "plazo/core/v1/state.pb.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::notifier {

using Policy = std::shared_ptr<const policy::v1::Policy>;

class Directory {
 public:
  explicit Directory(const kafka::Table& table) : table_(table) {}

  bool Ready() const { return table_.Ready(); }
  std::optional<core::v1::CustomerState> Customer(std::string_view tenant,
                                                  std::string_view customer_id) const;
  // The policy with this hash if it is, or was in this process's life, the tenant's active one;
  // else the active one; null for a tenant that has none (yet). Mail needs addresses and names of a
  // policy, so nothing of it is compiled.
  Policy PolicyFor(std::string_view tenant, std::string_view hash);

 private:
  struct Tenant {
    int32_t partition = -1;
    int64_t offset = -1;  // of the record the active policy was read from
    Policy active;
    StringMap<Policy> by_hash;  // the last few
  };

  const kafka::Table& table_;
  absl::Mutex mutex_;
  StringMap<Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::notifier
