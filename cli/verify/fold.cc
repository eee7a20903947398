#include "cli/verify/fold.h"

#include "domain/customer/decide.h"
#include "domain/ids/ids.h"
#include "domain/ticket/apply.h"

namespace plazo::cli {
namespace {

using core::v1::Decision;

bool Changes(const Decision& decision) {
  return decision.outcome() == core::v1::OUTCOME_APPLIED && !decision.events().empty();
}

void FoldTicket(const Decided& decided, Folded& folded,
                const std::function<void(const TicketStep&)>& each) {
  static const core::v1::TicketState none;
  const Decision& decision = decided.decision;
  const auto found = folded.tickets.find(decision.aggregate());
  if (!Changes(decision)) {
    const core::v1::TicketState& ticket = found == folded.tickets.end() ? none : found->second;
    each({decided, ticket, ticket});
    return;
  }
  core::v1::TicketState after = found == folded.tickets.end() ? none : found->second;
  ticket::Apply(after, decision);
  each({decided, found == folded.tickets.end() ? none : found->second, after});
  if (ticket::Forgotten(decision)) {
    folded.tickets.erase(decision.aggregate());
  } else {
    folded.tickets[decision.aggregate()] = std::move(after);
  }
}

void FoldCustomer(const Decision& decision, Folded& folded) {
  if (!Changes(decision)) return;
  customer::Apply(folded.customers[decision.aggregate()], decision);
  if (customer::Deleted(decision)) folded.customers.erase(decision.aggregate());
}

}  // namespace

Folded FoldDecisions(const History& history, const std::function<void(const TicketStep&)>& each) {
  Folded folded;
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& decided : decisions) {
      if (ids::AfterPrefix(decided.decision.aggregate(), "ticket")) {
        FoldTicket(decided, folded, each);
      } else if (ids::AfterPrefix(decided.decision.aggregate(), "customer")) {
        FoldCustomer(decided.decision, folded);
      }
    }
  }
  return folded;
}

}  // namespace plazo::cli
