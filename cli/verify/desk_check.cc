#include "cli/verify/checks.h"
#include "domain/ids/ids.h"

namespace plazo::cli {
namespace {

using core::v1::TicketState;

// The tickets of the state topic, by tenant and id.
std::map<std::string, std::map<std::string, TicketState>> TicketsOfState(const Dump& dump) {
  std::map<std::string, std::map<std::string, TicketState>> tenants;
  for (int32_t lane = 0; lane < dump.lanes; ++lane) {
    for (const auto& [key, last] : LastOfKeys(dump, dump.tickets, lane)) {
      core::v1::StateRecord record;
      if (!last.record->value || !ids::AfterPrefix(key, "ticket") ||
          !record.ParseFromString(*last.record->value)) {
        continue;
      }
      tenants[record.ticket().tenant()][record.ticket().ticket_id()] = record.ticket();
    }
  }
  return tenants;
}

void Compare(const std::string& tenant, const std::map<std::string, TicketState>& wanted,
             const std::vector<TicketState>& shown, Check& check) {
  std::map<std::string, const TicketState*> by_id;
  for (const TicketState& ticket : shown) by_id[ticket.ticket_id()] = &ticket;
  for (const auto& [id, ticket] : wanted) {
    check.Count();
    const auto found = by_id.find(id);
    if (found == by_id.end()) {
      check.Violate("desk does not show ticket " + id + " of " + tenant);
      continue;
    }
    const TicketState& seen = *found->second;
    // It has gone on since the log was read.
    if (seen.version() > ticket.version()) continue;
    if (seen.version() < ticket.version()) {
      check.Violate("desk shows version " + std::to_string(seen.version()) + " of ticket " + id +
                    ", the log has " + std::to_string(ticket.version()));
    } else if (seen.SerializeAsString() != ticket.SerializeAsString()) {
      check.Violate("desk shows another version " + std::to_string(ticket.version()) +
                    " of ticket " + id);
    }
  }
  // Newer ones may have come since, and older ones gone.
  for (const auto& [id, ticket] : by_id) {
    if (ticket->tenant() != tenant) check.Violate("desk shows ticket " + id + " to " + tenant);
  }
}

}  // namespace

Check CheckDesk(const History& history, const ListTickets& list) {
  Check check("I13", "desk shows what the state topic holds");
  for (const auto& [tenant, wanted] : TicketsOfState(history.dump)) {
    const auto shown = list(tenant);
    if (!shown.ok()) {
      check.Fail("desk: " +
                 std::string(shown.status().message().data(), shown.status().message().size()));
      return check;
    }
    Compare(tenant, wanted, *shown, check);
  }
  return check;
}

}  // namespace plazo::cli
