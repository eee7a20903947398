#pragma once

// Commands that need no cluster: calendar eval, classify, mail parse.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

void AddCalendar(const Command& root, Session& session);
void AddClassify(const Command& root, Session& session);
void AddMailParse(const Command& mail, Session& session);

}  // namespace plazo::cli
