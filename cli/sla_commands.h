#pragma once

// sla report|breaches: how many promises were kept, and which were not.

#include <string>

#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/ticket_text.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {

// One line a row, the worst first, below what they cover.
std::string SlaReportText(const desk::v1::GetSlaReportResponse& report);
// One line: when, which promise, of which ticket, whose, and when it was due.
std::string BreachLine(const core::v1::SlaFact& breach, const Moment& moment);

void AddSla(const Command& root, Session& session);

}  // namespace plazo::cli
