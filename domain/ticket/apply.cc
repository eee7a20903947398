#include "domain/ticket/apply.h"

#include <algorithm>

#include "domain/core/decisions.h"
#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"

namespace plazo::ticket {
namespace {

using namespace core::v1;

void ApplyOpened(TicketState& ticket, const TicketOpened& opened, absl::Time decided) {
  ticket.set_ticket_id(opened.ticket_id());
  ticket.set_case_number(opened.case_number());
  *ticket.mutable_customer() = opened.customer();
  ticket.set_channel(opened.channel());
  ticket.set_status(TICKET_STATUS_NEW);
  ticket.set_priority(opened.priority());
  *ticket.mutable_headline() = opened.headline();
  ticket.set_service_name(opened.service_name());
  ticket.set_server_ip(opened.server_ip());
  ticket.set_order_number(opened.order_number());
  ticket.set_linked_ticket_id(opened.linked_ticket_id());
  ticket.set_policy_hash(opened.policy_hash());
  ticket.set_language(opened.language());
  *ticket.mutable_received_time() = opened.received_time();
  *ticket.mutable_opened_time() = ToProto(decided);
}

void ApplyRouted(TicketState& ticket, const TicketRouted& routed) {
  *ticket.mutable_classification() = routed.classification();
  ticket.set_department(routed.department());
  ticket.set_team(routed.team());
  ticket.set_level(routed.level());
  ticket.set_impact(routed.impact());
  ticket.set_complexity(routed.complexity());
  ticket.set_notification_type(routed.notification_type());
  ticket.set_suggested_team(routed.suggested_team());
}

void ApplyMessage(TicketState& ticket, const MessageAdded& message, absl::Time decided) {
  ticket.set_messages(ticket.messages() + 1);
  const ActorKind author = message.author().kind();
  if (author == ACTOR_KIND_CUSTOMER || author == ACTOR_KIND_VISITOR) {
    *ticket.mutable_last_customer_message_time() = message.received_time();
    if (!message.mail().message_id().empty()) {
      ticket.set_last_mail_message_id(message.mail().message_id());
    }
  } else if (author == ACTOR_KIND_AGENT && message.visibility() == VISIBILITY_PUBLIC) {
    *ticket.mutable_last_agent_message_time() = ToProto(decided);
    if (message.counts_as_response() && !ticket.has_first_response_time()) {
      *ticket.mutable_first_response_time() = ToProto(decided);
    }
    if (message.counts_as_response() && ticket.status() == TICKET_STATUS_NEW) {
      ticket.set_status(TICKET_STATUS_OPEN);
    }
  }
}

Clock* FindClock(TicketState& ticket, ClockKind kind) { return sla::Find(ticket, kind); }

void ApplyClockStarted(TicketState& ticket, const Clock& started) {
  if (Clock* clock = FindClock(ticket, started.kind())) {
    *clock = started;
  } else {
    *ticket.add_clocks() = started;
  }
}

void EndClock(Clock& clock, ClockStatus status, const google::protobuf::Timestamp& at) {
  clock.set_status(status);
  *clock.mutable_stop_time() = at;
  if (!clock.pauses().empty() && !clock.pauses().rbegin()->has_to_time()) {
    *clock.mutable_pauses()->rbegin()->mutable_to_time() = at;
  }
}

void ApplyPaused(Clock& clock, const ClockPaused& paused) {
  clock.set_status(CLOCK_STATUS_PAUSED);
  Interval* pause = clock.add_pauses();
  *pause->mutable_from_time() = paused.from_time();
  pause->set_cause(paused.cause());
  clock.clear_warn_times();
  clock.clear_due_time();
}

void ApplyResumed(Clock& clock, const ClockResumed& resumed) {
  clock.set_status(CLOCK_STATUS_RUNNING);
  if (!clock.pauses().empty()) {
    *clock.mutable_pauses()->rbegin()->mutable_to_time() = resumed.to_time();
  }
  *clock.mutable_warn_times() = resumed.warn_times();
  *clock.mutable_due_time() = resumed.due_time();
}

template <typename Repeated, typename Predicate>
void EraseIf(Repeated& list, Predicate matches) {
  list.erase(std::remove_if(list.begin(), list.end(), matches), list.end());
}

void RemoveBreach(TicketState& ticket, ClockKind kind) {
  EraseIf(*ticket.mutable_open_breaches(),
          [kind](const OpenBreach& breach) { return breach.clock() == kind; });
}

void ApplyBreached(TicketState& ticket, const ClockBreached& breached) {
  if (Clock* clock = FindClock(ticket, breached.kind())) {
    *clock->mutable_breach_time() = breached.detected_time();
    clock->set_breached_by_reclassification(breached.by_reclassification());
  }
  RemoveBreach(ticket, breached.kind());
  if (!breached.open()) return;
  OpenBreach* breach = ticket.add_open_breaches();
  breach->set_clock(breached.kind());
  *breach->mutable_due_time() = breached.due_time();
  *breach->mutable_breach_time() = breached.detected_time();
}

void Disarm(TicketState& ticket, std::string_view id) {
  EraseIf(*ticket.mutable_housekeeping(),
          [id](const Deadline& deadline) { return deadline.id() == id; });
}

void Arm(TicketState& ticket, const Deadline& armed) {
  Disarm(ticket, armed.id());
  *ticket.add_housekeeping() = armed;
}

void ApplyDeferred(TicketState& ticket, const NotificationDeferred& deferred) {
  for (PendingNotification& pending : *ticket.mutable_notifications()) {
    if (pending.intent().notification_id() != deferred.notification_id()) continue;
    pending.mutable_intent()->set_attempt(deferred.next_attempt());
    pending.set_in_doubt(pending.in_doubt() || deferred.in_doubt());
  }
}

void ApplySettled(TicketState& ticket, const NotificationSettled& settled) {
  EraseIf(*ticket.mutable_notifications(), [&](const PendingNotification& pending) {
    return pending.intent().notification_id() == settled.notification_id();
  });
}

// What a look-up by case number still needs (architecture §5).
void Shrink(TicketState& ticket) {
  TicketState stub;
  stub.set_ticket_id(ticket.ticket_id());
  stub.set_tenant(ticket.tenant());
  stub.set_case_number(ticket.case_number());
  stub.set_version(ticket.version());
  stub.mutable_customer()->set_customer_id(ticket.customer().customer_id());
  stub.set_channel(ticket.channel());
  stub.set_status(ticket.status());
  stub.mutable_headline()->set_subject(ticket.headline().subject());
  *stub.mutable_opened_time() = ticket.opened_time();
  *stub.mutable_closed_time() = ticket.closed_time();
  stub.set_merged_into_ticket_id(ticket.merged_into_ticket_id());
  stub.set_stub(true);
  ticket = std::move(stub);
}

void ApplyToClock(TicketState& ticket, const Event& event) {
  switch (event.event_case()) {
    case Event::kClockStarted:
      ApplyClockStarted(ticket, event.clock_started().clock());
      break;
    case Event::kClockPaused:
      if (Clock* clock = FindClock(ticket, event.clock_paused().kind())) {
        ApplyPaused(*clock, event.clock_paused());
      }
      break;
    case Event::kClockResumed:
      if (Clock* clock = FindClock(ticket, event.clock_resumed().kind())) {
        ApplyResumed(*clock, event.clock_resumed());
      }
      break;
    case Event::kClockStopped:
      if (Clock* clock = FindClock(ticket, event.clock_stopped().kind())) {
        EndClock(*clock, CLOCK_STATUS_STOPPED, event.clock_stopped().stop_time());
      }
      break;
    case Event::kClockCancelled:
      if (Clock* clock = FindClock(ticket, event.clock_cancelled().kind())) {
        EndClock(*clock, CLOCK_STATUS_CANCELLED, event.clock_cancelled().stop_time());
        clock->set_end_reason(event.clock_cancelled().reason());
      }
      break;
    case Event::kClockWarned:
      if (Clock* clock = FindClock(ticket, event.clock_warned().kind())) {
        clock->set_warnings_given(event.clock_warned().ordinal() + 1);
      }
      break;
    case Event::kClockBreached:
      ApplyBreached(ticket, event.clock_breached());
      break;
    case Event::kBreachWithdrawn:
      RemoveBreach(ticket, event.breach_withdrawn().kind());
      if (Clock* clock = FindClock(ticket, event.breach_withdrawn().kind())) {
        clock->clear_breach_time();
      }
      break;
    case Event::kBreachAcknowledged:
      RemoveBreach(ticket, event.breach_acknowledged().kind());
      break;
    case Event::kBreachReminded:
      for (OpenBreach& breach : *ticket.mutable_open_breaches()) {
        if (breach.clock() == event.breach_reminded().kind()) {
          breach.set_reminders(event.breach_reminded().ordinal());
        }
      }
      break;
    case Event::kDeadlineArmed:
      Arm(ticket, event.deadline_armed().deadline());
      break;
    case Event::kDeadlineDisarmed:
      Disarm(ticket, event.deadline_disarmed().deadline_id());
      break;
    case Event::kDeadlineFaulted:
      Disarm(ticket, event.deadline_faulted().deadline_id());
      break;
    default:
      break;
  }
}

}  // namespace

void ApplyEvent(TicketState& ticket, const Event& event, absl::Time decided) {
  switch (event.event_case()) {
    case Event::kTicketOpened:
      ApplyOpened(ticket, event.ticket_opened(), decided);
      break;
    case Event::kTicketRouted:
      ApplyRouted(ticket, event.ticket_routed());
      break;
    case Event::kMessageAdded:
      ApplyMessage(ticket, event.message_added(), decided);
      break;
    case Event::kTicketAssigned:
      ticket.set_team(event.ticket_assigned().team());
      ticket.set_level(event.ticket_assigned().level());
      ticket.set_agent_id(event.ticket_assigned().agent_id());
      break;
    case Event::kTicketEscalated:
      ticket.set_team(event.ticket_escalated().to_team());
      ticket.set_level(event.ticket_escalated().to_level());
      ticket.clear_agent_id();
      ticket.clear_suggested_team();
      ticket.set_escalations(ticket.escalations() + 1);
      break;
    case Event::kTicketTransferred:
      ticket.set_department(event.ticket_transferred().department());
      ticket.set_team(event.ticket_transferred().team());
      ticket.set_level(event.ticket_transferred().level());
      ticket.set_notification_type(event.ticket_transferred().notification_type());
      ticket.clear_agent_id();
      break;
    case Event::kImpactSet:
      ticket.set_impact(event.impact_set().impact());
      ticket.set_complexity(event.impact_set().complexity());
      break;
    case Event::kEstimateGiven:
      *ticket.mutable_estimated_time() = event.estimate_given().estimated_time();
      ticket.set_estimates_given(event.estimate_given().ordinal());
      break;
    case Event::kCustomerAwaited:
      ticket.set_status(TICKET_STATUS_WAITING_FOR_CUSTOMER);
      break;
    case Event::kApprovalRequested:
      ticket.set_approval_pending(true);
      break;
    case Event::kApprovalDecided:
      ticket.set_approval_pending(false);
      break;
    case Event::kChatPromoted:
      ticket.set_channel(CHANNEL_TICKET);
      break;
    case Event::kTicketResolved:
      ticket.set_status(TICKET_STATUS_RESOLVED);
      *ticket.mutable_resolved_time() = ToProto(decided);
      break;
    case Event::kTicketClosed:
      if (ticket.status() != TICKET_STATUS_MERGED) ticket.set_status(TICKET_STATUS_CLOSED);
      *ticket.mutable_closed_time() = ToProto(decided);
      break;
    case Event::kTicketReopened:
      ticket.set_status(TICKET_STATUS_OPEN);
      ticket.clear_resolved_time();
      ticket.clear_closed_time();
      break;
    case Event::kTicketMerged:
      ticket.set_status(TICKET_STATUS_MERGED);
      ticket.set_merged_into_ticket_id(event.ticket_merged().into_ticket_id());
      break;
    case Event::kParticipantAdded:
      ticket.add_participants(event.participant_added().address());
      break;
    case Event::kParticipantRemoved:
      EraseIf(*ticket.mutable_participants(), [&](const std::string& address) {
        return address == event.participant_removed().address();
      });
      break;
    case Event::kTicketShrunk:
      Shrink(ticket);
      break;
    case Event::kNotificationRequested:
      *ticket.add_notifications() = event.notification_requested().notification();
      break;
    case Event::kNotificationDeferred:
      ApplyDeferred(ticket, event.notification_deferred());
      break;
    case Event::kNotificationSettled:
      ApplySettled(ticket, event.notification_settled());
      break;
    default:
      ApplyToClock(ticket, event);
  }
}

void Seal(TicketState& ticket, const Decision& decision) {
  ticket.set_tenant(decision.tenant());
  ticket.set_version(decision.version());
  *ticket.mutable_changed_time() = decision.decided_time();
  Remember(*ticket.mutable_recent_commands(), decision);
  ticket.clear_deadlines();
  for (Deadline& deadline : sla::Deadlines(ticket)) {
    *ticket.add_deadlines() = std::move(deadline);
  }
}

void Apply(TicketState& ticket, const Decision& decision) {
  if (decision.outcome() != OUTCOME_APPLIED || decision.events().empty()) return;
  const absl::Time decided = FromProto(decision.decided_time());
  for (const Event& event : decision.events()) ApplyEvent(ticket, event, decided);
  Seal(ticket, decision);
}

bool Forgotten(const Decision& decision) {
  return std::any_of(decision.events().begin(), decision.events().end(),
                     [](const Event& event) { return event.has_ticket_forgotten(); });
}

}  // namespace plazo::ticket
