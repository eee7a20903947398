#pragma once

// The promises that run on a ticket: when each warns, when it is due, how much of it is used up.
// Computed from the start, the policy the promise was made under and the intervals it was paused
// in; never from counters (architecture §7). Pure.

#include <absl/time/time.h>

#include <vector>

#include "domain/core/effects.h"

namespace plazo::sla {

const core::v1::Clock* Find(const core::v1::TicketState& ticket, core::v1::ClockKind kind);
core::v1::Clock* Find(core::v1::TicketState& ticket, core::v1::ClockKind kind);

// Started and neither satisfied nor cancelled: running or paused.
bool IsOpen(const core::v1::Clock* clock);

// A clock by `rule`, counting from `start` with `pauses` (those of an earlier clock that this one
// replaces; an open one leaves it paused). `team` resolves the calendar named `team`.
core::v1::Clock Start(const policy::CompiledPolicy& policy, const policy::v1::ClockRule& rule,
                      std::string_view team, absl::Time start,
                      const google::protobuf::RepeatedPtrField<core::v1::Interval>& pauses = {});

// Fills warn_times and due_time from start, pauses and calendar; clears them while the clock is
// paused. `policy` is the one the clock was promised under.
void Schedule(const policy::CompiledPolicy& policy, core::v1::Clock& clock);

// Time used up between the start and `at`, in the clock's calendar, pauses left out.
absl::Duration Elapsed(const policy::CompiledPolicy& policy, const core::v1::Clock& clock,
                       absl::Time at);

// Everything that is armed on a ticket: what its clocks ask for next, and its housekeeping.
// Ordered by id; the same state gives the same list.
std::vector<core::v1::Deadline> Deadlines(const core::v1::TicketState& ticket);

// Stable ids of deadlines: the same for one purpose, however often it is armed.
std::string DeadlineId(core::v1::DeadlineKind kind, core::v1::ClockKind clock, int32_t ordinal);
std::string DeadlineId(core::v1::DeadlineKind kind, std::string_view notification_id);

}  // namespace plazo::sla
