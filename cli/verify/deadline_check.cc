#include "cli/verify/checks.h"
#include "cli/verify/fold.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/ticket/apply.h"

namespace plazo::cli {
namespace {

using core::v1::Clock;
using core::v1::ClockKind;
using core::v1::Deadline;
using core::v1::Decision;
using core::v1::Event;
using core::v1::TicketState;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

const Deadline* FindDeadline(const TicketState& ticket, const std::string& id) {
  for (const Deadline& deadline : ticket.deadlines()) {
    if (deadline.id() == id) return &deadline;
  }
  return nullptr;
}

const Clock* FindClock(const TicketState& ticket, ClockKind kind) {
  for (const Clock& clock : ticket.clocks()) {
    if (clock.kind() == kind) return &clock;
  }
  return nullptr;
}

// A firing that was decided as news must have been armed so, be due, and be armed no more.
void CheckFiring(const TicketStep& step, DeadlineChecks& checks) {
  const Decision& decision = step.decided.decision;
  if (!step.decided.command.has_timer_fired() || decision.events().empty()) return;
  const core::v1::TimerFired& fired = step.decided.command.timer_fired();
  const std::string place =
      Place(*step.decided.record) + ": " + decision.aggregate() + " " + fired.deadline_id();
  checks.once.Count();
  const Deadline* armed = FindDeadline(step.before, fired.deadline_id());
  if (armed == nullptr) {
    checks.satisfied.Violate(place + " was decided as news, but not armed (any more)");
    return;
  }
  if (FromProto(armed->due_time()) != FromProto(fired.due_time())) {
    checks.satisfied.Violate(place + " had been moved to " +
                             TimeText(FromProto(armed->due_time())));
  }
  if (FromProto(decision.decided_time()) < FromProto(armed->due_time())) {
    checks.once.Violate(place + " was decided before it was due at " +
                        TimeText(FromProto(armed->due_time())));
  }
  const Deadline* still = FindDeadline(step.after, fired.deadline_id());
  if (still != nullptr && FromProto(still->due_time()) == FromProto(fired.due_time())) {
    checks.once.Violate(place + " is still armed after it was decided");
  }
}

struct Alarm {
  const char* name;
  ClockKind kind;
  absl::Time due;
  bool excused;  // a change of class looks back
};

std::optional<Alarm> AlarmOf(const Event& event) {
  if (event.has_clock_breached()) {
    const auto& breached = event.clock_breached();
    return Alarm{"breached", breached.kind(), FromProto(breached.due_time()),
                 breached.by_reclassification()};
  }
  if (event.has_clock_warned()) {
    const auto& warned = event.clock_warned();
    return Alarm{"warned", warned.kind(), FromProto(warned.due_time()), false};
  }
  return std::nullopt;
}

// Replays the decision event by event: each warning and breach must find its clock running.
void CheckAlarms(const TicketStep& step, DeadlineChecks& checks) {
  const Decision& decision = step.decided.decision;
  const absl::Time decided = FromProto(decision.decided_time());
  TicketState ticket = step.before;
  for (const Event& event : decision.events()) {
    if (const std::optional<Alarm> alarm = AlarmOf(event)) {
      const Clock* clock = FindClock(ticket, alarm->kind);
      const std::string place = Place(*step.decided.record) + ": " + decision.aggregate() + " " +
                                alarm->name + " " + core::v1::ClockKind_Name(alarm->kind);
      checks.satisfied.Count();
      if (clock == nullptr) {
        checks.satisfied.Violate(place + ", which does not run");
      } else if (clock->status() != core::v1::CLOCK_STATUS_RUNNING && !alarm->excused) {
        checks.satisfied.Violate(place + ", which was " +
                                 core::v1::ClockStatus_Name(clock->status()));
      } else if (event.has_clock_breached() && clock->has_breach_time()) {
        checks.once.Violate(place + " a second time");
      }
      if (event.has_clock_breached() && decided < alarm->due) {
        checks.once.Violate(place + " before it was due at " + TimeText(alarm->due));
      }
    }
    ticket::ApplyEvent(ticket, event, decided);
  }
}

void CheckOverdue(const History& history, const Folded& folded, absl::Duration grace,
                  Check& check) {
  for (const auto& [key, ticket] : folded.tickets) {
    for (const Deadline& deadline : ticket.deadlines()) {
      check.Count();
      const absl::Time due = FromProto(deadline.due_time());
      if (due + grace < history.dump.read_time) {
        check.Violate(key + " " + deadline.id() + " was due at " + TimeText(due) +
                      " and is not decided");
      }
    }
  }
}

}  // namespace

DeadlineChecks CheckDeadlines(const History& history, const DeadlineOptions& options) {
  DeadlineChecks checks{
      Check("I6", "every armed deadline is decided once, never before it is due"),
      Check("I7", "no warning or breach for what was satisfied, cancelled or moved")};
  const Folded folded = FoldDecisions(history, [&](const TicketStep& step) {
    CheckFiring(step, checks);
    CheckAlarms(step, checks);
  });
  CheckOverdue(history, folded, options.grace, checks.once);
  return checks;
}

DeadlineSet DeadlinesOfState(const Dump& dump, int32_t lane) {
  DeadlineSet deadlines;
  for (const auto& [key, last] : LastOfKeys(dump, dump.tickets, lane)) {
    core::v1::StateRecord record;
    if (!last.record->value || !ids::AfterPrefix(key, "ticket") ||
        !record.ParseFromString(*last.record->value)) {
      continue;
    }
    for (const Deadline& deadline : record.ticket().deadlines()) {
      deadlines[{key, deadline.id()}] = absl::ToUnixMillis(FromProto(deadline.due_time()));
    }
  }
  return deadlines;
}

void CompareDeadlines(int32_t lane, const DeadlineSet& state, const DeadlineSet& index,
                      Check& check) {
  const std::string where = "lane " + std::to_string(lane) + ": ";
  check.Count(static_cast<int64_t>(state.size()));
  for (const auto& [name, due] : state) {
    const auto found = index.find(name);
    const std::string what = where + name.first + " " + name.second;
    if (found == index.end()) {
      check.Violate(what + " is not in the index");
    } else if (found->second != due) {
      check.Violate(what + " is due at " + std::to_string(due) + ", in the index at " +
                    std::to_string(found->second));
    }
  }
  for (const auto& [name, due] : index) {
    if (state.count(name) == 0) {
      check.Violate(where + name.first + " " + name.second + " is in the index, but not armed");
    }
  }
}

}  // namespace plazo::cli
