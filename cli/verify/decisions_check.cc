#include <set>
#include <unordered_map>

#include "cli/verify/checks.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"

namespace plazo::cli {
namespace {

using core::v1::Decision;
using core::v1::Event;

bool Changes(const Decision& decision) {
  return decision.outcome() == core::v1::OUTCOME_APPLIED && !decision.events().empty();
}

bool Ends(const Decision& decision) {
  for (const Event& event : decision.events()) {
    if (event.has_ticket_forgotten() || event.has_customer_deleted()) return true;
  }
  return false;
}

}  // namespace

Check CheckOneDecisionEach(const History& history) {
  Check check("I1", "every command has exactly one decision");
  std::map<Origin, const Decided*> seen;
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& decided : decisions) {
      Origin input = decided.origin;
      input.index = 0;
      const auto [found, first] = seen.emplace(input, &decided);
      if (!first) {
        check.Violate(Place(*decided.record) + " decides the command of " +
                      Place(*found->second->record) + " again");
      }
      if (decided.origin.lane != lane) {
        check.Violate(Place(*decided.record) + " decides a command of lane " +
                      std::to_string(decided.origin.lane));
      }
      const kafka::Record* command = history.dump.inbound.At(input.lane, input.offset);
      if (command == nullptr && history.dump.inbound.Complete(input.lane)) {
        check.Violate(Place(*decided.record) + " decides a command that is not there");
      } else if (!decided.command.command_id().empty() && !decided.decision.command_id().empty() &&
                 decided.command.command_id() != decided.decision.command_id()) {
        check.Violate(Place(*decided.record) + " is about another command than " + Place(*command));
      }
    }
  }
  for (const auto& [lane, commands] : history.dump.inbound.records) {
    for (const kafka::Record& command : commands) {
      if (command.offset >= history.dump.DecidedBefore(lane)) break;
      check.Count();
      if (seen.count({lane, command.offset, 0}) == 0) {
        check.Violate(Place(command) + " has no decision");
      }
    }
  }
  for (const kafka::Record* record : history.unreadable) {
    check.Violate(Place(*record) + " is no decision, or does not say of what");
  }
  return check;
}

Check CheckVersions(const History& history) {
  Check check("I3", "versions of an aggregate have no gap");
  std::unordered_map<std::string, std::pair<int32_t, int64_t>> versions;  // lane, last version
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& decided : decisions) {
      const Decision& decision = decided.decision;
      // A policy is adopted in every lane: its revision is no version.
      if (!Changes(decision) || ids::AfterPrefix(decision.aggregate(), "policy")) continue;
      auto [found, first] = versions.try_emplace(decision.aggregate(), lane, 0);
      auto& [home, version] = found->second;
      check.Count();
      if (home != lane) {
        check.Violate(Place(*decided.record) + ": " + decision.aggregate() +
                      " was decided in lane " + std::to_string(home) + " before");
      }
      if (decision.version() != version + 1 && history.dump.decisions.Complete(lane)) {
        check.Violate(Place(*decided.record) + ": " + decision.aggregate() + " goes from version " +
                      std::to_string(version) + " to " + std::to_string(decision.version()));
      }
      home = lane;
      version = Ends(decision) ? 0 : decision.version();
    }
  }
  return check;
}

Check CheckUnread(const History& history) {
  Check check("I14", "what came more than a minute ago is decided");
  for (const auto& [lane, commands] : history.dump.inbound.records) {
    for (const kafka::Record& command : commands) {
      check.Count();
      if (command.offset < history.dump.DecidedBefore(lane)) continue;
      const absl::Duration age =
          history.dump.read_time - absl::FromUnixMillis(command.timestamp_ms);
      if (age > absl::Minutes(1)) {
        check.Violate(Place(command) + " is not decided after " +
                      std::to_string(absl::ToInt64Seconds(age)) + " s");
      }
    }
  }
  return check;
}

Check CheckEscalations(const History& history) {
  Check check("I19", "an escalation tells the customer once why and what happens next");
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& decided : decisions) {
      int escalations = 0, told = 0;
      for (const Event& event : decided.decision.events()) {
        if (event.has_ticket_escalated()) ++escalations;
        if (event.has_message_added() &&
            event.message_added().visibility() == core::v1::VISIBILITY_PUBLIC &&
            event.message_added().kind() == core::v1::NOTIFICATION_KIND_ESCALATED) {
          ++told;
        }
      }
      check.Count(escalations);
      if (escalations != told) {
        check.Violate(Place(*decided.record) + " has " + std::to_string(escalations) +
                      " escalations and tells the customer " + std::to_string(told) + " times");
      }
    }
  }
  return check;
}

Check CheckJournal(const History& history, const std::vector<JournalEntry>& journal) {
  Check check("J", "what a client was told to be accepted was decided");
  std::set<std::string> decided;
  for (const auto& [lane, decisions] : history.decisions) {
    for (const Decided& entry : decisions) decided.insert(entry.decision.command_id());
  }
  for (const JournalEntry& entry : journal) {
    if (!entry.accepted || entry.command_id.empty()) continue;
    check.Count();
    if (decided.count(entry.command_id) == 0) {
      check.Violate(entry.what + " " + entry.request_id + ": accepted as command " +
                    entry.command_id + ", never decided");
    }
  }
  return check;
}

}  // namespace plazo::cli
