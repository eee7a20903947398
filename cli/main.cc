// plazoctl: operates Plazo from a shell. Exit codes: --help.

#include <iostream>

#include "cli/commands.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  plazo::cli::Session session(std::cin, std::cout, std::cerr);
  plazo::cli::CommandLine line("plazoctl",
                               "Operates Plazo: every customer message answered in time.");
  plazo::cli::AddCommands(line, session);
  return line.ParseAndRun(argc, argv, std::cout, std::cerr);
}
