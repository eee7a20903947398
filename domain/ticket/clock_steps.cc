#include "domain/ticket/clock_steps.h"

#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/notify_steps.h"

namespace plazo::ticket {

using namespace core::v1;

namespace {

policy::Facts FactsOf(const TicketState& ticket) {
  return {ticket.channel(),  ticket.impact(),          ticket.complexity(), ticket.department(),
          ticket.priority(), ticket.customer().plan(), ticket.team()};
}

const policy::v1::ClockRule* RuleOf(const Draft& draft, const policy::CompiledPolicy& policy,
                                    ClockKind kind) {
  return policy.RuleFor(kind, FactsOf(draft.ticket()));
}

// A paused clock as it is when its pause ends at `at`.
Clock Resumed(const policy::CompiledPolicy& policy, Clock clock, absl::Time at) {
  if (clock.status() != CLOCK_STATUS_PAUSED) return clock;
  Interval& pause = *clock.mutable_pauses()->rbegin();
  *pause.mutable_to_time() = ToProto(std::max(at, FromProto(pause.from_time())));
  clock.set_status(CLOCK_STATUS_RUNNING);
  sla::Schedule(policy, clock);
  return clock;
}

// The due time as it stands or, for a paused clock, as it would be if the pause ended at `at`.
absl::Time DueTime(const policy::CompiledPolicy& policy, const Clock& clock, absl::Time at) {
  const Clock running = Resumed(policy, clock, at);
  return running.has_due_time() ? FromProto(running.due_time()) : absl::InfiniteFuture();
}

// Overdue, and no timer has said so yet.
bool MissedUnnoticed(const Draft& draft, const Clock& clock) {
  return clock.status() == CLOCK_STATUS_RUNNING && !clock.has_breach_time() &&
         clock.has_due_time() && draft.asked() > FromProto(clock.due_time());
}

bool PausesWhileWaiting(const policy::v1::ClockRule& rule) {
  return rule.pause() == policy::v1::PAUSE_RULE_WAITING_FOR_CUSTOMER;
}

using Pauses = google::protobuf::RepeatedPtrField<Interval>;

// What starts while the customer is waited for is paused from `at` on, if its rule says so.
Pauses WithPresentWait(const Draft& draft, const policy::v1::ClockRule& rule, Pauses pauses,
                       absl::Time at) {
  if (draft.ticket().status() == TICKET_STATUS_WAITING_FOR_CUSTOMER && PausesWhileWaiting(rule)) {
    Interval& pause = *pauses.Add();
    *pause.mutable_from_time() = ToProto(at);
    pause.set_cause("waiting_for_customer");
  }
  return pauses;
}

std::string ClockWord(ClockKind kind) {
  switch (kind) {
    case CLOCK_KIND_ACKNOWLEDGEMENT:
      return "acknowledgement";
    case CLOCK_KIND_FIRST_RESPONSE:
      return "first_response";
    case CLOCK_KIND_NEXT_RESPONSE:
      return "next_response";
    case CLOCK_KIND_UPDATE:
      return "update";
    case CLOCK_KIND_ESTIMATE:
      return "estimate";
    default:
      return "unknown";
  }
}

Deadline Reminder(const Draft& draft, ClockKind kind) {
  Deadline deadline;
  deadline.set_id(sla::DeadlineId(DEADLINE_KIND_BREACH_UNACKNOWLEDGED, kind, 0));
  deadline.set_kind(DEADLINE_KIND_BREACH_UNACKNOWLEDGED);
  deadline.set_clock(kind);
  *deadline.mutable_due_time() =
      ToProto(draft.now() + FromProto(draft.policy().policy().management().remind_every()));
  return deadline;
}

void WithdrawBreach(Draft& draft, const Clock& clock, absl::Time at) {
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_BREACH_UNACKNOWLEDGED, clock.kind(), 0));
  Event event;
  event.mutable_breach_withdrawn()->set_kind(clock.kind());
  *event.mutable_breach_withdrawn()->mutable_stop_time() = ToProto(at);
  draft.AddFact(SLA_FACT_KIND_WITHDRAWN, clock);
  draft.Emit(std::move(event));
}

void TellOfOverrun(Draft& draft) {
  Message message;
  message.kind = NOTIFICATION_KIND_ESTIMATE_OVERRUN;
  message.fields = TicketFields(draft);
  TellCustomer(draft, std::move(message));
}

Fields ClockFields(const Draft& draft, const Clock& clock) {
  Fields fields = TicketFields(draft);
  fields.emplace_back("promise", ClockWord(clock.kind()));
  // One flag a promise, so that a template can say it in words of its language.
  fields.emplace_back("promise_" + ClockWord(clock.kind()), "1");
  if (clock.has_due_time()) {
    fields.emplace_back("due_time",
                        absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", FromProto(clock.due_time()),
                                         absl::UTCTimeZone()));
  }
  return fields;
}

