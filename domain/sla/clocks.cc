#include "domain/sla/clocks.h"

#include <algorithm>

#include "domain/calendar/business_time.h"
#include "domain/core/proto_time.h"
#include "domain/sla/pauses.h"

namespace plazo::sla {
namespace {

using core::v1::Clock;
using core::v1::ClockKind;
using core::v1::Deadline;
using core::v1::DeadlineKind;
using core::v1::TicketState;

std::string Word(std::string_view enum_name, std::string_view prefix) {
  std::string word(enum_name.substr(prefix.size()));
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return word;
}

Deadline MakeDeadline(DeadlineKind kind, const Clock& clock, int32_t ordinal,
                      const google::protobuf::Timestamp& due) {
  Deadline deadline;
  deadline.set_id(DeadlineId(kind, clock.kind(), ordinal));
  deadline.set_kind(kind);
  deadline.set_clock(clock.kind());
  deadline.set_ordinal(ordinal);
  *deadline.mutable_due_time() = due;
  return deadline;
}

}  // namespace

const Clock* Find(const TicketState& ticket, ClockKind kind) {
  for (const Clock& clock : ticket.clocks()) {
    if (clock.kind() == kind) return &clock;
  }
  return nullptr;
}

Clock* Find(TicketState& ticket, ClockKind kind) {
  return const_cast<Clock*>(Find(static_cast<const TicketState&>(ticket), kind));
}

bool IsOpen(const Clock* clock) {
  return clock != nullptr && (clock->status() == core::v1::CLOCK_STATUS_RUNNING ||
                              clock->status() == core::v1::CLOCK_STATUS_PAUSED);
}

Clock Start(const policy::CompiledPolicy& policy, const policy::v1::ClockRule& rule,
            std::string_view team, absl::Time start,
            const google::protobuf::RepeatedPtrField<core::v1::Interval>& pauses) {
  Clock clock;
  clock.set_kind(rule.clock());
  *clock.mutable_start_time() = ToProto(start);
  *clock.mutable_warn_after() = rule.warn_after();
  *clock.mutable_target() = rule.target();
  *clock.mutable_limit() = rule.has_limit() ? rule.limit() : rule.target();
  clock.set_calendar(policy.CalendarName(rule, team));
  clock.set_policy_hash(policy.hash());
  *clock.mutable_pauses() = pauses;
  const bool paused = !pauses.empty() && !pauses.rbegin()->has_to_time();
  clock.set_status(paused ? core::v1::CLOCK_STATUS_PAUSED : core::v1::CLOCK_STATUS_RUNNING);
  Schedule(policy, clock);
  return clock;
}

void Schedule(const policy::CompiledPolicy& policy, Clock& clock) {
  clock.clear_warn_times();
  clock.clear_due_time();
  if (clock.status() != core::v1::CLOCK_STATUS_RUNNING) return;
  const calendar::BusinessTime& hours = policy.CalendarFor(clock.calendar());
  const absl::Time start = FromProto(clock.start_time());
  const std::vector<calendar::Interval> pauses = PausesOf(clock);
  // Beyond the calendar's horizon is never: nothing is armed.
  const absl::Time due = hours.Add(start, FromProto(clock.limit()), pauses);
  if (due == absl::InfiniteFuture()) return;
  for (const auto& warn_after : clock.warn_after()) {
    *clock.add_warn_times() = ToProto(hours.Add(start, FromProto(warn_after), pauses));
  }
  *clock.mutable_due_time() = ToProto(due);
}

absl::Duration Elapsed(const policy::CompiledPolicy& policy, const Clock& clock, absl::Time at) {
  const calendar::BusinessTime& hours = policy.CalendarFor(clock.calendar());
  const absl::Time start = FromProto(clock.start_time());
  const std::vector<calendar::Interval> pauses = PausesOf(clock);
  return hours.Between(start, at, pauses);
}

std::vector<Deadline> Deadlines(const TicketState& ticket) {
  std::vector<Deadline> deadlines(ticket.housekeeping().begin(), ticket.housekeeping().end());
  for (const Clock& clock : ticket.clocks()) {
    if (clock.status() != core::v1::CLOCK_STATUS_RUNNING || clock.has_breach_time()) continue;
    // One warning at a time: the next one is armed when the one before was given.
    if (clock.warnings_given() < clock.warn_times_size()) {
      deadlines.push_back(MakeDeadline(core::v1::DEADLINE_KIND_WARN, clock, clock.warnings_given(),
                                       clock.warn_times(clock.warnings_given())));
    }
    if (clock.has_due_time()) {
      deadlines.push_back(MakeDeadline(core::v1::DEADLINE_KIND_BREACH, clock, 0, clock.due_time()));
    }
  }
  std::sort(deadlines.begin(), deadlines.end(),
            [](const Deadline& a, const Deadline& b) { return a.id() < b.id(); });
  return deadlines;
}

std::string DeadlineId(DeadlineKind kind, ClockKind clock, int32_t ordinal) {
  std::string id = Word(core::v1::DeadlineKind_Name(kind), "DEADLINE_KIND_");
  if (clock != core::v1::CLOCK_KIND_UNSPECIFIED) {
    id += '.';
    id += Word(core::v1::ClockKind_Name(clock), "CLOCK_KIND_");
  }
  if (kind == core::v1::DEADLINE_KIND_WARN) {
    id += '.';
    id += std::to_string(ordinal);
  }
  return id;
}

std::string DeadlineId(DeadlineKind kind, std::string_view notification_id) {
  std::string id = Word(core::v1::DeadlineKind_Name(kind), "DEADLINE_KIND_");
  id += '.';
  id += notification_id;
  return id;
}

}  // namespace plazo::sla
