#pragma once

// explain TICKET CLOCK: how a deadline came about, as desk accounts for it.

#include <string>

#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/ticket_text.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {

std::string ExplanationText(const desk::v1::ExplainDeadlineResponse& explanation,
                            const Moment& moment);

void AddExplain(const Command& root, Session& session);

}  // namespace plazo::cli
