#include "cli/replay/comparison.h"

#include <absl/strings/str_format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/fields.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

constexpr double kWeekMillis = 7 * 24 * 3600 * 1000.0;
constexpr std::array kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

// Hours of staff a week that a number of answers takes.
double StaffHours(int64_t answers, absl::Duration handling, double weeks) {
  return static_cast<double>(answers) * absl::ToDoubleHours(handling) / weeks;
}

Both Sum(const std::array<Both, kHoursOfWeek>& hours) {
  Both sum{};
  for (const Both& hour : hours) {
    sum[0] += hour[0];
    sum[1] += hour[1];
  }
  return sum;
}

size_t Busiest(const std::array<Both, kHoursOfWeek>& hours, int side) {
  return std::max_element(hours.begin(), hours.end(),
                          [side](const Both& a, const Both& b) { return a[side] < b[side]; }) -
         hours.begin();
}

std::string HourText(size_t hour) {
  return absl::StrFormat("%s %02d:00", kDays[hour / 24], hour % 24);
}

double MeanShift(const ClockComparison& clock) {
  const int64_t moved = clock.earlier + clock.later;
  return moved == 0 ? 0 : clock.moved_seconds / static_cast<double>(moved);
}

std::string ShiftText(double seconds) {
  const std::string text = config::DurationText(absl::Seconds(std::llround(std::abs(seconds))));
  return text + (seconds < 0 ? " earlier" : " later");
}

std::string RoutesText(const Comparison& comparison) {
  std::string out;
  for (const auto& [route, tickets] : comparison.routes) {
    out += absl::StrFormat("  %6d  %s -> %s\n", tickets, route.first, route.second);
  }
  for (const Example& example : comparison.examples) {
    out += absl::StrFormat("  e.g. %s: %s -> %s\n", example.case_number, example.before,
                           example.after);
  }
  return out;
}

std::string ClocksText(const Comparison& comparison) {
  std::string out = "clock                     met        warned      breached\n";
  for (const auto& [kind, clock] : comparison.clocks) {
    const auto pair = [](const Both& both) {
      return absl::StrFormat("%d -> %d", both[0], both[1]);
    };
    out += absl::StrFormat("%-16s %12s  %12s  %12s\n", ShortName(kind), pair(clock.met),
                           pair(clock.warned), pair(clock.breached));
    if (clock.newly_breached + clock.no_longer_breached > 0) {
      out += absl::StrFormat("  tickets newly breached: %d, no longer breached: %d\n",
                             clock.newly_breached, clock.no_longer_breached);
    }
    if (clock.earlier + clock.later > 0) {
      out += absl::StrFormat("  first promises earlier: %d, later: %d; %s on average\n",
                             clock.earlier, clock.later, ShiftText(MeanShift(clock)));
    }
  }
  return out;
}

std::string WorkText(const Comparison& comparison, absl::Duration handling) {
  std::string out = "staff, hours a week at " + config::DurationText(handling) + " an answer:\n";
  const double weeks = comparison.Weeks();
  for (const auto& [team, hours] : comparison.work) {
    const Both sum = Sum(hours);
    out += absl::StrFormat("  %-24s %8.1f -> %.1f   busiest %s -> %s\n", team,
                           StaffHours(sum[0], handling, weeks), StaffHours(sum[1], handling, weeks),
                           sum[0] ? HourText(Busiest(hours, 0)) : "never",
                           sum[1] ? HourText(Busiest(hours, 1)) : "never");
  }
  return out;
}

double Rate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

