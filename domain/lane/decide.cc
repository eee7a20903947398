#include "domain/lane/decide.h"

#include <algorithm>
#include <set>

#include "domain/core/decisions.h"
#include "domain/ids/ids.h"

namespace plazo::lane {

using namespace core::v1;

namespace {

AdoptedPolicy* FindPolicy(LaneState& lane, std::string_view hash) {
  for (AdoptedPolicy& policy : *lane.mutable_policies()) {
    if (policy.bundle_hash() == hash) return &policy;
  }
  return nullptr;
}

void Adopt(LaneState& lane, const PolicyAdopted& adopted) {
  for (AdoptedPolicy& policy : *lane.mutable_policies()) {
    if (policy.tenant() == adopted.tenant()) policy.set_active(false);
  }
  AdoptedPolicy* policy = FindPolicy(lane, adopted.bundle_hash());
  if (policy == nullptr) policy = lane.add_policies();
  policy->set_tenant(adopted.tenant());
  policy->set_revision(adopted.revision());
  policy->set_bundle_hash(adopted.bundle_hash());
  policy->set_active(true);
  for (const std::string& dropped : adopted.dropped_hashes()) {
    auto& all = *lane.mutable_policies();
    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const AdoptedPolicy& p) { return p.bundle_hash() == dropped; }),
              all.end());
  }
}

std::set<std::string> PoliciesOf(const TicketState* ticket) {
  std::set<std::string> hashes;
  if (ticket == nullptr || ticket->stub()) return hashes;
  if (!ticket->policy_hash().empty()) hashes.insert(ticket->policy_hash());
  for (const Clock& clock : ticket->clocks()) hashes.insert(clock.policy_hash());
  return hashes;
}

}  // namespace

Effects DecideActivation(const Context& context, const TenantState* state, const Command& command,
                         const CompilePolicy& compile) {
  const TenantState before = state == nullptr ? TenantState() : *state;
  if (auto repeat = AnswerRepeat(context, before.recent_commands(), before.version(), command)) {
    return *std::move(repeat);
  }
  if (command.expected_version() != 0 && command.expected_version() != before.version()) {
    return Refusal(context, command, before.version(), "VERSION_MISMATCH",
                   "the tenant has version " + std::to_string(before.version()));
  }
  const ActivatePolicy& activate = command.activate_policy();
  absl::StatusOr<PolicyPtr> policy = compile(activate.bundle());
  if (!policy.ok()) {
    return Refusal(context, command, before.version(), "BAD_POLICY",
                   std::string(policy.status().message()));
  }
  if ((*policy)->tenant() != command.tenant()) {
    return Refusal(context, command, before.version(), "OTHER_TENANT",
                   "the policy is of another tenant");
  }
  Effects effects;
  effects.decision = StartDecision(context, command);
  effects.decision.set_outcome(OUTCOME_APPLIED);
  effects.decision.set_version(before.version() + 1);
  PolicyActivated* activated = effects.decision.add_events()->mutable_policy_activated();
  activated->set_revision(before.revision() + 1);
  activated->set_bundle_hash((*policy)->hash());
  for (int32_t lane = 0; lane < context.lanes; ++lane) {
    Command adopt;
    adopt.set_command_id(ids::DerivedId(command.command_id(), "adopt", lane));
    adopt.set_tenant(command.tenant());
    adopt.set_aggregate(ids::PolicyKey((*policy)->hash()));
    *adopt.mutable_actor() = command.actor();
    *adopt.mutable_received_time() = command.received_time();
    AdoptPolicy* body = adopt.mutable_adopt_policy();
    body->set_revision(activated->revision());
    body->set_bundle(activate.bundle());
    body->set_bundle_hash((*policy)->hash());
    effects.follow_ups.push_back({std::move(adopt), lane});
  }
  return effects;
}

Effects DecideAdoption(const Context& context, const Command& command,
                       const CompilePolicy& compile) {
  const AdoptPolicy& adopt = command.adopt_policy();
  absl::StatusOr<PolicyPtr> policy = compile(adopt.bundle());
  if (!policy.ok()) {
    return Refusal(context, command, 0, "BAD_POLICY", std::string(policy.status().message()));
  }
  Effects effects;
  effects.decision = StartDecision(context, command);
  effects.decision.set_outcome(OUTCOME_APPLIED);
  PolicyAdopted adopted;
  adopted.set_tenant(command.tenant());
  adopted.set_revision(adopt.revision());
  adopted.set_bundle_hash((*policy)->hash());
  for (const AdoptedPolicy& existing : context.lane.policies()) {
    if (existing.tenant() != command.tenant()) continue;
    if (existing.active() && existing.revision() >= adopt.revision()) {
      effects.decision.set_reason("STALE");
      return effects;
    }
    if (existing.references() == 0 && existing.bundle_hash() != adopted.bundle_hash()) {
      adopted.add_dropped_hashes(existing.bundle_hash());
    }
  }
  *effects.decision.add_events()->mutable_policy_adopted() = std::move(adopted);
  effects.decision.set_version(adopt.revision());
  return effects;
}

void Apply(TenantState& tenant, const Decision& decision, std::string_view bundle) {
  for (const Event& event : decision.events()) {
    if (!event.has_policy_activated()) continue;
    tenant.set_tenant(decision.tenant());
    tenant.set_revision(event.policy_activated().revision());
    tenant.set_bundle_hash(event.policy_activated().bundle_hash());
    tenant.set_bundle(std::string(bundle));
    tenant.set_version(decision.version());
    Remember(*tenant.mutable_recent_commands(), decision);
  }
}

void Apply(LaneState& lane, const Decision& decision) {
  for (const Event& event : decision.events()) {
    if (event.has_ticket_opened()) lane.set_case_sequence(lane.case_sequence() + 1);
    if (event.has_policy_adopted()) Adopt(lane, event.policy_adopted());
  }
}

void CountReferences(LaneState& lane, const TicketState* before, const TicketState* after) {
  const std::set<std::string> old_hashes = PoliciesOf(before), new_hashes = PoliciesOf(after);
  for (const std::string& hash : old_hashes) {
    AdoptedPolicy* policy = FindPolicy(lane, hash);
    if (policy != nullptr && !new_hashes.contains(hash)) {
      policy->set_references(policy->references() - 1);
    }
  }
  for (const std::string& hash : new_hashes) {
    AdoptedPolicy* policy = FindPolicy(lane, hash);
    if (policy != nullptr && !old_hashes.contains(hash)) {
      policy->set_references(policy->references() + 1);
    }
  }
}

}  // namespace plazo::lane
