#include "platform/runtime/flags.h"

#include <pthread.h>
#include <signal.h>

#include <iostream>
#include <string_view>

namespace plazo::runtime {
namespace {

void PrintHelp(const Program& program, std::ostream& out) {
  out << program.name << ": " << program.summary << "\n\n"
      << "usage: " << program.name << " [--config FILE] [--check-config]\n\n"
      << "  --config FILE   read this YAML file; without it, defaults and the environment count\n"
      << "  --check-config  read the configuration, print it resolved (secrets masked) and end\n"
      << "  --version       print the version and end\n"
      << "  --help          print this and end\n\n"
      << "Every field can be overridden: kafka.bootstrap_servers by "
         "PLAZO_KAFKA_BOOTSTRAP_SERVERS.\n\n"
      << "exit codes: 0 stopped as asked; 64 wrong flags; 69 something needed at start was not "
         "there;\n"
      << "70 a part failed or did not stop in time; 78 the configuration was refused;\n"
      << "128+n a second signal n came before the end\n";
}

std::string Version(const Program& program) {
  return program.version.empty() ? PLAZO_VERSION : program.version;
}

Flags Fault(const Program& program, std::string_view what, std::ostream& err) {
  err << program.name << ": " << what << "; see --help\n";
  return {.exit = ExitCode::kUsage};
}

}  // namespace

void BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Flags ParseFlags(int argc, const char* const* argv, const Program& program) {
  BlockSignals();
  return ParseFlags(argc, argv, program, std::cout, std::cerr);
}

Flags ParseFlags(int argc, const char* const* argv, const Program& program, std::ostream& out,
                 std::ostream& err) {
  constexpr std::string_view kConfigIs = "--config=";
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--help" || flag == "-h") {
      PrintHelp(program, out);
      return {.exit = ExitCode::kOk};
    }
    if (flag == "--version") {
      out << program.name << " " << Version(program) << "\n";
      return {.exit = ExitCode::kOk};
    }
    if (flag == "--check-config") {
      flags.check_config = true;
    } else if (flag.starts_with(kConfigIs)) {
      flags.config_path = flag.substr(kConfigIs.size());
      if (flags.config_path.empty()) return Fault(program, "--config needs a file", err);
    } else if (flag == "--config") {
      if (i + 1 >= argc) return Fault(program, "--config needs a file", err);
      flags.config_path = argv[++i];
    } else {
      return Fault(program, "unknown argument " + std::string(flag), err);
    }
  }
  return flags;
}

}  // namespace plazo::runtime
