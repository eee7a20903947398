#include "services/sla-timer/state_change.h"

#include <absl/time/time.h>

#include <string_view>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/status.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::sla_timer {
namespace {

bool HoldsNoAggregate(std::string_view key) { return ids::AfterPrefix(key, "policy").has_value(); }

absl::StatusOr<AggregateDeadlines> ReadDeadlines(const std::string& key,
                                                 const core::v1::TicketState& ticket) {
  AggregateDeadlines result{key, {}};
  result.deadlines.reserve(ticket.deadlines_size());
  for (const core::v1::Deadline& deadline : ticket.deadlines()) {
    if (!deadline.has_due_time() || deadline.id().empty() ||
        deadline.id().find_first_of("|\n") != std::string::npos) {
      return InvalidArgument("deadline without due time or with an unusable id");
    }
    result.deadlines.push_back({deadline.id(), absl::ToUnixMillis(FromProto(deadline.due_time()))});
  }
  return result;
}

}  // namespace

absl::StatusOr<StateChange> ReadStateChange(const kafka::Record& record) {
  StateChange change{record.offset, std::monostate()};
  if (HoldsNoAggregate(record.key)) return change;
  core::v1::StateRecord state;
  if (record.value && !state.ParseFromString(*record.value)) {
    return InvalidArgument("state record cannot be decoded");
  }
  if (record.key == ids::kLaneKey) {
    if (state.has_lane()) change.what = LaneProgress{state.lane().next_offset()};
    return change;
  }
  auto deadlines = ReadDeadlines(record.key, state.ticket());
  if (!deadlines.ok()) return deadlines.status();
  change.what = std::move(*deadlines);
  return change;
}

}  // namespace plazo::sla_timer
