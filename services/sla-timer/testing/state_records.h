#pragma once

// Records of plazo.state.tickets.v1 as the router writes them, for tests.

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/proto_time.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::sla_timer {

using Armed = std::vector<std::pair<std::string, int64_t>>;  // deadline id, due time in ms

inline std::string TicketValue(const std::string& ticket_id, const Armed& deadlines) {
  core::v1::StateRecord state;
  state.mutable_ticket()->set_ticket_id(ticket_id);
  for (const auto& [id, due_ms] : deadlines) {
    core::v1::Deadline& deadline = *state.mutable_ticket()->add_deadlines();
    deadline.set_id(id);
    *deadline.mutable_due_time() = ToProto(absl::FromUnixMillis(due_ms));
  }
  return state.SerializeAsString();
}

inline std::string LaneValue(int64_t next_offset) {
  core::v1::StateRecord state;
  state.mutable_lane()->set_next_offset(next_offset);
  return state.SerializeAsString();
}

}  // namespace plazo::sla_timer
