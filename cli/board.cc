#include "cli/board.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <iomanip>
#include <map>
#include <memory>
#include <sstream>

#include "cli/fields.h"
#include "cli/ticket_lookup.h"
#include "domain/core/proto_time.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using core::v1::Clock;
using core::v1::TicketState;

constexpr size_t kMaxTickets = 20'000;
constexpr char kClearScreen[] = "\033[H\033[2J";

struct TeamCount {
  int64_t fresh = 0, open = 0, waiting = 0, breached = 0;
};

struct Urgent {
  absl::Time due;
  const Clock* clock;
  const TicketState* ticket;
};

std::vector<Urgent> RunningClocks(const std::vector<TicketState>& tickets) {
  std::vector<Urgent> clocks;
  for (const TicketState& ticket : tickets) {
    for (const Clock& clock : ticket.clocks()) {
      if (clock.status() != core::v1::CLOCK_STATUS_RUNNING || !clock.has_due_time()) continue;
      if (clock.has_breach_time()) continue;
      clocks.push_back({FromProto(clock.due_time()), &clock, &ticket});
    }
  }
  std::sort(clocks.begin(), clocks.end(),
            [](const Urgent& a, const Urgent& b) { return a.due < b.due; });
  return clocks;
}

void Count(const TicketState& ticket, TeamCount& count) {
  if (ticket.status() == core::v1::TICKET_STATUS_NEW) ++count.fresh;
  if (ticket.status() == core::v1::TICKET_STATUS_OPEN) ++count.open;
  if (ticket.status() == core::v1::TICKET_STATUS_WAITING_FOR_CUSTOMER) ++count.waiting;
  if (ticket.open_breaches_size() > 0) ++count.breached;
}

void WriteCount(std::ostream& out, const std::string& name, const TeamCount& count) {
  out << std::left << std::setw(28) << name << std::right << std::setw(7) << count.fresh
      << std::setw(7) << count.open << std::setw(9) << count.waiting << std::setw(10)
      << count.breached << "\n";
}

struct BoardArguments {
  std::string interval = "2s";
  int64_t urgent = 20;
  bool once = false;
};

int ShowBoard(Session& session, const BoardArguments& arguments) {
  const auto interval = config::ParseDuration(arguments.interval);
  if (!interval || *interval < absl::Milliseconds(200)) {
    return session.Misuse("--interval: must be a duration of at least 200ms");
  }
  if (session.tenant.empty()) return session.Misuse("give --tenant or PLAZO_TENANT");
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  while (session.out.good()) {
    const auto tickets = ListAllTickets(*desk, session.tenant,
                                        {core::v1::TICKET_STATUS_NEW, core::v1::TICKET_STATUS_OPEN,
                                         core::v1::TICKET_STATUS_WAITING_FOR_CUSTOMER},
                                        kMaxTickets);
    if (!tickets.ok() && arguments.once) return session.Fail(tickets.status());
    if (!arguments.once) session.out << kClearScreen;
    if (tickets.ok()) {
      session.out << BoardText(session.tenant, *tickets, Moment::Here(),
                               static_cast<size_t>(std::max<int64_t>(0, arguments.urgent)));
    } else {
      session.out << "desk does not answer: " << ToStd(tickets.status().message()) << "\n";
    }
    session.out.flush();
    if (arguments.once) return 0;
    absl::SleepFor(*interval);
  }
  return 0;
}

}  // namespace

std::string BoardText(const std::string& tenant, const std::vector<TicketState>& tickets,
                      const Moment& moment, size_t urgent) {
  std::map<std::string, TeamCount> teams;
  TeamCount all;
  for (const TicketState& ticket : tickets) {
    Count(ticket, teams[ticket.team()]);
    Count(ticket, all);
  }
  std::ostringstream out;
  out << tenant << "  " << absl::FormatTime("%Y-%m-%d %H:%M:%S", moment.now, moment.zone) << "\n\n"
      << std::left << std::setw(28) << "team"
      << "    new   open  waiting  breached\n";
  for (const auto& [team, count] : teams) WriteCount(out, team, count);
  WriteCount(out, "all", all);
  out << "\nclocks that run out next\n";
  const std::vector<Urgent> clocks = RunningClocks(tickets);
  for (size_t i = 0; i < std::min(urgent, clocks.size()); ++i) {
    const Urgent& next = clocks[i];
    out << std::left << std::setw(14) << DistanceText(next.due, moment.now) << std::setw(18)
        << ShortName(next.clock->kind()) << std::setw(12) << next.ticket->case_number()
        << std::setw(24) << next.ticket->team() << next.ticket->headline().subject() << "\n";
  }
  return out.str();
}

void AddBoard(const Command& root, Session& session) {
  auto arguments = std::make_shared<BoardArguments>();
  root.Sub("board", "what is open, by team and by urgency, drawn anew until interrupted")
      .Text("--interval", &arguments->interval, "how often it is drawn")
      .Number("--urgent", &arguments->urgent, "how many clocks are shown")
      .Flag("--once", &arguments->once, "draw once and end")
      .Run([&session, arguments] { return ShowBoard(session, *arguments); });
}

}  // namespace plazo::cli
