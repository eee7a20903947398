#pragma once

// Named places at which a fault test kills the process as `kill -9` would: nothing is flushed, no
// destructor runs.
//
//   PLAZO_FAIL_POINT("router.after_flush");
//
// Compiles to nothing unless PLAZO_FAIL_POINTS is defined (CMake option of that name). Then the
// environment variable PLAZO_FAIL_AT=<name>[:<n>] ends the process with status 137 when that point
// is passed for the n-th time (1 unless given), after one line on standard error. Thread-safe.

#ifdef PLAZO_FAIL_POINTS

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace plazo::fail_point {

struct Plan {
  std::string name;
  long hits = 1;
};

// `name` or `name:n`; a count that is not a positive number means 1.
inline Plan ParsePlan(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {std::string(text), 1};
  const long hits = std::strtol(std::string(text.substr(colon + 1)).c_str(), nullptr, 10);
  return {std::string(text.substr(0, colon)), hits > 0 ? hits : 1};
}

inline void Pass(std::string_view name) {
  static const Plan plan = [] {
    const char* text = std::getenv("PLAZO_FAIL_AT");
    return text == nullptr ? Plan{} : ParsePlan(text);
  }();
  static std::atomic<long> hits{0};
  if (plan.name.empty() || name != plan.name || ++hits != plan.hits) return;
  std::fprintf(stderr, "fail point %s reached\n", plan.name.c_str());
  _exit(137);
}

}  // namespace plazo::fail_point

#define PLAZO_FAIL_POINT(name) ::plazo::fail_point::Pass(name)

#else

#define PLAZO_FAIL_POINT(name) static_cast<void>(0)

#endif
