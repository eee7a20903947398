#pragma once

// The invariants of ARCHITECTURE.md as functions of what the log holds. Each returns what it found.
// Pure, but for the readers that are handed in.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/verify/check.h"
#include "cli/verify/dump.h"

namespace plazo::cli {

// I1: every command on the inbound topic has exactly one decision.
Check CheckOneDecisionEach(const History& history);
// I3: versions of an aggregate have no gap, in offset order, and live in one lane.
Check CheckVersions(const History& history);
// I2: deciding all over again, one command at a time, gives the same decisions, intents, facts,
// commands and dead letters byte for byte, and the same last state of every key.
Check CheckOracle(const History& history);
// I4: the checkpoint of each lane is the group's offset and counts the keys rightly; each ticket
// and customer is the fold of its decisions.
Check CheckState(const History& history);

struct DeadlineOptions {
  // A deadline may be this late before it counts as forgotten.
  absl::Duration grace = absl::Minutes(1);
};
struct DeadlineChecks {
  Check once;       // I6: every armed deadline is decided once as news, never before it is due
  Check satisfied;  // I7: no warning or breach for what was satisfied, cancelled, paused or moved
                    // before
};
DeadlineChecks CheckDeadlines(const History& history, const DeadlineOptions& options = {});

// I14: what came more than a minute ago is decided.
Check CheckUnread(const History& history);
// I19: an escalation tells the customer, once, in the same decision.
Check CheckEscalations(const History& history);

// I8: the index holds just the deadlines of the state topic. Both by lane: (aggregate, deadline id)
// and due time in milliseconds.
using DeadlineSet = std::map<std::pair<std::string, std::string>, int64_t>;
DeadlineSet DeadlinesOfState(const Dump& dump, int32_t lane);
void CompareDeadlines(int32_t lane, const DeadlineSet& state, const DeadlineSet& index,
                      Check& check);

// A mail as the relay's inbox kept it.
struct KeptMail {
  std::string name;        // 17.eml
  std::string message_id;  // without angle brackets
  std::vector<std::string> recipients;
  absl::Time accept_time = absl::InfinitePast();
};
struct InboxOptions {
  // Other clusters send there too: mails about tickets that this log does not know are theirs.
  bool shared = false;
};
// I9: each accepted notification reached the relay, more than once to one address only where it was
// in doubt, and nothing was sent that no command asked for. Mails newer than the log that was read
// are left out of the latter.
Check CheckInbox(const History& history, const std::vector<KeptMail>& mails,
                 const InboxOptions& options = {});

// I13: desk shows what the state topic holds. `list` gives all of a tenant's tickets.
using ListTickets =
    std::function<absl::StatusOr<std::vector<core::v1::TicketState>>(const std::string& tenant)>;
Check CheckDesk(const History& history, const ListTickets& list);

// What a client was told about one request.
struct JournalEntry {
  std::string request_id, command_id, what;
  bool accepted = false;
};
// Accepted = durable: each command that intake accepted has been decided.
Check CheckJournal(const History& history, const std::vector<JournalEntry>& journal);

}  // namespace plazo::cli
