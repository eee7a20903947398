#pragma once

// The whole command line of plazoctl.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

// `session` and `line` must outlive the parsing.
void AddCommands(CommandLine& line, Session& session);

}  // namespace plazo::cli
