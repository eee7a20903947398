#pragma once

// What a decision is made with, and what it makes. Plain values.

#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy/compiled_policy.h"
#include "platform/base/string_map.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/core/v1/delivery.pb.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo {

using PolicyPtr = std::shared_ptr<const policy::CompiledPolicy>;

// The policies a lane has adopted, compiled.
struct PolicyShelf {
  StringMap<PolicyPtr> active;   // by tenant: what new promises are made under
  StringMap<PolicyPtr> by_hash;  // every one that is active or still referred to

  const policy::CompiledPolicy* Active(std::string_view tenant) const {
    auto it = active.find(tenant);
    return it == active.end() ? nullptr : it->second.get();
  }
  const policy::CompiledPolicy* ByHash(std::string_view hash) const {
    auto it = by_hash.find(hash);
    return it == by_hash.end() ? nullptr : it->second.get();
  }
};

// All that Decide may look at besides the aggregate and the command.
struct Context {
  const core::v1::LaneState& lane;
  int32_t lanes;  // how many there are
  const PolicyShelf& policies;
  absl::Time now;  // lane time: never before that of an earlier decision of the lane
};

inline constexpr int32_t kLaneOfKey = -1;

// A command to another aggregate. Its id is derived from the decision that sends it.
struct FollowUp {
  core::v1::Command command;
  int32_t lane = kLaneOfKey;  // kLaneOfKey: by the key, as for everybody's commands
};

struct Effects {
  core::v1::Decision decision;
  std::vector<core::v1::DeliveryIntent> intents;
  std::vector<core::v1::SlaFact> facts;
  std::vector<FollowUp> follow_ups;
  // Write the aggregate's state again although nothing changed: heals an index that fired for
  // nothing.
  bool repeat_state = false;
};

}  // namespace plazo
