#include "cli/verify/verify.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <set>

#include "cli/log_scan.h"
#include "cli/verify/evidence_files.h"
#include "platform/base/status.h"

namespace plazo::cli {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(200);

// The lanes whose index differs from the state topic as it is now.
absl::StatusOr<std::map<int32_t, std::pair<DeadlineSet, DeadlineSet>>> Differences(
    kafka::Broker& broker, const VerifyOptions& options, const std::set<int32_t>& lanes,
    Check& check) {
  Dump dump{Topics(options.prefix)};
  ScanOptions scan;
  scan.topic = dump.topics.tickets;
  scan.partitions.assign(lanes.begin(), lanes.end());
  scan.call_timeout = options.call_timeout;
  PLAZO_RETURN_IF_ERROR(Scan(broker, scan, [&](kafka::Record& record) {
    dump.tickets.records[record.partition].push_back(std::move(record));
    return true;
  }));
  std::map<int32_t, std::pair<DeadlineSet, DeadlineSet>> differences;
  for (const int32_t lane : lanes) {
    const auto index = options.index->Deadlines(lane);
    if (!index.ok()) return index.status();
    DeadlineSet state = DeadlinesOfState(dump, lane);
    if (state == *index) {
      check.Count(static_cast<int64_t>(state.size()));
    } else {
      differences[lane] = {std::move(state), *index};
    }
  }
  return differences;
}

// I8. The index follows the log: each lane is looked at until it equals it, or time is over.
Check CheckIndex(kafka::Broker& broker, const VerifyOptions& options) {
  Check check("I8", "the index in Redis holds just the armed deadlines");
  std::set<int32_t> lanes;
  for (int32_t lane = 0; lane < kPartitions; ++lane) lanes.insert(lane);
  const absl::Time deadline = absl::Now() + options.catch_up;
  for (;;) {
    auto differences = Differences(broker, options, lanes, check);
    if (!differences.ok()) {
      check.Fail("the index could not be read: " + std::string(differences.status().message()));
      return check;
    }
    if (differences->empty()) return check;
    if (absl::Now() >= deadline) {
      for (const auto& [lane, sets] : *differences) {
        CompareDeadlines(lane, sets.first, sets.second, check);
      }
      return check;
    }
    lanes.clear();
    for (const auto& [lane, sets] : *differences) lanes.insert(lane);
    absl::SleepFor(kPause);
  }
}

// I13. Desk, too, follows the log.
Check CheckDeskInTime(const History& history, const VerifyOptions& options) {
  const absl::Time deadline = absl::Now() + options.catch_up;
  for (;;) {
    Check check = CheckDesk(history, options.desk);
    if (check.violations() == 0 || absl::Now() >= deadline) return check;
    absl::SleepFor(kPause);
  }
}

Check CheckInboxFolder(const History& history, const VerifyOptions& options) {
  const auto mails = ReadInbox(options.inbox_folder);
  if (mails.ok()) return CheckInbox(history, *mails, options.inbox);
  Check check("I9", "an accepted notification reached the relay");
  check.Fail(std::string(mails.status().message()));
  return check;
}

Check CheckJournalFile(const History& history, const VerifyOptions& options) {
  const auto journal = ReadJournal(options.journal);
  if (journal.ok()) return CheckJournal(history, *journal);
  Check check("J", "what a client was told to be accepted was decided");
  check.Fail(std::string(journal.status().message()));
  return check;
}

}  // namespace

absl::StatusOr<std::vector<Check>> Verify(kafka::Broker& broker, const VerifyOptions& options) {
  auto dump = ReadDump(broker, options.prefix, options.call_timeout);
  if (!dump.ok()) return dump.status();
  const History history(*dump);
  const auto wanted = [&](const std::string& id) {
    return std::count(options.skip.begin(), options.skip.end(), id) == 0;
  };
  std::vector<Check> checks;
  if (wanted("I1")) checks.push_back(CheckOneDecisionEach(history));
  if (wanted("I2")) checks.push_back(CheckOracle(history));
  if (wanted("I3")) checks.push_back(CheckVersions(history));
  if (wanted("I4")) checks.push_back(CheckState(history));
  DeadlineChecks deadlines = CheckDeadlines(history, options.deadlines);
  if (wanted("I6")) checks.push_back(std::move(deadlines.once));
  if (wanted("I7")) checks.push_back(std::move(deadlines.satisfied));
  if (wanted("I8") && options.index != nullptr) checks.push_back(CheckIndex(broker, options));
  if (wanted("I9") && !options.inbox_folder.empty()) {
    checks.push_back(CheckInboxFolder(history, options));
  }
  if (wanted("I13") && options.desk) checks.push_back(CheckDeskInTime(history, options));
  if (wanted("I14")) checks.push_back(CheckUnread(history));
  if (wanted("I19")) checks.push_back(CheckEscalations(history));
  if (!options.journal.empty()) checks.push_back(CheckJournalFile(history, options));
  return checks;
}

}  // namespace plazo::cli
