#pragma once

// A ticket's state as the fold of its decisions: the same function live, at replay and in the
// checker (I4). Never refuses, never computes policy. Pure.

#include <absl/time/time.h>

#include "plazo/core/v1/event.pb.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::ticket {

// One event of a decision taken at `decided`. Leaves version, recent commands and armed deadlines
// to Seal.
void ApplyEvent(core::v1::TicketState& ticket, const core::v1::Event& event, absl::Time decided);

// What every decision does to the state besides its events.
void Seal(core::v1::TicketState& ticket, const core::v1::Decision& decision);

// Both, for an applied decision with events; anything else leaves the ticket as it is.
void Apply(core::v1::TicketState& ticket, const core::v1::Decision& decision);

// The last decision ended the ticket's life: its state record becomes a tombstone.
bool Forgotten(const core::v1::Decision& decision);

}  // namespace plazo::ticket
