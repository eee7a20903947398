#pragma once

// What a decision does to a ticket's clocks. Each step emits the events and SLA facts that follow,
// and does nothing where the clock does not run.

#include "domain/ticket/draft.h"

namespace plazo::ticket {

// By the active policy's first rule that matches the ticket as it is now; no rule, no clock. Begins
// paused where its rule pauses and the customer is waited for.
void StartClock(Draft& draft, core::v1::ClockKind kind, absl::Time start);

// Satisfied at `at`. Late = its breach is recorded first if no timer did; a recorded breach that
// turns out to have been in time is withdrawn.
void StopClock(Draft& draft, core::v1::ClockKind kind, absl::Time at);

// Ended without being satisfied: no breach, for a reason. CancelAllClocks tells of what was overdue
// already, also where no timer has.
void CancelClock(Draft& draft, core::v1::ClockKind kind, std::string_view reason);
void CancelAllClocks(Draft& draft, std::string_view reason);

// The clocks whose rule pauses while the customer has to act: from and until when the commands
// reached our edge. What is overdue already is told of and runs on.
void PauseClocks(Draft& draft, std::string_view cause);
void ResumeClocks(Draft& draft);

// After a change of impact, complexity, department or team: every running clock whose rule changed
// is started anew from its old start with its old pauses, and one that only the new class has from
// when it would have begun. One that is then already past is marked as breached by
// reclassification, and runs even while the customer is waited for.
void ReclassifyClocks(Draft& draft);

// Records the breach, tells management and arms the reminder (F4). Estimates are no promise (F14):
// the customer is told instead (F18).
void BreachClock(Draft& draft, core::v1::ClockKind kind, bool by_reclassification = false);

// One warning: to the team; an estimate that runs out is told to the customer, ahead of time (F18).
void WarnClock(Draft& draft, core::v1::ClockKind kind);

}  // namespace plazo::ticket
