#pragma once

// The command line as a tree of commands with options, so that each command declares its own beside
// its code. The library that parses is known to command_line.cc alone.
//
//   CommandLine line("plazoctl", "Operates Plazo.");
//   auto options = std::make_shared<Options>();
//   line.Root().Sub("topics", "Kafka topics").Sub("list", "...")
//       .Text("--like", &options->like, "only names that contain this")
//       .Run([options] { return List(*options); });
//   return line.ParseAndRun(argc, argv, std::cout, std::cerr);
//
// Values are filled while parsing and must live until Run has returned: capture their owner in Run.
// Options of a parent may also stand behind the command. Not thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace plazo::cli {

struct OptionRules {
  bool required = false;
  std::string environment;           // variable that is read when the option is not given
  std::vector<std::string> choices;  // empty = anything
};

// A handle to one command of the tree; copies mean the same. Names of options begin with dashes
// ("--from", "-n,--max"), all others are positional.
class Command {
 public:
  Command Sub(const std::string& name, const std::string& summary) const;

  const Command& Text(const std::string& name, std::string* value, const std::string& help,
                      const OptionRules& rules = {}) const;
  // May be given several times; positional: takes all that is left.
  const Command& Texts(const std::string& name, std::vector<std::string>* values,
                       const std::string& help, const OptionRules& rules = {}) const;
  const Command& Number(const std::string& name, int64_t* value, const std::string& help,
                        const OptionRules& rules = {}) const;
  const Command& Flag(const std::string& name, bool* value, const std::string& help) const;
  // Shown below the options of --help.
  const Command& Footer(const std::string& text) const;

  // What the command does; returns the exit code.
  void Run(std::function<int()> run) const;

 private:
  friend class CommandLine;
  struct Tree;
  Command(Tree* tree, void* node) : tree_(tree), node_(node) {}

  Tree* tree_;
  void* node_;
};

// One command as shell completion needs it.
struct CommandOutline {
  std::string path;  // "topics apply", empty for the program
  std::vector<std::string> subcommands;
  std::vector<std::string> options;  // long names
};

class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& summary);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command Root();
  // Every command, parents first.
  std::vector<CommandOutline> Outline() const;

  // Exit code of the command; 64 after a faulty command line, which is explained on `err`; 0 after
  // --help and --version, which are answered on `out`.
  int ParseAndRun(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

 private:
  std::unique_ptr<Command::Tree> tree_;
};

}  // namespace plazo::cli
