#pragma once

// Policies as lane state (architecture §7): ActivatePolicy is decided in the tenant's home lane and
// adopted by every lane in the same transaction; promises made under an older policy keep it.
// Pure; see domain/ticket/decide.h.
//
// Refusals: BAD_POLICY (with what is wrong), OTHER_TENANT, REQUEST_ID_REUSED, VERSION_MISMATCH.

#include <functional>

#include "domain/core/effects.h"

namespace plazo::lane {

// Compiles a published bundle: policy::CompiledPolicy::Compile, or a cache before it.
using CompilePolicy = std::function<absl::StatusOr<PolicyPtr>(std::string_view bundle)>;

Effects DecideActivation(const Context& context, const core::v1::TenantState* state,
                         const core::v1::Command& command, const CompilePolicy& compile);

Effects DecideAdoption(const Context& context, const core::v1::Command& command,
                       const CompilePolicy& compile);

// The tenant's record after an activation. `bundle` is the command's.
void Apply(core::v1::TenantState& tenant, const core::v1::Decision& decision,
           std::string_view bundle);

// The checkpoint after any decision of the lane: case numbers, policies adopted and dropped.
void Apply(core::v1::LaneState& lane, const core::v1::Decision& decision);

// How many of the lane's tickets have promises under each policy: `before` and `after` are one
// ticket's states around a decision (nullptr = none).
void CountReferences(core::v1::LaneState& lane, const core::v1::TicketState* before,
                     const core::v1::TicketState* after);

}  // namespace plazo::lane
