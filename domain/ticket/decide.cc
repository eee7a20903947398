#include "domain/ticket/decide.h"

#include <optional>

#include "domain/ticket/commands.h"

namespace plazo::ticket {

using namespace core::v1;

namespace {

bool IsServiceCommand(const Command& command) {
  return command.has_timer_fired() || command.has_delivery_reported() ||
         command.has_record_bounce();
}

// A firing or report about a ticket that is gone: nothing to do, and the index is healed by a
// tombstone.
Effects UnknownToService(const Context& context, const Command& command) {
  Effects effects;
  effects.decision = StartDecision(context, command);
  effects.decision.set_outcome(OUTCOME_APPLIED);
  effects.decision.set_reason("UNKNOWN");
  effects.repeat_state = true;
  return effects;
}

Effects Dispatch(Draft draft, const Command& command) {
  switch (command.body_case()) {
    case Command::kAddCustomerMessage:
      return AddCustomerMessage(std::move(draft), command.add_customer_message());
    case Command::kConfirmResolution:
      return ConfirmResolution(std::move(draft), command.confirm_resolution());
    case Command::kLogCall:
      return LogCall(std::move(draft), command.log_call());
    case Command::kReply:
      return Reply(std::move(draft), command.reply());
    case Command::kAddNote:
      return AddNote(std::move(draft), command.add_note());
    case Command::kAssign:
      return Assign(std::move(draft), command.assign());
    case Command::kEscalate:
      return Escalate(std::move(draft), command.escalate());
    case Command::kTransfer:
      return Transfer(std::move(draft), command.transfer());
    case Command::kSetImpact:
      return SetImpact(std::move(draft), command.set_impact());
    case Command::kGiveEstimate:
      return GiveEstimate(std::move(draft), command.give_estimate());
    case Command::kWaitForCustomer:
      return WaitForCustomer(std::move(draft), command.wait_for_customer());
    case Command::kRequestApproval:
      return RequestApproval(std::move(draft), command.request_approval());
    case Command::kDecideApproval:
      return DecideApproval(std::move(draft), command.decide_approval());
    case Command::kPromoteChat:
      return PromoteChat(std::move(draft));
    case Command::kResolve:
      return Resolve(std::move(draft), command.resolve());
    case Command::kClose:
      return Close(std::move(draft), command.close());
    case Command::kReopen:
      return Reopen(std::move(draft), command.reopen());
    case Command::kMerge:
      return Merge(std::move(draft), command.merge());
    case Command::kAddParticipant:
      return AddParticipant(std::move(draft), command.add_participant());
    case Command::kRemoveParticipant:
      return RemoveParticipant(std::move(draft), command.remove_participant());
    case Command::kAcknowledgeBreach:
      return AcknowledgeBreach(std::move(draft), command.acknowledge_breach());
    case Command::kTimerFired:
      return FireTimer(std::move(draft), command.timer_fired());
    case Command::kDeliveryReported:
      return TakeDeliveryReport(std::move(draft), command.delivery_reported());
    case Command::kRecordBounce:
      return RecordBounce(std::move(draft), command.record_bounce());
    default:
      return draft.Refuse("NOT_SUPPORTED", "a ticket takes no such command");
  }
}

}  // namespace

Effects Decide(const Context& context, const TicketState* state, const Command& command) {
  if (state != nullptr) {
    if (std::optional<Effects> repeat =
            AnswerRepeat(context, state->recent_commands(), state->version(), command)) {
      repeat->decision.set_case_number(state->case_number());
      return *std::move(repeat);
    }
  }
  const std::string& tenant = state == nullptr ? command.tenant() : state->tenant();
  if (IsServiceCommand(command) && (state == nullptr || state->stub())) {
    if (state == nullptr || !command.has_timer_fired()) return UnknownToService(context, command);
  }
  if (context.policies.Active(tenant) == nullptr) {
    return Refusal(context, command, 0, "UNKNOWN_TENANT", "no policy is active for this tenant");
  }
  if (command.has_open_ticket()) {
    if (state != nullptr) {
      return Refusal(context, command, state->version(), "REQUEST_ID_REUSED",
                     "request_id was used before with other content");
    }
    return Open(Draft(context, command, {}), command.open_ticket());
  }
  if (state == nullptr && command.has_add_customer_message()) {
    return AddToNoTicket(Draft(context, command, {}), command.add_customer_message());
  }
  if (state == nullptr || (!IsServiceCommand(command) && command.tenant() != state->tenant())) {
    return Refusal(context, command, 0, "UNKNOWN_TICKET", "no such ticket");
  }
  if (command.expected_version() != 0 && command.expected_version() != state->version()) {
    return Refusal(context, command, state->version(), "VERSION_MISMATCH",
                   "the ticket has version " + std::to_string(state->version()));
  }
  return Dispatch(Draft(context, command, *state), command);
}

}  // namespace plazo::ticket
