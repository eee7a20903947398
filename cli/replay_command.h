#pragma once

// replay: what would have happened under another policy.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

void AddReplay(const Command& root, Session& session);

}  // namespace plazo::cli
