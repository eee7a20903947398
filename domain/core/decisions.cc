#include "domain/core/decisions.h"

#include "domain/core/proto_time.h"

namespace plazo {

using namespace core::v1;

Decision StartDecision(const Context& context, const Command& command) {
  Decision decision;
  decision.set_command_id(command.command_id());
  decision.set_request_id(command.request_id());
  decision.set_tenant(command.tenant());
  decision.set_aggregate(command.aggregate());
  const auto* body = command.GetReflection()->GetOneofFieldDescriptor(
      command, Command::descriptor()->FindOneofByName("body"));
  if (body != nullptr) decision.set_command(body->name());
  *decision.mutable_actor() = command.actor();
  *decision.mutable_decided_time() = ToProto(context.now);
  return decision;
}

Effects Refusal(const Context& context, const Command& command, int64_t version,
                std::string_view reason, std::string_view message) {
  Effects effects;
  effects.decision = StartDecision(context, command);
  effects.decision.set_outcome(OUTCOME_REFUSED);
  effects.decision.set_version(version);
  effects.decision.set_reason(std::string(reason));
  effects.decision.set_message(std::string(message));
  return effects;
}

std::optional<Effects> AnswerRepeat(const Context& context, const RecentCommands& recent,
                                    int64_t version, const Command& command) {
  if (command.request_id().empty()) return std::nullopt;
  for (const RecentCommand& first : recent) {
    if (first.request_id() != command.request_id()) continue;
    if (first.command_id() != command.command_id()) {
      return Refusal(context, command, version, "REQUEST_ID_REUSED",
                     "request_id was used before with other content");
    }
    Effects effects;
    effects.decision = StartDecision(context, command);
    effects.decision.set_outcome(OUTCOME_REPEATED);
    effects.decision.set_reason(first.reason());
    effects.decision.set_version(first.version());
    return effects;
  }
  return std::nullopt;
}

void Remember(RecentCommands& recent, const Decision& decision) {
  if (decision.request_id().empty()) return;
  RecentCommand* first = recent.Add();
  first->set_command_id(decision.command_id());
  first->set_request_id(decision.request_id());
  first->set_outcome(decision.outcome());
  first->set_reason(decision.reason());
  first->set_version(decision.version());
  if (recent.size() > kRecentCommands) recent.DeleteSubrange(0, recent.size() - kRecentCommands);
}

}  // namespace plazo
