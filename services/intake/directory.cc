#include "services/intake/directory.h"

#include "domain/ids/ids.h"
#include "domain/policy/compiled_policy.h"
#include "platform/base/zstd.h"
#include "platform/mime/address.h"

namespace plazo::intake {
namespace {

using core::v1::CustomerState;
using core::v1::StateRecord;
using core::v1::TenantState;

constexpr size_t kMaxBundle = 64 << 20;

std::string AddressKey(std::string_view tenant, std::string_view address) {
  std::string key(tenant);
  key += '/';
  key += mime::NormalizeAddress(address);
  return key;
}

std::optional<CustomerState> ParseCustomer(const std::optional<kafka::TableEntry>& entry) {
  StateRecord record;
  if (!entry || !record.ParseFromString(*entry->value) || !record.has_customer()) {
    return std::nullopt;
  }
  return record.customer();
}

}  // namespace

Directory::Directory(kafka::Table& table) : table_(table) {
  table_.Listen([this](const kafka::TableChange& change) { Take(change); });
}

void Directory::Take(const kafka::TableChange& change) {
  StateRecord record;
  if (change.record.value && !record.ParseFromString(*change.record.value)) return;
  const std::string& key = change.record.key;
  if (auto tenant = ids::AfterPrefix(key, "tenant")) {
    TakeTenant(*tenant, change.record.value ? &record.tenant() : nullptr);
  } else if (ids::AfterPrefix(key, "customer")) {
    TakeCustomer(key, change.record.value ? &record.customer() : nullptr);
  }
}

void Directory::TakeTenant(std::string_view name, const TenantState* state) {
  policy::v1::PolicyBundle bundle;
  if (state != nullptr) {
    absl::StatusOr<std::string> bytes = ZstdDecompress(state->bundle(), kMaxBundle);
    if (!bytes.ok() || !bundle.ParseFromString(*bytes)) return;
  }
  absl::MutexLock lock(&mutex_);
  absl::erase_if(tenant_of_address_, [&](const auto& entry) { return entry.second == name; });
  if (state == nullptr) {
    tenants_.erase(std::string(name));
    return;
  }
  Tenant& tenant = tenants_[std::string(name)];
  tenant.name = std::string(name);
  tenant.mail = bundle.policy().mail();
  tenant.languages = {bundle.policy().languages().begin(), bundle.policy().languages().end()};
  for (const std::string& address : tenant.mail.own_addresses()) {
    tenant_of_address_[mime::NormalizeAddress(address)] = tenant.name;
  }
}

void Directory::TakeCustomer(std::string_view key, const CustomerState* customer) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string>& addresses = addresses_of_[std::string(key)];
  for (const std::string& address : addresses) {
    auto it = customer_of_address_.find(address);
    if (it != customer_of_address_.end() && it->second == key) customer_of_address_.erase(it);
  }
  addresses.clear();
  if (customer == nullptr) {
    addresses_of_.erase(std::string(key));
    return;
  }
  addresses.push_back(AddressKey(customer->tenant(), customer->profile().email()));
  for (const std::string& other : customer->profile().other_emails()) {
    addresses.push_back(AddressKey(customer->tenant(), other));
  }
  for (const std::string& address : addresses) customer_of_address_[address] = std::string(key);
}

std::optional<Tenant> Directory::FindTenant(std::string_view tenant) const {
  absl::MutexLock lock(&mutex_);
  auto it = tenants_.find(tenant);
  if (it == tenants_.end()) return std::nullopt;
  return it->second;
}

std::optional<Tenant> Directory::TenantOfRecipient(std::string_view address) const {
  const std::string normal = mime::NormalizeAddress(address);
  const size_t at = normal.rfind('@');
  const std::string domain = at == std::string::npos ? "" : normal.substr(at + 1);
  absl::MutexLock lock(&mutex_);
  auto own = tenant_of_address_.find(normal);
  if (own != tenant_of_address_.end()) return tenants_.find(own->second)->second;
  for (const auto& [name, tenant] : tenants_) {
    if (!domain.empty() && tenant.mail.domain() == domain) return tenant;
  }
  return std::nullopt;
}

std::optional<CustomerState> Directory::FindCustomer(std::string_view tenant,
                                                     std::string_view customer_id) const {
  return ParseCustomer(table_.Get(ids::CustomerKey(tenant, customer_id)));
}

std::optional<CustomerState> Directory::CustomerOfAddress(std::string_view tenant,
                                                          std::string_view address) const {
  std::string key;
  {
    absl::MutexLock lock(&mutex_);
    auto it = customer_of_address_.find(AddressKey(tenant, address));
    if (it == customer_of_address_.end()) return std::nullopt;
    key = it->second;
  }
  return ParseCustomer(table_.Get(key));
}

absl::Status Directory::CatchUp(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  absl::StatusOr<std::vector<kafka::PartitionOffset>> ends = table_.AskEnds(timeout);
  if (!ends.ok()) return ends.status();
  return table_.WaitUntilPast(*ends, std::max(deadline - absl::Now(), absl::ZeroDuration()));
}

}  // namespace plazo::intake
