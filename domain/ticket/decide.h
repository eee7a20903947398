#pragma once

// What becomes of a command to a ticket. Pure: the same context, state and command give the same
// bytes, in the router, in a replay and in the checker (I2). Never fails: what cannot be is refused
// by name.
//
// Refusals: UNKNOWN_TENANT, UNKNOWN_TICKET, REQUEST_ID_REUSED, VERSION_MISMATCH, NOT_YOUR_TICKET,
// TICKET_CLOSED, TICKET_MERGED, UNKNOWN_TEAM, UNKNOWN_CAUSE, NOT_ANOTHER_LEVEL, OTHER_LEVEL,
// NOT_RESOLVED, NOT_CLOSED, NOT_A_CHAT, NO_OPEN_BREACH, NO_APPROVAL_PENDING, ALREADY_PARTICIPANT,
// NOT_A_PARTICIPANT, SAME_TICKET, NOT_SUPPORTED.

#include "domain/core/effects.h"

namespace plazo::ticket {

// `state` is nullptr where the ticket does not exist (yet, or any more).
Effects Decide(const Context& context, const core::v1::TicketState* state,
               const core::v1::Command& command);

}  // namespace plazo::ticket
