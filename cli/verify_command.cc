#include "cli/verify_command.h"

#include <iomanip>
#include <memory>
#include <sstream>

#include "cli/remote.h"
#include "cli/ticket_lookup.h"
#include "cli/verify/verify.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

struct VerifyArguments {
  std::string inbox, journal, grace = "1m", catch_up = "10s";
  std::vector<std::string> skip;
  bool shared_inbox = false;
};

std::string JsonList(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ",") + JsonQuoted(text);
  return "[" + list + "]";
}

int RunVerify(Session& session, const VerifyArguments& arguments) {
  const auto grace = config::ParseDuration(arguments.grace);
  const auto catch_up = config::ParseDuration(arguments.catch_up);
  if (!grace || !catch_up) return session.Misuse("--grace, --catch-up: must be durations");
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  const auto index = OpenDeadlineIndex(session.redis, session.topic_prefix);

  VerifyOptions options;
  options.prefix = session.topic_prefix;
  options.skip = arguments.skip;
  options.call_timeout = session.CallTimeout();
  options.catch_up = *catch_up;
  options.deadlines.grace = *grace;
  options.inbox.shared = arguments.shared_inbox;
  options.inbox_folder = arguments.inbox;
  options.journal = arguments.journal;
  options.index = index.get();
  options.desk = [&](const std::string& tenant) { return ListAllTickets(*desk, tenant); };
  const auto checks = Verify(**broker, options);
  if (!checks.ok()) return session.Fail(checks.status());
  if (session.json) {
    for (const Check& check : *checks) session.out << CheckJson(check) << "\n";
  } else {
    session.out << ReportText(*checks);
  }
  return ExitCodeOf(*checks);
}

}  // namespace

std::string ReportText(const std::vector<Check>& checks) {
  std::ostringstream out;
  out << "        checked  violations\n";
  for (const Check& check : checks) {
    out << std::left << std::setw(4) << check.id() << std::right << std::setw(11) << check.checked()
        << std::setw(12) << check.violations() << "  " << check.claim()
        << (check.failed() ? " (could not be looked at)" : "") << "\n";
    for (const std::string& evidence : check.evidence()) out << "      ! " << evidence << "\n";
    const int64_t more = check.violations() - static_cast<int64_t>(check.evidence().size());
    if (more > 0) out << "      ! and " << more << " more\n";
    for (const std::string& note : check.notes()) out << "      - " << note << "\n";
  }
  return out.str();
}

std::string CheckJson(const Check& check) {
  return "{\"invariant\":" + JsonQuoted(check.id()) + ",\"claim\":" + JsonQuoted(check.claim()) +
         ",\"checked\":" + std::to_string(check.checked()) +
         ",\"violations\":" + std::to_string(check.violations()) +
         ",\"failed\":" + (check.failed() ? "true" : "false") +
         ",\"evidence\":" + JsonList(check.evidence()) + ",\"notes\":" + JsonList(check.notes()) +
         "}";
}

int ExitCodeOf(const std::vector<Check>& checks) {
  bool failed = false;
  for (const Check& check : checks) {
    if (check.violations() > 0) return 1;
    failed |= check.failed();
  }
  return failed ? ToInt(runtime::ExitCode::kUnavailable) : 0;
}

void AddVerify(const Command& root, Session& session) {
  auto arguments = std::make_shared<VerifyArguments>();
  root.Sub("verify",
           "checks the invariants over the log, Redis and desk; exit code 1 with the "
           "evidence on any violation")
      .Text("--inbox", &arguments->inbox, "folder of the SMTP inbox: checks I9, too")
      .Flag("--shared-inbox", &arguments->shared_inbox, "other clusters send to that inbox, too")
      .Text("--journal", &arguments->journal, "of `load`: what was accepted must be decided")
      .Text("--grace", &arguments->grace, "how late a deadline may be decided")
      .Text("--catch-up", &arguments->catch_up, "how long Redis and desk may take to catch up")
      .Texts("--skip", &arguments->skip, "leave out a check, several times: I8, I13")
      .Footer(
          "I1 one decision a command, I2 the same outputs when decided again, I3 versions, "
          "I4 state = fold,\nI6 and I7 deadlines, I8 Redis = state, I9 mails, I13 desk = "
          "state, I14 nothing unread, I19 escalations.\nHolds the whole log in memory.")
      .Run([&session, arguments] { return RunVerify(session, *arguments); });
}

}  // namespace plazo::cli
