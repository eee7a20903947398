#include "services/router/lane_store.h"

#include "domain/ids/ids.h"
#include "platform/base/sha256.h"
#include "platform/base/status.h"

namespace plazo::router {

using core::v1::StateRecord;

Shelf ShelfOf(std::string_view key) {
  return key.starts_with("customer/") || key.starts_with("tenant/") ? Shelf::kDirectory
                                                                    : Shelf::kTickets;
}

StagedLane::StagedLane(const Lane& lane)
    : lane_(lane), checkpoint_(lane.checkpoint), policies_(lane.policies) {}

StagedLane::Change& StagedLane::Load(const std::string& key) {
  auto [it, inserted] = changes_.try_emplace(key);
  if (!inserted) return it->second;
  const StringMap<std::string>& shelf =
      ShelfOf(key) == Shelf::kTickets ? lane_.tickets : lane_.directory;
  if (auto found = shelf.find(key); found != shelf.end()) {
    it->second.record.emplace().ParseFromString(found->second);
  }
  return it->second;
}

const StateRecord* StagedLane::Find(const std::string& key) {
  Change& change = Load(key);
  return change.record ? &*change.record : nullptr;
}

void StagedLane::Put(const std::string& key, std::optional<StateRecord> record, size_t input) {
  Change& change = Load(key);
  const int64_t delta = (record ? 1 : 0) - (change.record ? 1 : 0);
  if (ShelfOf(key) == Shelf::kTickets) {
    checkpoint_.set_ticket_keys(checkpoint_.ticket_keys() + delta);
  } else {
    checkpoint_.set_directory_keys(checkpoint_.directory_keys() + delta);
  }
  change.record = std::move(record);
  change.written = true;
  change.input = input;
}

void StagedLane::Touch(const std::string& key, size_t input) {
  Change& change = Load(key);
  change.written = true;
  change.input = input;
}

void StagedLane::KeepIn(Lane& lane) {
  lane.checkpoint = std::move(checkpoint_);
  lane.known = true;
  lane.policies = std::move(policies_);
  for (auto& [key, change] : changes_) {
    if (!change.written) continue;
    StringMap<std::string>& shelf = lane.On(ShelfOf(key));
    if (change.record) {
      shelf[key] = change.record->SerializeAsString();
    } else {
      shelf.erase(key);
    }
  }
}

absl::StatusOr<PolicyPtr> PolicyCache::Compile(std::string_view bundle) {
  const std::string hash = Sha256(bundle);
  if (auto it = by_bytes_.find(hash); it != by_bytes_.end()) return it->second;
  absl::StatusOr<PolicyPtr> policy = policy::CompiledPolicy::Compile(bundle);
  if (policy.ok()) by_bytes_[hash] = *policy;
  return policy;
}

absl::StatusOr<std::shared_ptr<const PolicyShelf>> MakeShelf(
    const core::v1::LaneState& checkpoint,
    const std::function<const core::v1::PolicyRecord*(std::string_view)>& find,
    PolicyCache& cache) {
  auto shelf = std::make_shared<PolicyShelf>();
  for (const core::v1::AdoptedPolicy& adopted : checkpoint.policies()) {
    const core::v1::PolicyRecord* record = find(adopted.bundle_hash());
    if (record == nullptr) return Internal("a policy the checkpoint names has no record");
    absl::StatusOr<PolicyPtr> policy = cache.Compile(record->bundle());
    if (!policy.ok()) return policy.status();
    shelf->by_hash[adopted.bundle_hash()] = *policy;
    if (adopted.active()) shelf->active[adopted.tenant()] = *policy;
  }
  return std::shared_ptr<const PolicyShelf>(std::move(shelf));
}

}  // namespace plazo::router
