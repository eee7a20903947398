#include "domain/core/proto_time.h"
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

Effects RefuseOver(Draft& draft) {
  if (draft.ticket().status() == TICKET_STATUS_MERGED) {
    return draft.Refuse("TICKET_MERGED",
                        "goes on in ticket " + draft.ticket().merged_into_ticket_id());
  }
  return draft.Refuse("TICKET_CLOSED", "the ticket is closed; reopen it first");
}

// The first agent who does something about a ticket nobody has takes it.
void TakeTicket(Draft& draft) {
  const TicketState& ticket = draft.ticket();
  if (draft.command().actor().kind() != ACTOR_KIND_AGENT || !ticket.agent_id().empty()) return;
  Event event;
  TicketAssigned* assigned = event.mutable_ticket_assigned();
  assigned->set_team(ticket.team());
  assigned->set_level(ticket.level());
  assigned->set_agent_id(draft.command().actor().id());
  draft.Emit(std::move(event));
}

void AwaitCustomer(Draft& draft) {
  Event event;
  event.mutable_customer_awaited();
  draft.Emit(std::move(event));
  PauseClocks(draft, "waiting_for_customer");
}

// A person's public answer: what was waited for has come, and the next update is due anew (F3).
void AnswerClocks(Draft& draft) {
  StopClock(draft, CLOCK_KIND_FIRST_RESPONSE, draft.asked());
  StopClock(draft, CLOCK_KIND_NEXT_RESPONSE, draft.asked());
  StopClock(draft, CLOCK_KIND_UPDATE, draft.asked());
  StartClock(draft, CLOCK_KIND_UPDATE, draft.asked());
}

void Say(Draft& draft, NotificationKind kind, const Content& content, Fields extra = {}) {
  Message message;
  message.kind = kind;
  message.fields = TicketFields(draft);
  for (auto& field : extra) message.fields.push_back(std::move(field));
  if (!draft.command().actor().name().empty()) {
    message.fields.emplace_back("agent_name", draft.command().actor().name());
  }
  message.fields.emplace_back("text", content.body());
  message.content = content;
  message.automatic = false;
  message.counts_as_response = true;
  TellCustomer(draft, std::move(message));
}

// Why a request moves and what happens next, in the agent's words or the policy's (F11, F13).
Fields EscalationFields(const Draft& draft, const policy::v1::EscalationCause& cause,
                        const std::string& reason, const std::string& next_step) {
  const std::string& language = draft.ticket().language();
  Fields fields = TicketFields(draft);
  fields.emplace_back("reason", reason.empty()
                                    ? std::string(policy::Localised(cause.reasons(), language))
                                    : reason);
  fields.emplace_back(
      "next_step",
      next_step.empty() ? std::string(policy::Localised(cause.next_steps(), language)) : next_step);
  if (cause.has_typical()) {
    std::string estimate = DurationText(FromProto(cause.typical()), language);
    if (cause.has_upper()) estimate += " - " + DurationText(FromProto(cause.upper()), language);
    fields.emplace_back("estimate", std::move(estimate));
  }
  return fields;
}

std::string UtcText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

}  // namespace

Effects Reply(Draft draft, const ReplyToCustomer& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  if (command.automatic()) {
    // A saved answer sent by policy: in the conversation, but never the human answer (F39).
    Message message;
    message.kind = NOTIFICATION_KIND_AGENT_REPLY;
    message.fields = TicketFields(draft);
    message.fields.emplace_back("text", command.content().body());
    message.content = command.content();
    TellCustomer(draft, std::move(message));
    return draft.Finish();
  }
  TakeTicket(draft);
  Say(draft, NOTIFICATION_KIND_AGENT_REPLY, command.content());
  if (draft.ticket().status() != TICKET_STATUS_OPEN) ReopenTicketNow(draft, "answered");
  AnswerClocks(draft);
  if (command.wait_for_customer()) AwaitCustomer(draft);
  return draft.Finish();
}

Effects AddNote(Draft draft, const core::v1::AddNote& command) {
  AddInternalNote(draft, command.content());
  return draft.Finish();
}

Effects Assign(Draft draft, const AssignTicket& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  const std::string team_id = command.team().empty() ? draft.ticket().team() : command.team();
  const policy::v1::Team* team = draft.policy().FindTeam(team_id);
  if (team == nullptr) return draft.Refuse("UNKNOWN_TEAM", "the policy has no such team");
  if (team->level() != draft.ticket().level()) {
    return draft.Refuse("OTHER_LEVEL", "assign keeps the level; escalate to another");
  }
  Event event;
  TicketAssigned* assigned = event.mutable_ticket_assigned();
  assigned->set_team(team->id());
  assigned->set_level(team->level());
  assigned->set_agent_id(command.agent_id());
  draft.Emit(std::move(event));
  ReclassifyClocks(draft);
  return draft.Finish();
}

