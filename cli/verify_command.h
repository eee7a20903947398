#pragma once

// verify: the invariants over a running cluster, with the evidence.

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/session.h"
#include "cli/verify/check.h"

namespace plazo::cli {

// A table for people; below each violated invariant its evidence.
std::string ReportText(const std::vector<Check>& checks);
// One object.
std::string CheckJson(const Check& check);
// 1 on any violation, else 69 when something could not be looked at, else 0.
int ExitCodeOf(const std::vector<Check>& checks);

void AddVerify(const Command& root, Session& session);

}  // namespace plazo::cli
