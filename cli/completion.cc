#include "cli/completion.h"

#include <memory>
#include <sstream>

namespace plazo::cli {
namespace {

std::string Words(const CommandOutline& command, const CommandOutline& root) {
  std::string words;
  for (const std::string& name : command.subcommands) words += name + " ";
  for (const std::string& option : command.options) words += option + " ";
  // The program's options may stand anywhere.
  if (&command != &root) {
    for (const std::string& option : root.options) words += option + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

}  // namespace

std::string BashCompletion(const std::string& program, const std::vector<CommandOutline>& outline) {
  std::ostringstream out;
  out << "_" << program << "() {\n"
      << "  local current=${COMP_WORDS[COMP_CWORD]} path= word words=\n"
      << "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      << "    case \"${path:+$path }$word\" in\n";
  for (const CommandOutline& command : outline) {
    if (!command.path.empty()) {
      out << "      '" << command.path << "') path='" << command.path << "' ;;\n";
    }
  }
  out << "    esac\n  done\n  case $path in\n";
  for (const CommandOutline& command : outline) {
    out << "    '" << command.path << "') words='" << Words(command, outline.front()) << "' ;;\n";
  }
  out << "  esac\n"
      << "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      << "}\n"
      << "complete -o default -F _" << program << " " << program << "\n";
  return out.str();
}

void AddCompletion(const Command& root, CommandLine& line, std::ostream& out) {
  auto shell = std::make_shared<std::string>("bash");
  root.Sub("completion",
           "a script that completes commands and options: . <(plazoctl completion "
           "bash)")
      .Text("SHELL", shell.get(), "bash", {.choices = {"bash"}})
      .Run([&line, &out] {
        out << BashCompletion("plazoctl", line.Outline());
        return 0;
      });
}

}  // namespace plazo::cli
