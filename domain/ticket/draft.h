#pragma once

// A decision about one ticket while it is being made. Every event is applied to a working copy at
// once, so that what follows sees it, and the state after is the fold of the events by
// construction (I4). One owner, one decision; pure.

#include <absl/time/time.h>

#include <string>
#include <string_view>

#include "domain/core/decisions.h"
#include "domain/core/effects.h"

namespace plazo::ticket {

class Draft {
 public:
  // `before` is empty for a ticket that is being opened. The tenant must have an active policy.
  Draft(const Context& context, const core::v1::Command& command, core::v1::TicketState before);

  const Context& context() const { return context_; }
  const core::v1::Command& command() const { return command_; }
  const core::v1::TicketState& ticket() const { return ticket_; }
  const policy::CompiledPolicy& policy() const { return *policy_; }
  // The policy a clock was promised under; the active one if the lane no longer has it.
  const policy::CompiledPolicy& PolicyOf(const core::v1::Clock& clock) const;

  absl::Time now() const { return context_.now; }
  // When the command reached our edge, as far as it can be believed: never after now.
  absl::Time asked() const { return asked_; }

  void Emit(core::v1::Event event);
  void Arm(core::v1::Deadline deadline);
  // Nothing when it is not armed.
  void Disarm(std::string_view deadline_id);
  void Send(core::v1::Command follow_up);
  core::v1::SlaFact& AddFact(core::v1::SlaFactKind kind, const core::v1::Clock& clock);
  void AddIntent(const core::v1::DeliveryIntent& intent) { effects_.intents.push_back(intent); }
  void RepeatState() { effects_.repeat_state = true; }
  void RedirectTo(std::string_view ticket_id) {
    effects_.decision.set_redirected_ticket_id(std::string(ticket_id));
  }

  // An id for the next entry, notification or follow-up of this decision.
  std::string NextId(std::string_view what);

  // APPLIED. `reason` says why nothing changed, where nothing did.
  Effects Finish(std::string_view reason = {});
  // REFUSED, with nothing of what was drafted.
  Effects Refuse(std::string_view reason, std::string_view message);

 private:
  const Context& context_;
  const core::v1::Command& command_;
  core::v1::TicketState ticket_;
  const policy::CompiledPolicy* policy_;
  absl::Time asked_;
  Effects effects_;
  int64_t ids_ = 0;
};

}  // namespace plazo::ticket
