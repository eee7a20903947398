#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/clock_steps.h"
#include "domain/ticket/commands.h"
#include "domain/ticket/notify_steps.h"

namespace plazo::ticket {

using namespace core::v1;

namespace {

bool IsOver(const TicketState& ticket) {
  return ticket.status() == TICKET_STATUS_CLOSED || ticket.status() == TICKET_STATUS_MERGED;
}

void ArmAfter(Draft& draft, DeadlineKind kind, absl::Duration wait) {
  Deadline deadline;
  deadline.set_id(sla::DeadlineId(kind, CLOCK_KIND_UNSPECIFIED, 0));
  deadline.set_kind(kind);
  *deadline.mutable_due_time() = ToProto(draft.now() + wait);
  draft.Arm(std::move(deadline));
}

bool IsParticipant(const TicketState& ticket, std::string_view address) {
  const auto& others = ticket.participants();
  return std::find(others.begin(), others.end(), address) != others.end();
}

// Whoever waits for an answer waits for it in the ticket that goes on, since then. What was missed
// here is not missed there once more.
void HandOverWait(Draft& draft, const std::string& into_ticket_id) {
  const TicketState& ticket = draft.ticket();
  for (ClockKind kind : {CLOCK_KIND_FIRST_RESPONSE, CLOCK_KIND_NEXT_RESPONSE}) {
    const Clock* clock = sla::Find(ticket, kind);
    if (!sla::IsOpen(clock)) continue;
    const bool missed = clock->has_breach_time() || FromProto(clock->due_time()) < draft.now();
    Command waiting;
    waiting.set_tenant(draft.command().tenant());
    waiting.set_aggregate(ids::TicketKey(into_ticket_id));
    waiting.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
    waiting.mutable_actor()->set_id(ticket.customer().customer_id());
    *waiting.mutable_customer() = ticket.customer();
    *waiting.mutable_received_time() = missed ? ToProto(draft.now()) : clock->start_time();
    core::v1::AddCustomerMessage* message = waiting.mutable_add_customer_message();
    message->set_channel(ticket.channel());
    message->mutable_content()->set_body(ticket.headline().subject());
    if (ticket.channel() == CHANNEL_EMAIL) {
      message->mutable_mail()->set_from(ticket.customer().reply_address());
    }
    draft.Send(std::move(waiting));
    return;
  }
}

}  // namespace

void CloseTicketNow(Draft& draft, std::string_view reason) {
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_AUTO_CLOSE, CLOCK_KIND_UNSPECIFIED, 0));
  CancelAllClocks(draft, "closed");
  Event event;
  event.mutable_ticket_closed()->set_reason(std::string(reason));
  draft.Emit(std::move(event));
  ArmAfter(draft, DEADLINE_KIND_SHRINK,
           FromProto(draft.policy().policy().lifecycle().shrink_after()));
  if (reason == "merged") return;
  Message message;
  message.kind = NOTIFICATION_KIND_CLOSED;
  message.fields = TicketFields(draft);
  TellCustomer(draft, std::move(message));
}

void ReopenTicketNow(Draft& draft, std::string_view reason) {
  const TicketStatus before = draft.ticket().status();
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_AUTO_CLOSE, CLOCK_KIND_UNSPECIFIED, 0));
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_SHRINK, CLOCK_KIND_UNSPECIFIED, 0));
  Event event;
  event.mutable_ticket_reopened()->set_reason(std::string(reason));
  draft.Emit(std::move(event));
  ResumeClocks(draft);
  // An answer starts its own.
  if (reason == "answered") return;
  if (before == TICKET_STATUS_RESOLVED || before == TICKET_STATUS_CLOSED) {
    StartClock(draft, CLOCK_KIND_UPDATE, draft.asked());
  }
}

