#pragma once

// What two worlds made of the same tickets, added up. Plain sums: its size does not grow with the
// history, but for the examples, which are few. One owner.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/replay/world.h"

namespace plazo::cli {

// Of each pair, first as recorded, then under the other policy.
using Both = std::array<int64_t, 2>;

struct ClockComparison {
  Both met{}, warned{}, breached{};
  int64_t newly_breached = 0, no_longer_breached = 0;  // tickets
  int64_t earlier = 0, later = 0;                      // tickets whose first promise moved
  double moved_seconds = 0;                            // the sum over them, later is positive
};

struct Example {
  std::string case_number;
  std::string before, after;
};

struct Comparison {
  static constexpr size_t kMaxExamples = 10;

  int64_t tickets = 0;
  int64_t rerouted = 0, reread = 0;
  std::map<std::pair<std::string, std::string>, int64_t> routes;  // before, after; differing ones
  std::vector<Example> examples;
  std::map<core::v1::ClockKind, ClockComparison> clocks;
  // By team and hour of the week: promises that somebody had to answer.
  std::map<std::string, std::array<Both, kHoursOfWeek>> work;
  int64_t first_ms = INT64_MAX, last_ms = 0;  // opening times of the tickets

  // One ticket in both worlds.
  void Add(const TicketOutcome& before, const TicketOutcome& after);
  double Weeks() const;
};

// How it went: filled by the command.
struct ReplayRun {
  int64_t commands = 0;
  double seconds = 0, reading_seconds = 0;
  std::string outputs_before, outputs_after;  // hashes
  std::vector<std::string> notes;
};

// `handling`: how long one answer keeps a person busy; makes hours of staff of the work.
std::string ReplayText(const Comparison& comparison, const ReplayRun& run, absl::Duration handling);
// One JSON object.
std::string ReplayJson(const Comparison& comparison, const ReplayRun& run, absl::Duration handling);

}  // namespace plazo::cli
