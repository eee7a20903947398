#include "domain/ticket/draft.h"

#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/ticket/apply.h"

namespace plazo::ticket {

using namespace core::v1;

Draft::Draft(const Context& context, const Command& command, TicketState before)
    : context_(context),
      command_(command),
      ticket_(std::move(before)),
      policy_(
          context.policies.Active(ticket_.tenant().empty() ? command.tenant() : ticket_.tenant())),
      asked_(command.has_received_time() ? std::min(FromProto(command.received_time()), context.now)
                                         : context.now) {
  effects_.decision = StartDecision(context, command);
  if (!ticket_.tenant().empty()) effects_.decision.set_tenant(ticket_.tenant());
}

const policy::CompiledPolicy& Draft::PolicyOf(const Clock& clock) const {
  const policy::CompiledPolicy* promised = context_.policies.ByHash(clock.policy_hash());
  return promised == nullptr ? *policy_ : *promised;
}

void Draft::Emit(Event event) {
  ApplyEvent(ticket_, event, context_.now);
  *effects_.decision.add_events() = std::move(event);
}

void Draft::Arm(Deadline deadline) {
  Event event;
  *event.mutable_deadline_armed()->mutable_deadline() = std::move(deadline);
  Emit(std::move(event));
}

void Draft::Disarm(std::string_view deadline_id) {
  const auto& armed = ticket_.housekeeping();
  if (std::none_of(armed.begin(), armed.end(),
                   [&](const Deadline& deadline) { return deadline.id() == deadline_id; })) {
    return;
  }
  Event event;
  event.mutable_deadline_disarmed()->set_deadline_id(std::string(deadline_id));
  Emit(std::move(event));
}

void Draft::Send(Command follow_up) {
  follow_up.set_command_id(NextId("command"));
  effects_.follow_ups.push_back({std::move(follow_up), kLaneOfKey});
}

SlaFact& Draft::AddFact(SlaFactKind kind, const Clock& clock) {
  SlaFact& fact = effects_.facts.emplace_back();
  fact.set_kind(kind);
  fact.set_clock(clock.kind());
  fact.set_tenant(effects_.decision.tenant());
  fact.set_ticket_id(ticket_.ticket_id());
  fact.set_case_number(ticket_.case_number());
  fact.set_team(ticket_.team());
  fact.set_level(ticket_.level());
  fact.set_channel(ticket_.channel());
  fact.set_plan(ticket_.customer().plan());
  fact.set_impact(ticket_.impact());
  fact.set_department(ticket_.department());
  *fact.mutable_target() = clock.target();
  if (clock.has_due_time()) *fact.mutable_due_time() = clock.due_time();
  *fact.mutable_detected_time() = ToProto(context_.now);
  fact.set_policy_hash(clock.policy_hash());
  return fact;
}

std::string Draft::NextId(std::string_view what) {
  return ids::DerivedId(command_.command_id(), what, ids_++);
}

Effects Draft::Finish(std::string_view reason) {
  Decision& decision = effects_.decision;
  decision.set_outcome(OUTCOME_APPLIED);
  decision.set_reason(std::string(reason));
  decision.set_version(ticket_.version() + (decision.events().empty() ? 0 : 1));
  decision.set_case_number(ticket_.case_number());
  return std::move(effects_);
}

Effects Draft::Refuse(std::string_view reason, std::string_view message) {
  return Refusal(context_, command_, ticket_.version(), reason, message);
}

}  // namespace plazo::ticket
