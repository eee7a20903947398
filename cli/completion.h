#pragma once

// Shell completion, made from the tree of commands itself. Pure.

#include <string>
#include <vector>

#include "cli/command_line.h"

namespace plazo::cli {

// A script for bash: `. <(plazoctl completion bash)`. Commands and options are completed, and file
// names where neither fits.
std::string BashCompletion(const std::string& program, const std::vector<CommandOutline>& outline);

// `line` must outlive the parsing.
void AddCompletion(const Command& root, CommandLine& line, std::ostream& out);

}  // namespace plazo::cli
