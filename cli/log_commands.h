#pragma once

// Looking into the log: tail, lag, dlq.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

void AddTail(const Command& root, Session& session);
void AddLag(const Command& root, Session& session);
// dlq list|show|replay
void AddDeadLetters(const Command& root, Session& session);

}  // namespace plazo::cli
