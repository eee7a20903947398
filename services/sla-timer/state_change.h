#pragma once

// What a record of plazo.state.tickets.v1 says to a timer. Pure.

#include <absl/status/statusor.h>

#include <cstdint>
#include <variant>

#include "platform/kafka/record.h"
#include "services/sla-timer/deadline_index.h"

namespace plazo::sla_timer {

// The router has decided every command below `next_offset` of the same partition.
struct LaneProgress {
  int64_t next_offset = 0;
};

struct StateChange {
  int64_t offset = 0;
  std::variant<std::monostate, AggregateDeadlines, LaneProgress> what;
};

// A tombstone is an aggregate without deadlines. kInvalidArgument: the value cannot be read, or a
// deadline has no due time or an id that the index cannot hold.
absl::StatusOr<StateChange> ReadStateChange(const kafka::Record& record);

}  // namespace plazo::sla_timer
