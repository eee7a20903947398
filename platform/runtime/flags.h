#pragma once

// The flags every service has: --config FILE, --check-config, --version, --help. Also blocks the
// signals that ServiceRunner waits for, so call it first in main(): threads inherit the mask of the
// one that makes them.

#include <iosfwd>
#include <optional>
#include <string>

#include "platform/runtime/exit_code.h"

namespace plazo::runtime {

struct Program {
  std::string name;     // plazo-router
  std::string summary;  // one sentence for --help
  std::string version;  // empty = the version the tree was built as
};

struct Flags {
  std::string config_path;       // empty = none given: defaults and environment
  bool check_config = false;     // read the configuration, print it resolved, end
  std::optional<ExitCode> exit;  // set = the answer has been printed: leave with it
};

// Prints to standard output (--help, --version) or standard error (a fault).
Flags ParseFlags(int argc, const char* const* argv, const Program& program);
Flags ParseFlags(int argc, const char* const* argv, const Program& program, std::ostream& out,
                 std::ostream& err);

// SIGTERM, SIGINT and SIGPIPE, in this thread and those it will make.
void BlockSignals();

}  // namespace plazo::runtime
