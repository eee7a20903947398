#pragma once

// board: what is open, by team and by urgency, drawn anew every few seconds.

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/ticket_text.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::cli {

// Pure. Shows at most `urgent` tickets one by one, those whose clocks run out first.
std::string BoardText(const std::string& tenant, const std::vector<core::v1::TicketState>& tickets,
                      const Moment& moment, size_t urgent);

void AddBoard(const Command& root, Session& session);

}  // namespace plazo::cli
