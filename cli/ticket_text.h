#pragma once

// Tickets, customers and conversations as text for people. Pure; times are shown in `zone`, and
// deadlines also relative to `now`.

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <string>

#include "plazo/core/v1/state.pb.h"
#include "plazo/core/v1/types.pb.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {

struct Moment {
  absl::Time now;
  absl::TimeZone zone;

  static Moment Here() { return {absl::Now(), absl::LocalTimeZone()}; }
};

// 2026-03-01 09:00:12
std::string TimeText(const google::protobuf::Timestamp& time, const Moment& moment);
// in 9m, 12s ago; the two largest units
std::string DistanceText(absl::Time time, absl::Time now);

// One line a ticket, for lists and watching.
std::string TicketLine(const core::v1::TicketState& ticket, const Moment& moment);
// Everything about it.
std::string TicketText(const core::v1::TicketState& ticket, const Moment& moment);
std::string CustomerText(const core::v1::CustomerState& customer, const Moment& moment);
// One entry, the text indented below who wrote it.
std::string EntryText(const desk::v1::ConversationEntry& entry, const Moment& moment);

}  // namespace plazo::cli