// Starts `clock` in place of the one of its kind, as if it had always run.
void StartRetroactively(Draft& draft, const policy::CompiledPolicy& policy, Clock clock) {
  const Clock running = Resumed(policy, clock, draft.now());
  const bool past = running.has_due_time() && FromProto(running.due_time()) <= draft.now();
  // Warnings that would not have come yet are still to come.
  const auto& warn_times = running.warn_times();
  const auto come = std::count_if(
      warn_times.begin(), warn_times.end(),
      [&draft](const auto& warn_time) { return FromProto(warn_time) <= draft.now(); });
  const int32_t given = std::min(clock.warnings_given(), static_cast<int32_t>(come));
  // What was missed does not wait.
  if (past) clock = running;
  clock.set_warnings_given(given);
  const ClockKind kind = clock.kind();
  Event event;
  *event.mutable_clock_started()->mutable_clock() = std::move(clock);
  draft.Emit(std::move(event));
  if (past) BreachClock(draft, kind, /*by_reclassification=*/true);
}

constexpr std::string_view kReclassified = "reclassified";

void ReclassifyClock(Draft& draft, const Clock& old) {
  // What a person told the customer stands, whatever the policy says of such tickets.
  if (old.kind() == CLOCK_KIND_ESTIMATE && draft.ticket().estimates_given() > 0) return;
  const policy::CompiledPolicy& policy = draft.PolicyOf(old);
  const policy::v1::ClockRule* rule = RuleOf(draft, policy, old.kind());
  if (rule == nullptr) return CancelClock(draft, old.kind(), kReclassified);
  Clock clock =
      sla::Start(policy, *rule, draft.ticket().team(), FromProto(old.start_time()), old.pauses());
  clock.set_warnings_given(old.warnings_given());
  if (clock.SerializeAsString() == old.SerializeAsString()) return;
  StartRetroactively(draft, policy, std::move(clock));
}

// Where only the new class has such a promise: from when it would have begun.
void StartMissingClock(Draft& draft, ClockKind kind) {
  const TicketState& ticket = draft.ticket();
  if (ticket.status() == TICKET_STATUS_RESOLVED) return;
  const Clock* old = sla::Find(ticket, kind);
  if (old != nullptr &&
      (old->status() != CLOCK_STATUS_CANCELLED || old->end_reason() != kReclassified)) {
    return;
  }
  if (kind == CLOCK_KIND_FIRST_RESPONSE && ticket.has_first_response_time()) return;
  const policy::CompiledPolicy& policy = old == nullptr ? draft.policy() : draft.PolicyOf(*old);
  const policy::v1::ClockRule* rule = RuleOf(draft, policy, kind);
  if (rule == nullptr) return;
  absl::Time start = FromProto(ticket.received_time());
  if (old != nullptr) {
    start = FromProto(old->start_time());
  } else if (kind == CLOCK_KIND_UPDATE && ticket.has_last_agent_message_time()) {
    start = FromProto(ticket.last_agent_message_time());
  }
  Pauses pauses;
  if (old != nullptr) pauses = old->pauses();
  pauses = WithPresentWait(draft, *rule, std::move(pauses), draft.now());
  StartRetroactively(draft, policy, sla::Start(policy, *rule, ticket.team(), start, pauses));
}

}  // namespace

void StartClock(Draft& draft, ClockKind kind, absl::Time start) {
  const policy::v1::ClockRule* rule = RuleOf(draft, draft.policy(), kind);
  if (rule == nullptr) return;
  Event event;
  *event.mutable_clock_started()->mutable_clock() =
      sla::Start(draft.policy(), *rule, draft.ticket().team(), start,
                 WithPresentWait(draft, *rule, {}, start));
  draft.Emit(std::move(event));
}

void StopClock(Draft& draft, ClockKind kind, absl::Time at) {
  const Clock* found = sla::Find(draft.ticket(), kind);
  if (!sla::IsOpen(found)) return;
  const policy::CompiledPolicy& policy = draft.PolicyOf(*found);
  at = std::min(std::max(at, FromProto(found->start_time())), draft.now());
  const bool late = at > DueTime(policy, *found, at);
  if (late && !found->has_breach_time()) {
    BreachClock(draft, kind);
  } else if (!late && found->has_breach_time()) {
    WithdrawBreach(draft, *found, at);
  }
  const Clock clock = *sla::Find(draft.ticket(), kind);
  const absl::Duration elapsed = sla::Elapsed(policy, clock, at);
  Event event;
  ClockStopped* stopped = event.mutable_clock_stopped();
  stopped->set_kind(kind);
  *stopped->mutable_stop_time() = ToProto(at);
  *stopped->mutable_elapsed() = ToProto(elapsed);
  *stopped->mutable_margin() = ToProto(FromProto(clock.target()) - elapsed);
  stopped->set_breached(late);
  SlaFact& fact = draft.AddFact(late ? SLA_FACT_KIND_LATE : SLA_FACT_KIND_MET, clock);
  *fact.mutable_elapsed() = ToProto(elapsed);
  draft.Emit(std::move(event));
}

