#pragma once

// The state of every ticket and customer as the fold of its decisions, step by step. One owner.

#include <functional>
#include <map>
#include <string>

#include "cli/verify/dump.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::cli {

// What one decision did to a ticket. `before` is empty where there was none.
struct TicketStep {
  const Decided& decided;
  const core::v1::TicketState& before;
  const core::v1::TicketState& after;
};

struct Folded {
  std::map<std::string, core::v1::TicketState> tickets;      // by key; forgotten ones are left out
  std::map<std::string, core::v1::CustomerState> customers;  // likewise
};

Folded FoldDecisions(const History& history, const std::function<void(const TicketStep&)>& each);

}  // namespace plazo::cli
