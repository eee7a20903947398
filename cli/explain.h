#pragma once

// explain TICKET CLOCK: how a deadline came about.

#include <absl/status/statusor.h>

#include <string>

#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/ticket_text.h"
#include "domain/policy/compiled_policy.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {

// From the clock and the policy it was promised under, up to the deadline (paused, stopped: up to
// then). kFailedPrecondition when the policy is another one.
absl::StatusOr<desk::v1::ExplainDeadlineResponse> ExplainClock(const core::v1::Clock& clock,
                                                               const policy::CompiledPolicy& policy,
                                                               absl::Time now);

std::string ExplanationText(const desk::v1::ExplainDeadlineResponse& explanation,
                            const Moment& moment);

void AddExplain(const Command& root, Session& session);

}  // namespace plazo::cli