Effects Escalate(Draft draft, const EscalateTicket& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  const std::string team_id =
      command.team().empty() ? draft.ticket().suggested_team() : command.team();
  const policy::v1::Team* team = draft.policy().FindTeam(team_id);
  if (team == nullptr) return draft.Refuse("UNKNOWN_TEAM", "the policy has no such team");
  if (team->id() == draft.ticket().team()) {
    return draft.Refuse("NOT_ANOTHER_LEVEL", "the ticket is with that team already");
  }
  if (team->level() < draft.ticket().level()) {
    return draft.Refuse("NOT_ANOTHER_LEVEL", "escalate goes up; transfer or assign goes elsewhere");
  }
  const policy::v1::EscalationCause* cause = draft.policy().FindCause(command.cause());
  if (cause == nullptr) return draft.Refuse("UNKNOWN_CAUSE", "the policy has no such cause");

  Event event;
  TicketEscalated* escalated = event.mutable_ticket_escalated();
  escalated->set_from_team(draft.ticket().team());
  escalated->set_from_level(draft.ticket().level());
  escalated->set_to_team(team->id());
  escalated->set_to_level(team->level());
  escalated->set_cause(command.cause());
  draft.Emit(std::move(event));

  // In the same conversation, exactly once (I19).
  Message message;
  message.kind = NOTIFICATION_KIND_ESCALATED;
  message.fields =
      EscalationFields(draft, *cause, command.reason().body(), command.next_step().body());
  TellCustomer(draft, std::move(message));
  ReclassifyClocks(draft);
  return draft.Finish();
}

Effects Transfer(Draft draft, const TransferTicket& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  const policy::v1::Team* team = command.team().empty() ? &draft.policy().FirstTeam()
                                                        : draft.policy().FindTeam(command.team());
  if (team == nullptr) return draft.Refuse("UNKNOWN_TEAM", "the policy has no such team");
  Event event;
  TicketTransferred* transferred = event.mutable_ticket_transferred();
  transferred->set_department(command.department());
  transferred->set_team(team->id());
  transferred->set_level(team->level());
  transferred->set_notification_type(
      command.department() == DEPARTMENT_FINANCIAL ? NOTIFICATION_TYPE_BILLING
      : command.department() == DEPARTMENT_ABUSE   ? NOTIFICATION_TYPE_ABUSE
                                                   : NOTIFICATION_TYPE_SUPPORT);
  draft.Emit(std::move(event));
  ReclassifyClocks(draft);
  return draft.Finish();
}

Effects SetImpact(Draft draft, const core::v1::SetImpact& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  Event event;
  ImpactSet* set = event.mutable_impact_set();
  set->set_impact(command.impact() == IMPACT_UNSPECIFIED ? draft.ticket().impact()
                                                         : command.impact());
  set->set_complexity(command.complexity() == COMPLEXITY_UNSPECIFIED ? draft.ticket().complexity()
                                                                     : command.complexity());
  draft.Emit(std::move(event));
  ReclassifyClocks(draft);
  return draft.Finish();
}

Effects GiveEstimate(Draft draft, const core::v1::GiveEstimate& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  const absl::Duration remaining = FromProto(command.remaining());
  TakeTicket(draft);
  Event event;
  EstimateGiven* given = event.mutable_estimate_given();
  *given->mutable_estimated_time() = ToProto(draft.now() + remaining);
  given->set_ordinal(draft.ticket().estimates_given() + 1);
  draft.Emit(std::move(event));
  // The customer counts on the new one from now on (F17, F18).
  policy::v1::ClockRule rule;
  rule.set_clock(CLOCK_KIND_ESTIMATE);
  *rule.mutable_target() = command.remaining();
  *rule.add_warn_after() = ToProto(remaining * 0.8);
  Event started;
  *started.mutable_clock_started()->mutable_clock() =
      sla::Start(draft.policy(), rule, draft.ticket().team(), draft.now());
  draft.Emit(std::move(started));
  Say(draft, NOTIFICATION_KIND_ESTIMATE_GIVEN, command.reason(),
      {{"estimate", DurationText(remaining, draft.ticket().language())},
       {"estimated_time", UtcText(draft.now() + remaining)}});
  AnswerClocks(draft);
  return draft.Finish();
}

Effects WaitForCustomer(Draft draft, const core::v1::WaitForCustomer& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  TakeTicket(draft);
  if (!command.question().body().empty()) {
    Say(draft, NOTIFICATION_KIND_AGENT_REPLY, command.question());
    AnswerClocks(draft);
  }
  AwaitCustomer(draft);
  return draft.Finish();
}

Effects RequestApproval(Draft draft, const core::v1::RequestApproval& command) {
  if (IsOver(draft.ticket())) return RefuseOver(draft);
  const policy::v1::EscalationCause* cause = draft.policy().FindCause(command.cause());
  if (cause == nullptr) return draft.Refuse("UNKNOWN_CAUSE", "the policy has no such cause");
  Event event;
  event.mutable_approval_requested()->set_cause(command.cause());
  draft.Emit(std::move(event));
  if (!command.reason().body().empty()) AddInternalNote(draft, command.reason());
  Message message;
  message.kind = NOTIFICATION_KIND_ESCALATED;
  message.fields = EscalationFields(draft, *cause, "", "");
  TellCustomer(draft, std::move(message));
  return draft.Finish();
}

Effects DecideApproval(Draft draft, const core::v1::DecideApproval& command) {
  if (!draft.ticket().approval_pending()) {
    return draft.Refuse("NO_APPROVAL_PENDING", "nobody asked for an approval");
  }
  Event event;
  event.mutable_approval_decided()->set_approved(command.approved());
  draft.Emit(std::move(event));
  if (!command.reason().body().empty()) AddInternalNote(draft, command.reason());
  return draft.Finish();
}

Effects PromoteChat(Draft draft) {
  if (draft.ticket().channel() != CHANNEL_CHAT) {
    return draft.Refuse("NOT_A_CHAT", "only a chat can become a ticket");
  }
  Event event;
  event.mutable_chat_promoted();
  draft.Emit(std::move(event));
  ReclassifyClocks(draft);
  return draft.Finish();
}

}  // namespace plazo::ticket
