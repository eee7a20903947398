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

const Deadline* FindDeadline(const TicketState& ticket, std::string_view id) {
  for (const Deadline& deadline : ticket.deadlines()) {
    if (deadline.id() == id) return &deadline;
  }
  return nullptr;
}

const PendingNotification* FindPending(const TicketState& ticket, std::string_view id) {
  for (const PendingNotification& pending : ticket.notifications()) {
    if (pending.intent().notification_id() == id) return &pending;
  }
  return nullptr;
}

// The same attempt is asked for again; notifier's ledger knows whether it was made.
void AskAgain(Draft& draft, std::string_view notification_id) {
  const PendingNotification* pending = FindPending(draft.ticket(), notification_id);
  if (pending == nullptr) return;
  draft.AddIntent(pending->intent());
  ArmDelivery(draft, *pending);
}

void Remind(Draft& draft, const Deadline& deadline) {
  const auto& management = draft.policy().policy().management();
  for (const OpenBreach& breach : std::vector<OpenBreach>(draft.ticket().open_breaches().begin(),
                                                          draft.ticket().open_breaches().end())) {
    if (breach.clock() != deadline.clock()) continue;
    Event event;
    event.mutable_breach_reminded()->set_kind(breach.clock());
    event.mutable_breach_reminded()->set_ordinal(breach.reminders() + 1);
    draft.Emit(std::move(event));
    Fields fields = TicketFields(draft);
    fields.emplace_back("reminder", std::to_string(breach.reminders() + 1));
    fields.emplace_back("due_time",
                        absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", FromProto(breach.due_time()),
                                         absl::UTCTimeZone()));
    TellStaff(draft, NOTIFICATION_KIND_BREACH_REMINDER, "management", std::move(fields));
    if (breach.reminders() + 1 >= management.reminders()) return;
    Deadline next = deadline;
    *next.mutable_due_time() = ToProto(draft.now() + FromProto(management.remind_every()));
    draft.Arm(std::move(next));
  }
}

void Shrink(Draft& draft) {
  Event event;
  event.mutable_ticket_shrunk();
  draft.Emit(std::move(event));
  Deadline forget;
  forget.set_id(sla::DeadlineId(DEADLINE_KIND_FORGET, CLOCK_KIND_UNSPECIFIED, 0));
  forget.set_kind(DEADLINE_KIND_FORGET);
  *forget.mutable_due_time() =
      ToProto(draft.now() + FromProto(draft.policy().policy().lifecycle().forget_after()));
  draft.Arm(std::move(forget));
}

void Act(Draft& draft, const Deadline& deadline) {
  // Housekeeping is armed once; what goes on arms itself anew.
  draft.Disarm(deadline.id());
  switch (deadline.kind()) {
    case DEADLINE_KIND_WARN:
      return WarnClock(draft, deadline.clock());
    case DEADLINE_KIND_BREACH:
      return BreachClock(draft, deadline.clock());
    case DEADLINE_KIND_NOTIFY_RETRY:
    case DEADLINE_KIND_DELIVERY_STUCK:
      return AskAgain(draft, deadline.notification_id());
    case DEADLINE_KIND_AUTO_CLOSE:
      return CloseTicketNow(draft, "silence");
    case DEADLINE_KIND_BREACH_UNACKNOWLEDGED:
      return Remind(draft, deadline);
    case DEADLINE_KIND_SHRINK:
      return Shrink(draft);
    case DEADLINE_KIND_FORGET: {
      Event event;
      event.mutable_ticket_forgotten();
      return draft.Emit(std::move(event));
    }
    default: {
      Event event;
      event.mutable_deadline_faulted()->set_deadline_id(deadline.id());
      event.mutable_deadline_faulted()->set_error("no such kind of deadline");
      return draft.Emit(std::move(event));
    }
  }
}

// +-20 %, the same for every replay.
absl::Duration Jittered(absl::Duration wait, std::string_view notification_id, int32_t attempt) {
  uint32_t mix = 2166136261u;
  for (char c : notification_id) mix = (mix ^ static_cast<unsigned char>(c)) * 16777619u;
  mix = (mix ^ static_cast<uint32_t>(attempt)) * 16777619u;
  return wait * (0.8 + 0.4 * (mix % 1000) / 1000.0);
}

void Settle(Draft& draft, const DeliveryReported& report, DeliveryOutcome outcome) {
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_NOTIFY_RETRY, report.notification_id()));
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_DELIVERY_STUCK, report.notification_id()));
  Event event;
  NotificationSettled* settled = event.mutable_notification_settled();
  settled->set_notification_id(report.notification_id());
  settled->set_outcome(outcome);
  if (report.has_relay_time()) *settled->mutable_relay_time() = report.relay_time();
  settled->set_attempts(report.attempt());
  settled->set_reason(report.reason());
  draft.Emit(std::move(event));
}

