#pragma once

// The policies that promises refer to, as the lanes keep them on the state topic: to explain a
// deadline under the policy it was promised under. Many lanes keep the same policy; it is held
// once, until the last lane drops it.
//
// Memory: the published form of each policy (<= 256 KiB), and the last kMaxCompiled that were asked
// for compiled. Thread-safe.

#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <bitset>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "domain/core/topics.h"
#include "domain/policy/compiled_policy.h"
#include "platform/base/string_map.h"

namespace plazo::desk {

class Policies {
 public:
  static constexpr size_t kMaxCompiled = 8;
  using PolicyPtr = std::shared_ptr<const policy::CompiledPolicy>;

  void Keep(int32_t lane, const std::string& hash, std::string bundle);
  void Drop(int32_t lane, const std::string& hash);

  // Compiles at first use (milliseconds). kNotFound: no lane keeps it.
  absl::StatusOr<PolicyPtr> Get(const std::string& hash) const;

 private:
  struct Kept {
    std::shared_ptr<const std::string> bundle;
    std::bitset<kPartitions> lanes;
  };
  void Remember(const PolicyPtr& policy) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  StringMap<Kept> kept_ ABSL_GUARDED_BY(mutex_);
  mutable std::list<PolicyPtr> compiled_ ABSL_GUARDED_BY(mutex_);  // the last asked for first
};

}  // namespace plazo::desk
