#include "domain/customer/decide.h"

#include <algorithm>

#include "domain/core/decisions.h"
#include "domain/core/proto_time.h"

namespace plazo::customer {

using namespace core::v1;

namespace {

Effects Applied(const Context& context, const CustomerState& before, const Command& command,
                Event event) {
  Effects effects;
  effects.decision = StartDecision(context, command);
  effects.decision.set_outcome(OUTCOME_APPLIED);
  effects.decision.set_version(before.version() + 1);
  *effects.decision.add_events() = std::move(event);
  return effects;
}

bool KnowsPlan(const policy::CompiledPolicy& policy, const std::string& plan) {
  return plan.empty() || policy.PlanFor(plan).id() == plan;
}

void SetAddresses(CustomerProfile& profile, const NotificationAddresses& set) {
  auto& all = *profile.mutable_notification_addresses();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const auto& existing) { return existing.type() == set.type(); }),
            all.end());
  if (!set.addresses().empty()) *all.Add() = set;
}

void SetHealth(CustomerState& customer, const AddressHealthChanged& changed) {
  auto& all = *customer.mutable_address_health();
  all.erase(std::remove_if(
                all.begin(), all.end(),
                [&](const AddressHealth& health) { return health.address() == changed.address(); }),
            all.end());
  if (!changed.bounced()) return;
  AddressHealth* health = all.Add();
  health->set_address(changed.address());
  health->set_bounced(true);
  health->set_status(changed.status());
  *health->mutable_since_time() = changed.since_time();
}

}  // namespace

Effects Decide(const Context& context, const CustomerState* state, const Command& command) {
  const CustomerState before = state == nullptr ? CustomerState() : *state;
  if (auto repeat = AnswerRepeat(context, before.recent_commands(), before.version(), command)) {
    return *std::move(repeat);
  }
  const policy::CompiledPolicy* policy = context.policies.Active(command.tenant());
  if (policy == nullptr) {
    return Refusal(context, command, 0, "UNKNOWN_TENANT", "no policy is active for this tenant");
  }
  if (command.expected_version() != 0 && command.expected_version() != before.version()) {
    return Refusal(context, command, before.version(), "VERSION_MISMATCH",
                   "the customer has version " + std::to_string(before.version()));
  }
  Event event;
  if (command.has_upsert_customer()) {
    const CustomerProfile& profile = command.upsert_customer().profile();
    if (!KnowsPlan(*policy, profile.plan())) {
      return Refusal(context, command, before.version(), "UNKNOWN_PLAN",
                     "the policy has no such plan");
    }
    *event.mutable_customer_upserted()->mutable_profile() = profile;
    return Applied(context, before, command, std::move(event));
  }
  if (state == nullptr) {
    return Refusal(context, command, 0, "UNKNOWN_CUSTOMER", "no such customer");
  }
  switch (command.body_case()) {
    case Command::kSetNotificationAddresses:
      *event.mutable_notification_addresses_set()->mutable_addresses() =
          command.set_notification_addresses().addresses();
      break;
    case Command::kDeleteCustomer:
      event.mutable_customer_deleted();
      break;
    case Command::kReportAddressHealth: {
      AddressHealthChanged* changed = event.mutable_address_health_changed();
      changed->set_address(command.report_address_health().address());
      changed->set_bounced(command.report_address_health().bounced());
      changed->set_status(command.report_address_health().status());
      *changed->mutable_since_time() = ToProto(context.now);
      break;
    }
    default:
      return Refusal(context, command, before.version(), "NOT_SUPPORTED",
                     "a customer takes no such command");
  }
  return Applied(context, before, command, std::move(event));
}

void Apply(CustomerState& customer, const Decision& decision) {
  if (decision.outcome() != OUTCOME_APPLIED || decision.events().empty()) return;
  for (const Event& event : decision.events()) {
    switch (event.event_case()) {
      case Event::kCustomerUpserted:
        customer.set_tenant(decision.tenant());
        *customer.mutable_profile() = event.customer_upserted().profile();
        break;
      case Event::kNotificationAddressesSet:
        for (const auto& set : event.notification_addresses_set().addresses()) {
          SetAddresses(*customer.mutable_profile(), set);
        }
        break;
      case Event::kAddressHealthChanged:
        SetHealth(customer, event.address_health_changed());
        break;
      default:
        break;
    }
  }
  customer.set_version(decision.version());
  *customer.mutable_changed_time() = decision.decided_time();
  Remember(*customer.mutable_recent_commands(), decision);
}

bool Deleted(const Decision& decision) {
  return std::any_of(decision.events().begin(), decision.events().end(),
                     [](const Event& event) { return event.has_customer_deleted(); });
}

}  // namespace plazo::customer
