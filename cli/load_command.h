#pragma once

// load: an open-loop load generator with a journal that `verify` can check.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

void AddLoad(const Command& root, Session& session);

}  // namespace plazo::cli