void RetryLater(Draft& draft, const DeliveryReported& report, absl::Duration wait, bool in_doubt) {
  draft.Disarm(sla::DeadlineId(DEADLINE_KIND_DELIVERY_STUCK, report.notification_id()));
  Deadline retry;
  retry.set_kind(DEADLINE_KIND_NOTIFY_RETRY);
  retry.set_id(sla::DeadlineId(retry.kind(), report.notification_id()));
  retry.set_notification_id(report.notification_id());
  *retry.mutable_due_time() = ToProto(draft.now() + wait);
  Event event;
  NotificationDeferred* deferred = event.mutable_notification_deferred();
  deferred->set_notification_id(report.notification_id());
  deferred->set_next_attempt(report.attempt() + 1);
  *deferred->mutable_retry_time() = retry.due_time();
  deferred->set_reason(report.reason());
  deferred->set_in_doubt(in_doubt);
  draft.Emit(std::move(event));
  draft.Arm(std::move(retry));
}

absl::Duration WaitBefore(const policy::v1::Delivery& delivery, int32_t attempt) {
  const int last = delivery.retry_after_size() - 1;
  return FromProto(delivery.retry_after(std::min(attempt - 1, last)));
}

void Defer(Draft& draft, const DeliveryReported& report, const PendingNotification& pending) {
  const policy::v1::Delivery& delivery = draft.policy().policy().delivery();
  const absl::Time give_up =
      FromProto(pending.intent().requested_time()) + FromProto(delivery.give_up_after());
  if (draft.now() >= give_up) return Settle(draft, report, DELIVERY_OUTCOME_FAILED);
  RetryLater(
      draft, report,
      Jittered(WaitBefore(delivery, report.attempt()), report.notification_id(), report.attempt()),
      /*in_doubt=*/false);
}

}  // namespace

Effects FireTimer(Draft draft, const TimerFired& command) {
  const Deadline* deadline = FindDeadline(draft.ticket(), command.deadline_id());
  // The index fired for something that is no longer so: it is told how things are.
  draft.RepeatState();
  if (deadline == nullptr) return draft.Finish("STALE");
  if (FromProto(deadline->due_time()) != FromProto(command.due_time())) {
    return draft.Finish("STALE");
  }
  if (draft.now() < FromProto(deadline->due_time())) return draft.Finish("EARLY");
  Act(draft, Deadline(*deadline));
  return draft.Finish();
}

Effects TakeDeliveryReport(Draft draft, const DeliveryReported& report) {
  const PendingNotification* found = FindPending(draft.ticket(), report.notification_id());
  if (found == nullptr || found->intent().attempt() != report.attempt()) {
    return draft.Finish("STALE");
  }
  const PendingNotification pending = *found;
  switch (report.outcome()) {
    case DELIVERY_OUTCOME_ACCEPTED:
      Settle(draft, report, report.outcome());
      if (pending.stops_acknowledgement()) {
        StopClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT,
                  report.has_relay_time() ? FromProto(report.relay_time()) : draft.now());
      }
      break;
    case DELIVERY_OUTCOME_DEFERRED:
      Defer(draft, report, pending);
      break;
    case DELIVERY_OUTCOME_IN_DOUBT:
      if (pending.in_doubt()) {
        Settle(draft, report, report.outcome());
      } else {
        RetryLater(draft, report, FromProto(draft.policy().policy().delivery().in_doubt_after()),
                   /*in_doubt=*/true);
      }
      break;
    case DELIVERY_OUTCOME_SUPPRESSED:
      Settle(draft, report, report.outcome());
      if (pending.stops_acknowledgement()) {
        CancelClock(draft, CLOCK_KIND_ACKNOWLEDGEMENT, "suppressed: " + report.reason());
      }
      break;
    default:
      Settle(draft, report, DELIVERY_OUTCOME_FAILED);
  }
  return draft.Finish();
}

Effects RecordBounce(Draft draft, const core::v1::RecordBounce& command) {
  Content note;
  note.set_body("Bounced: " + command.address() + " (" + command.status() +
                (command.permanent() ? ", permanent)" : ", temporary)"));
  AddInternalNote(draft, std::move(note));
  if (command.permanent() && !draft.ticket().customer().customer_id().empty()) {
    Command health;
    health.set_tenant(draft.policy().tenant());
    health.set_aggregate(
        ids::CustomerKey(draft.policy().tenant(), draft.ticket().customer().customer_id()));
    health.mutable_actor()->set_kind(ACTOR_KIND_SYSTEM);
    health.mutable_actor()->set_id("router");
    *health.mutable_received_time() = ToProto(draft.now());
    ReportAddressHealth* body = health.mutable_report_address_health();
    body->set_address(command.address());
    body->set_bounced(true);
    body->set_status(command.status());
    draft.Send(std::move(health));
  }
  return draft.Finish();
}

}  // namespace plazo::ticket