Effects Resolve(Draft draft, const ResolveTicket& command) {
  if (IsOver(draft.ticket())) return draft.Refuse("TICKET_CLOSED", "the ticket is closed");
  Message message;
  message.kind = NOTIFICATION_KIND_RESOLVED;
  message.fields = TicketFields(draft);
  message.fields.emplace_back("summary", command.summary().body());
  message.fields.emplace_back(
      "closes_after", DurationText(FromProto(draft.policy().policy().lifecycle().close_after()),
                                   draft.ticket().language()));
  message.content = command.summary();
  message.automatic = false;
  message.counts_as_response = true;
  TellCustomer(draft, std::move(message));
  Event event;
  event.mutable_ticket_resolved();
  draft.Emit(std::move(event));
  for (ClockKind kind : {CLOCK_KIND_FIRST_RESPONSE, CLOCK_KIND_NEXT_RESPONSE, CLOCK_KIND_UPDATE,
                         CLOCK_KIND_ESTIMATE}) {
    StopClock(draft, kind, draft.asked());
  }
  // Confirmed by the customer, or by silence (F13).
  ArmAfter(draft, DEADLINE_KIND_AUTO_CLOSE,
           FromProto(draft.policy().policy().lifecycle().close_after()));
  return draft.Finish();
}

Effects Close(Draft draft, const CloseTicket& command) {
  if (IsOver(draft.ticket())) return draft.Refuse("TICKET_CLOSED", "the ticket is closed already");
  if (!command.reason().body().empty()) AddInternalNote(draft, command.reason());
  CloseTicketNow(draft, "agent");
  return draft.Finish();
}

Effects Reopen(Draft draft, const ReopenTicket& command) {
  const TicketStatus status = draft.ticket().status();
  if (draft.ticket().stub() || status == TICKET_STATUS_MERGED) {
    return draft.Refuse("TICKET_CLOSED", "the ticket is archived or merged");
  }
  if (status != TICKET_STATUS_CLOSED && status != TICKET_STATUS_RESOLVED) {
    return draft.Refuse("NOT_CLOSED", "only a resolved or closed ticket can be reopened");
  }
  if (!command.reason().body().empty()) AddInternalNote(draft, command.reason());
  ReopenTicketNow(draft, "agent");
  return draft.Finish();
}

Effects Merge(Draft draft, const MergeTicket& command) {
  if (draft.ticket().status() == TICKET_STATUS_MERGED || draft.ticket().stub()) {
    return draft.Refuse("TICKET_MERGED", "the ticket is merged or archived already");
  }
  if (command.into_ticket_id() == draft.ticket().ticket_id()) {
    return draft.Refuse("SAME_TICKET", "a ticket cannot be merged into itself");
  }
  Event event;
  event.mutable_ticket_merged()->set_into_ticket_id(command.into_ticket_id());
  draft.Emit(std::move(event));
  HandOverWait(draft, command.into_ticket_id());
  CloseTicketNow(draft, "merged");
  return draft.Finish();
}

Effects AddParticipant(Draft draft, const core::v1::AddParticipant& command) {
  if (IsParticipant(draft.ticket(), command.address())) {
    return draft.Refuse("ALREADY_PARTICIPANT", "the address reads along already");
  }
  Event event;
  event.mutable_participant_added()->set_address(command.address());
  draft.Emit(std::move(event));
  return draft.Finish();
}

Effects RemoveParticipant(Draft draft, const core::v1::RemoveParticipant& command) {
  if (!IsParticipant(draft.ticket(), command.address())) {
    return draft.Refuse("NOT_A_PARTICIPANT", "the address does not read along");
  }
  Event event;
  event.mutable_participant_removed()->set_address(command.address());
  draft.Emit(std::move(event));
  return draft.Finish();
}

Effects AcknowledgeBreach(Draft draft, const core::v1::AcknowledgeBreach& command) {
  const auto& breaches = draft.ticket().open_breaches();
  std::vector<ClockKind> kinds;
  for (const OpenBreach& breach : breaches) {
    if (command.clock() == CLOCK_KIND_UNSPECIFIED || command.clock() == breach.clock()) {
      kinds.push_back(breach.clock());
    }
  }
  if (kinds.empty()) return draft.Refuse("NO_OPEN_BREACH", "there is no such open breach");
  for (ClockKind kind : kinds) {
    draft.Disarm(sla::DeadlineId(DEADLINE_KIND_BREACH_UNACKNOWLEDGED, kind, 0));
    Event event;
    event.mutable_breach_acknowledged()->set_kind(kind);
    *event.mutable_breach_acknowledged()->mutable_actor() = draft.command().actor();
    draft.AddFact(SLA_FACT_KIND_ACKNOWLEDGED, *sla::Find(draft.ticket(), kind));
    draft.Emit(std::move(event));
  }
  if (!command.note().body().empty()) AddInternalNote(draft, command.note());
  return draft.Finish();
}

}  // namespace plazo::ticket