void CancelClock(Draft& draft, ClockKind kind, std::string_view reason) {
  const Clock* clock = sla::Find(draft.ticket(), kind);
  if (!sla::IsOpen(clock)) return;
  draft.AddFact(SLA_FACT_KIND_CANCELLED, *clock);
  Event event;
  event.mutable_clock_cancelled()->set_kind(kind);
  event.mutable_clock_cancelled()->set_reason(std::string(reason));
  *event.mutable_clock_cancelled()->mutable_stop_time() = ToProto(draft.now());
  draft.Emit(std::move(event));
}

void CancelAllClocks(Draft& draft, std::string_view reason) {
  for (const Clock& clock :
       std::vector<Clock>(draft.ticket().clocks().begin(), draft.ticket().clocks().end())) {
    // An estimate is no promise, and nobody waits for what is over.
    if (clock.kind() != CLOCK_KIND_ESTIMATE && MissedUnnoticed(draft, clock)) {
      BreachClock(draft, clock.kind());
    }
    CancelClock(draft, clock.kind(), reason);
  }
}

void PauseClocks(Draft& draft, std::string_view cause) {
  for (const Clock& clock :
       std::vector<Clock>(draft.ticket().clocks().begin(), draft.ticket().clocks().end())) {
    // A breach does not go away by waiting: the clock runs on until it is satisfied.
    if (clock.status() != CLOCK_STATUS_RUNNING || clock.has_breach_time()) continue;
    const policy::v1::ClockRule* rule = RuleOf(draft, draft.PolicyOf(clock), clock.kind());
    if (rule == nullptr || !PausesWhileWaiting(*rule)) continue;
    if (MissedUnnoticed(draft, clock)) {
      BreachClock(draft, clock.kind());
      continue;
    }
    Event event;
    event.mutable_clock_paused()->set_kind(clock.kind());
    event.mutable_clock_paused()->set_cause(std::string(cause));
    *event.mutable_clock_paused()->mutable_from_time() = ToProto(draft.asked());
    draft.Emit(std::move(event));
  }
}

void ResumeClocks(Draft& draft) {
  for (const Clock& clock :
       std::vector<Clock>(draft.ticket().clocks().begin(), draft.ticket().clocks().end())) {
    if (clock.status() != CLOCK_STATUS_PAUSED) continue;
    const Clock running = Resumed(draft.PolicyOf(clock), clock, draft.asked());
    Event event;
    ClockResumed* resumed = event.mutable_clock_resumed();
    resumed->set_kind(clock.kind());
    *resumed->mutable_to_time() = running.pauses().rbegin()->to_time();
    *resumed->mutable_warn_times() = running.warn_times();
    *resumed->mutable_due_time() = running.due_time();
    draft.Emit(std::move(event));
  }
}

void ReclassifyClocks(Draft& draft) {
  for (const Clock& clock :
       std::vector<Clock>(draft.ticket().clocks().begin(), draft.ticket().clocks().end())) {
    if (sla::IsOpen(&clock) && !clock.has_breach_time()) ReclassifyClock(draft, clock);
  }
  for (ClockKind kind : {CLOCK_KIND_FIRST_RESPONSE, CLOCK_KIND_UPDATE, CLOCK_KIND_ESTIMATE}) {
    StartMissingClock(draft, kind);
  }
}

void BreachClock(Draft& draft, ClockKind kind, bool by_reclassification) {
  const Clock clock = *sla::Find(draft.ticket(), kind);
  Event event;
  ClockBreached* breached = event.mutable_clock_breached();
  breached->set_kind(kind);
  *breached->mutable_due_time() = clock.due_time();
  *breached->mutable_detected_time() = ToProto(draft.now());
  breached->set_by_reclassification(by_reclassification);
  breached->set_open(kind != CLOCK_KIND_ESTIMATE);
  draft.Emit(std::move(event));
  SlaFact& fact = draft.AddFact(SLA_FACT_KIND_BREACHED, clock);
  fact.set_by_reclassification(by_reclassification);
  if (kind == CLOCK_KIND_ESTIMATE) {
    if (clock.warnings_given() == 0) TellOfOverrun(draft);
    TellStaff(draft, NOTIFICATION_KIND_WARNING_TEAM, draft.ticket().team(),
              ClockFields(draft, clock));
    return;
  }
  TellStaff(draft, NOTIFICATION_KIND_BREACH_MANAGEMENT, "management", ClockFields(draft, clock));
  draft.Arm(Reminder(draft, kind));
}

void WarnClock(Draft& draft, ClockKind kind) {
  const Clock clock = *sla::Find(draft.ticket(), kind);
  Event event;
  event.mutable_clock_warned()->set_kind(kind);
  event.mutable_clock_warned()->set_ordinal(clock.warnings_given());
  *event.mutable_clock_warned()->mutable_due_time() = clock.due_time();
  draft.Emit(std::move(event));
  draft.AddFact(SLA_FACT_KIND_WARNED, clock);
  if (kind == CLOCK_KIND_ESTIMATE && clock.warnings_given() == 0) TellOfOverrun(draft);
  TellStaff(draft, NOTIFICATION_KIND_WARNING_TEAM, draft.ticket().team(),
            ClockFields(draft, clock));
}

}  // namespace plazo::ticket
