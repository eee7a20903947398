#include "cli/verify/checks.h"
#include "cli/verify/fold.h"
#include "domain/ids/ids.h"

namespace plazo::cli {
namespace {

std::string LaneName(int32_t lane) { return "lane " + std::to_string(lane); }

// Compares what is kept under the keys of one kind with what follows from the decisions.
template <typename State>
void CompareKept(const std::map<std::string, Kept>& kept, std::string_view kind,
                 const std::map<std::string, State>& folded,
                 const State& (core::v1::StateRecord::*member)() const, Check& check) {
  for (const auto& [key, last] : kept) {
    if (last.moving || !ids::AfterPrefix(key, kind)) continue;
    check.Count();
    const auto wanted = folded.find(key);
    core::v1::StateRecord record;
    if (!last.record->value) {
      if (wanted != folded.end()) check.Violate(Place(*last.record) + " removes " + key);
    } else if (!record.ParseFromString(*last.record->value)) {
      check.Violate(Place(*last.record) + " cannot be read");
    } else if (wanted == folded.end()) {
      check.Violate(Place(*last.record) + " " + key + " has no decision");
    } else if ((record.*member)().SerializeAsString() != wanted->second.SerializeAsString()) {
      check.Violate(Place(*last.record) + " " + key + " version " +
                    std::to_string((record.*member)().version()) +
                    " is not the fold of its decisions, version " +
                    std::to_string(wanted->second.version()));
    }
  }
}

int64_t LiveKeys(const std::map<std::string, Kept>& kept) {
  int64_t live = 0;
  for (const auto& [key, last] : kept) {
    if (key != ids::kLaneKey && last.record->value) ++live;
  }
  return live;
}

void CheckCheckpoint(const History& history, int32_t lane,
                     const std::map<std::string, Kept>& tickets,
                     const std::map<std::string, Kept>& directory, Check& check) {
  const int64_t committed = history.dump.DecidedBefore(lane);
  const auto found = tickets.find(std::string(ids::kLaneKey));
  if (found == tickets.end()) {
    if (committed > 0) check.Violate(LaneName(lane) + " has no checkpoint");
    return;
  }
  if (found->second.moving) return;
  check.Count();
  core::v1::StateRecord record;
  if (!found->second.record->value || !record.ParseFromString(*found->second.record->value)) {
    check.Violate(Place(*found->second.record) + " is no checkpoint");
    return;
  }
  const core::v1::LaneState& checkpoint = record.lane();
  if (checkpoint.next_offset() != committed) {
    check.Violate(LaneName(lane) + ": the checkpoint says offset " +
                  std::to_string(checkpoint.next_offset()) + ", the group " +
                  std::to_string(committed));
  }
  if (checkpoint.ticket_keys() != LiveKeys(tickets) ||
      checkpoint.directory_keys() != LiveKeys(directory)) {
    check.Violate(LaneName(lane) + ": the checkpoint counts " +
                  std::to_string(checkpoint.ticket_keys()) + "+" +
                  std::to_string(checkpoint.directory_keys()) + " keys, there are " +
                  std::to_string(LiveKeys(tickets)) + "+" + std::to_string(LiveKeys(directory)));
  }
}

// A key that the decisions make and the topic does not have.
template <typename State>
void CheckMissing(const std::map<std::string, State>& folded,
                  const std::map<std::string, bool>& present, Check& check) {
  for (const auto& [key, state] : folded) {
    if (present.count(key) == 0) check.Violate(key + " has decisions, but no state");
  }
}

}  // namespace

Check CheckState(const History& history) {
  Check check("I4", "checkpoint = group offset, state = fold of the decisions");
  const Dump& dump = history.dump;
  const Folded folded = FoldDecisions(history, [](const TicketStep&) {});
  std::map<std::string, bool> present;
  for (int32_t lane = 0; lane < dump.lanes; ++lane) {
    const auto tickets = LastOfKeys(dump, dump.tickets, lane);
    const auto directory = LastOfKeys(dump, dump.directory, lane);
    CheckCheckpoint(history, lane, tickets, directory, check);
    for (const auto* kept : {&tickets, &directory}) {
      for (const auto& [key, last] : *kept) present[key] = true;
    }
    if (!dump.decisions.Complete(lane)) {
      check.Note(LaneName(lane) + " cannot be folded: its first decisions are gone");
      continue;
    }
    CompareKept(tickets, "ticket", folded.tickets, &core::v1::StateRecord::ticket, check);
    CompareKept(directory, "customer", folded.customers, &core::v1::StateRecord::customer, check);
  }
  CheckMissing(folded.tickets, present, check);
  CheckMissing(folded.customers, present, check);
  return check;
}

}  // namespace plazo::cli
