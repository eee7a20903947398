#include "services/desk/queue_order.h"

#include <algorithm>
#include <tuple>

#include "domain/core/proto_time.h"

namespace plazo::desk {
namespace {

using core::v1::Clock;
using core::v1::TicketState;

// The next moment at which a promise to the customer is due; never for a ticket that owes nothing.
absl::Time NextDue(const TicketState& ticket) {
  absl::Time next = absl::InfiniteFuture();
  for (const Clock& clock : ticket.clocks()) {
    if (clock.status() != core::v1::CLOCK_STATUS_RUNNING || !clock.has_due_time()) continue;
    next = std::min(next, FromProto(clock.due_time()));
  }
  return next;
}

bool IsFollowUp(const TicketState& ticket) {
  for (const Clock& clock : ticket.clocks()) {
    if (clock.kind() == core::v1::CLOCK_KIND_NEXT_RESPONSE &&
        clock.status() == core::v1::CLOCK_STATUS_RUNNING) {
      return true;
    }
  }
  return false;
}

auto Urgency(const TicketState& ticket) {
  // Smaller is sooner. The priority that the customer chose counts among equal impacts (F22).
  return std::make_tuple(-static_cast<int>(ticket.impact()),
                         ticket.priority() == core::v1::PRIORITY_HIGH ? 0 : 1,
                         IsFollowUp(ticket) ? 0 : 1, NextDue(ticket), ticket.ticket_id());
}

auto ByDeadline(const TicketState& ticket) {
  return std::make_tuple(NextDue(ticket), IsFollowUp(ticket) ? 0 : 1, ticket.ticket_id());
}

auto ByAge(const TicketState& ticket) {
  return std::make_tuple(-absl::ToUnixMillis(FromProto(ticket.opened_time())), ticket.ticket_id());
}

template <typename Key>
void SortBy(std::vector<TicketPtr>& tickets, Key key) {
  std::sort(tickets.begin(), tickets.end(),
            [&](const TicketPtr& a, const TicketPtr& b) { return key(*a) < key(*b); });
}

}  // namespace

void SortQueue(v1::TicketOrder order, std::vector<TicketPtr>& tickets) {
  switch (order) {
    case v1::TICKET_ORDER_PRIORITY:
      return SortBy(tickets, [](const TicketState& ticket) { return Urgency(ticket); });
    case v1::TICKET_ORDER_NEWEST:
      return SortBy(tickets, [](const TicketState& ticket) { return ByAge(ticket); });
    default:
      return SortBy(tickets, [](const TicketState& ticket) { return ByDeadline(ticket); });
  }
}

}  // namespace plazo::desk
