#pragma once

// How a Plazo process ends, in the numbers of sysexits.h.

namespace plazo::runtime {

enum class ExitCode : int {
  kOk = 0,  // asked to stop, and did so in order; also --help, --version, a clean --check-config
  kUsage = 64,        // unknown or incomplete flags
  kDataError = 65,    // input was refused for good
  kUnavailable = 69,  // something we need (broker, Redis, port) was not there at start
  kSoftware = 70,     // a component failed while running, or did not stop in time
  kTempFail = 75,     // try again later (plazoctl mail deliver)
  kConfig = 78,       // the configuration was refused; every fault is on standard error
};

}  // namespace plazo::runtime
