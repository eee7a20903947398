#pragma once

// Tenants and customers as intake sees them: the compacted directory topic, indexed. An unknown
// customer is looked for again once the table has passed the end of the topic as seen at arrival,
// and only then unknown.
//
// Thread-safe. Lookups that may wait say so. Lifetime: the table outlives it.

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/string_map.h"
#include "platform/kafka/table.h"
#include "plazo/core/v1/state.pb.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::intake {

struct Tenant {
  std::string name;
  policy::v1::Mail mail;
  std::vector<std::string> languages;
};

class Directory {
 public:
  // Listens to the table; make it before the table runs.
  explicit Directory(kafka::Table& table);

  bool Ready() const { return table_.Ready(); }

  std::optional<Tenant> FindTenant(std::string_view tenant) const;
  // The tenant one of whose own addresses this is, or in whose mail domain it lies.
  std::optional<Tenant> TenantOfRecipient(std::string_view address) const;
  std::optional<core::v1::CustomerState> FindCustomer(std::string_view tenant,
                                                      std::string_view customer_id) const;
  // The customer for whom the address is registered, or their own.
  std::optional<core::v1::CustomerState> CustomerOfAddress(std::string_view tenant,
                                                           std::string_view address) const;

  // Waits until the table holds everything that was in the topic when this was called.
  absl::Status CatchUp(absl::Duration timeout);

 private:
  void Take(const kafka::TableChange& change);
  void TakeCustomer(std::string_view key, const core::v1::CustomerState* customer);
  void TakeTenant(std::string_view tenant, const core::v1::TenantState* state);

  kafka::Table& table_;
  mutable absl::Mutex mutex_;
  StringMap<Tenant> tenants_ ABSL_GUARDED_BY(mutex_);
  StringMap<std::string> tenant_of_address_ ABSL_GUARDED_BY(mutex_);
  // `<tenant>/<address>` -> customer key, and the addresses of each key, to take them out again.
  StringMap<std::string> customer_of_address_ ABSL_GUARDED_BY(mutex_);
  StringMap<std::vector<std::string>> addresses_of_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::intake