void Comparison::Add(const TicketOutcome& before, const TicketOutcome& after) {
  ++tickets;
  const int64_t opened = std::max(before.opened_ms, after.opened_ms);
  first_ms = std::min(first_ms, opened);
  last_ms = std::max(last_ms, opened);
  if (before.reading != after.reading) ++reread;
  if (before.route != after.route) {
    ++rerouted;
    ++routes[{before.route, after.route}];
    if (examples.size() < kMaxExamples) {
      examples.push_back({before.case_number, before.route, after.route});
    }
  }
  const TicketOutcome* const sides[] = {&before, &after};
  for (int side = 0; side < 2; ++side) {
    for (const auto& [kind, clock] : sides[side]->clocks) {
      clocks[kind].met[side] += clock.met;
      clocks[kind].warned[side] += clock.warned;
      clocks[kind].breached[side] += clock.breached;
    }
    for (const WorkItem& item : sides[side]->work) ++work[item.team][item.hour_of_week][side];
  }
  for (auto& [kind, sum] : clocks) {
    const auto find = [kind = kind](const TicketOutcome& ticket) {
      const auto found = ticket.clocks.find(kind);
      return found == ticket.clocks.end() ? ClockOutcome() : found->second;
    };
    const ClockOutcome one = find(before), other = find(after);
    sum.newly_breached += one.breached == 0 && other.breached > 0;
    sum.no_longer_breached += one.breached > 0 && other.breached == 0;
    if (one.due_ms == 0 || other.due_ms == 0) continue;
    sum.earlier += other.due_ms < one.due_ms;
    sum.later += other.due_ms > one.due_ms;
    sum.moved_seconds += static_cast<double>(other.due_ms - one.due_ms) / 1000;
  }
}

double Comparison::Weeks() const {
  return tickets == 0 ? 1 : std::max(1.0, static_cast<double>(last_ms - first_ms) / kWeekMillis);
}

std::string ReplayText(const Comparison& comparison, const ReplayRun& run,
                       absl::Duration handling) {
  const bool same = run.outputs_before == run.outputs_after;
  std::string out = absl::StrFormat("%d tickets, %d commands; outputs %s\n", comparison.tickets,
                                    run.commands, same ? "identical, byte for byte" : "differ");
  out += absl::StrFormat("routed otherwise: %d, read otherwise: %d\n", comparison.rerouted,
                         comparison.reread);
  out += RoutesText(comparison) + ClocksText(comparison) + WorkText(comparison, handling);
  for (const std::string& note : run.notes) out += "note: " + note + "\n";
  out += absl::StrFormat("%.0f commands/s in %.1f s; merely reading: %.0f/s\n",
                         Rate(run.commands, run.seconds), run.seconds,
                         Rate(run.commands, run.reading_seconds));
  return out;
}

std::string ReplayJson(const Comparison& comparison, const ReplayRun& run,
                       absl::Duration handling) {
  using nlohmann::json;
  json out = {{"tickets", comparison.tickets},
              {"commands", run.commands},
              {"identical", run.outputs_before == run.outputs_after},
              {"outputs", {run.outputs_before, run.outputs_after}},
              {"rerouted", comparison.rerouted},
              {"reread", comparison.reread},
              {"routes", json::array()},
              {"clocks", json::object()},
              {"staff", json::object()},
              {"notes", run.notes},
              {"seconds", run.seconds},
              {"reading_seconds", run.reading_seconds}};
  for (const auto& [route, tickets] : comparison.routes) {
    out["routes"].push_back(
        {{"before", route.first}, {"after", route.second}, {"tickets", tickets}});
  }
  for (const auto& [kind, clock] : comparison.clocks) {
    out["clocks"][ShortName(kind)] = {{"met", clock.met},
                                      {"warned", clock.warned},
                                      {"breached", clock.breached},
                                      {"newly_breached", clock.newly_breached},
                                      {"no_longer_breached", clock.no_longer_breached},
                                      {"earlier", clock.earlier},
                                      {"later", clock.later},
                                      {"mean_shift_seconds", MeanShift(clock)}};
  }
  const double weeks = comparison.Weeks();
  for (const auto& [team, hours] : comparison.work) {
    json& staff = out["staff"][team];
    for (int side = 0; side < 2; ++side) {
      json& week = staff[side == 0 ? "before" : "after"];
      for (const Both& hour : hours) week.push_back(StaffHours(hour[side], handling, weeks));
    }
  }
  return out.dump();
}

}  // namespace plazo::cli
