#pragma once

// In which order a queue is worked. Follow-ups stand before new requests of the same urgency (F38).
// Pure.

#include <vector>

#include "plazo/desk/v1/desk.pb.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

void SortQueue(v1::TicketOrder order, std::vector<TicketPtr>& tickets);

}  // namespace plazo::desk
