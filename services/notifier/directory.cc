#include "services/notifier/directory.h"

#include <utility>

#include "domain/ids/ids.h"
#include "platform/base/zstd.h"

namespace plazo::notifier {
namespace {

constexpr size_t kMaxBundleBytes = 16u << 20;
// Intents are decided under policies that are at most days old.
constexpr size_t kPoliciesKept = 8;

std::optional<core::v1::StateRecord> Parse(const std::optional<kafka::TableEntry>& entry) {
  core::v1::StateRecord record;
  if (!entry || !record.ParseFromString(*entry->value)) return std::nullopt;
  return record;
}

Policy Unpack(const std::string& frame) {
  const auto bytes = ZstdDecompress(frame, kMaxBundleBytes);
  policy::v1::PolicyBundle bundle;
  if (!bytes.ok() || !bundle.ParseFromString(*bytes)) return nullptr;
  return std::make_shared<const policy::v1::Policy>(std::move(*bundle.mutable_policy()));
}

}  // namespace

std::optional<core::v1::CustomerState> Directory::Customer(std::string_view tenant,
                                                           std::string_view customer_id) const {
  auto record = Parse(table_.Get(ids::CustomerKey(tenant, customer_id)));
  if (!record || !record->has_customer()) return std::nullopt;
  return std::move(*record->mutable_customer());
}

Policy Directory::PolicyFor(std::string_view tenant, std::string_view hash) {
  const auto entry = table_.Get(ids::TenantKey(tenant));
  absl::MutexLock lock(&mutex_);
  Tenant& known = tenants_.try_emplace(tenant).first->second;
  if (entry && (entry->offset != known.offset || entry->partition != known.partition)) {
    known.offset = entry->offset;
    known.partition = entry->partition;
    const auto record = Parse(entry);
    if (Policy policy = record ? Unpack(record->tenant().bundle()) : nullptr) {
      if (known.by_hash.size() >= kPoliciesKept) known.by_hash.clear();
      known.by_hash[record->tenant().bundle_hash()] = policy;
      known.active = std::move(policy);
    }
  }
  const auto found = known.by_hash.find(hash);
  return found == known.by_hash.end() ? known.active : found->second;
}

}  // namespace plazo::notifier
