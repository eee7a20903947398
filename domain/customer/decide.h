#pragma once

// What becomes of a command to a customer's record. Pure; see domain/ticket/decide.h.
//
// Refusals: UNKNOWN_TENANT, UNKNOWN_CUSTOMER, UNKNOWN_PLAN, REQUEST_ID_REUSED, VERSION_MISMATCH,
// NOT_SUPPORTED.

#include "domain/core/effects.h"

namespace plazo::customer {

Effects Decide(const Context& context, const core::v1::CustomerState* state,
               const core::v1::Command& command);

// The state as the fold of applied decisions.
void Apply(core::v1::CustomerState& customer, const core::v1::Decision& decision);

// The record becomes a tombstone.
bool Deleted(const core::v1::Decision& decision);

}  // namespace plazo::customer
