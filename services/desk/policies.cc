#include "services/desk/policies.h"

#include <algorithm>

namespace plazo::desk {

void Policies::Keep(int32_t lane, const std::string& hash, std::string bundle) {
  absl::MutexLock lock(&mutex_);
  Kept& kept = kept_[hash];
  if (kept.bundle == nullptr) kept.bundle = std::make_shared<const std::string>(std::move(bundle));
  kept.lanes.set(static_cast<size_t>(lane));
}

void Policies::Drop(int32_t lane, const std::string& hash) {
  absl::MutexLock lock(&mutex_);
  auto it = kept_.find(hash);
  if (it == kept_.end()) return;
  it->second.lanes.reset(static_cast<size_t>(lane));
  if (it->second.lanes.any()) return;
  kept_.erase(it);
  compiled_.remove_if([&](const PolicyPtr& policy) { return policy->hash() == hash; });
}

absl::StatusOr<Policies::PolicyPtr> Policies::Get(const std::string& hash) const {
  std::shared_ptr<const std::string> bundle;
  {
    absl::MutexLock lock(&mutex_);
    for (const PolicyPtr& policy : compiled_) {
      if (policy->hash() != hash) continue;
      PolicyPtr found = policy;
      Remember(found);
      return found;
    }
    auto it = kept_.find(hash);
    if (it == kept_.end()) return absl::NotFoundError("the policy is not kept any more");
    bundle = it->second.bundle;
  }
  auto compiled = policy::CompiledPolicy::Compile(*bundle);
  if (!compiled.ok()) return compiled.status();
  absl::MutexLock lock(&mutex_);
  Remember(*compiled);
  return *compiled;
}

void Policies::Remember(const PolicyPtr& policy) const {
  compiled_.remove_if([&](const PolicyPtr& known) { return known->hash() == policy->hash(); });
  compiled_.push_front(policy);
  if (compiled_.size() > kMaxCompiled) compiled_.pop_back();
}

}  // namespace plazo::desk
