#include "cli/explain.h"

#include <memory>
#include <sstream>

#include "cli/fields.h"
#include "cli/remote.h"
#include "cli/ticket_lookup.h"
#include "domain/core/proto_time.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using core::v1::Clock;
using desk::v1::ExplainDeadlineResponse;

const std::string kDesk = "plazo.desk.v1.DeskService/";

int Explain(Session& session, const std::string& name, const std::string& clock) {
  const auto ticket_id = TicketIdOf(session, name);
  if (!ticket_id.ok()) return session.Fail(ticket_id.status());
  desk::v1::ExplainDeadlineRequest request;
  desk::v1::ExplainDeadlineResponse response;
  request.set_tenant(session.tenant);
  request.set_ticket_id(*ticket_id);
  if (absl::Status s = SetField(request, "clock", clock); !s.ok()) return session.Fail(s);
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  if (absl::Status s = desk->Call(kDesk + "ExplainDeadline", request, response); !s.ok()) {
    return session.Fail(Annotate(s, name));
  }
  if (session.json) {
    session.PrintJson(response);
  } else {
    session.out << ExplanationText(response, Moment::Here());
  }
  return 0;
}

}  // namespace

std::string ExplanationText(const ExplainDeadlineResponse& explanation, const Moment& moment) {
  const Clock& clock = explanation.clock();
  std::ostringstream out;
  out << ShortName(clock.kind()) << ", " << ShortName(clock.status()) << ": target "
      << config::DurationText(FromProto(clock.target()));
  if (FromProto(clock.limit()) != FromProto(clock.target())) {
    out << ", breached after " << config::DurationText(FromProto(clock.limit()));
  }
  out << (clock.calendar().empty() ? ", round the clock" : ", in the hours of " + clock.calendar())
      << "\n";
  for (const desk::v1::ExplainedInterval& interval : explanation.intervals()) {
    const absl::Duration length = FromProto(interval.to_time()) - FromProto(interval.from_time());
    out << "  " << TimeText(interval.from_time(), moment) << " - "
        << TimeText(interval.to_time(), moment) << "  "
        << (interval.counted() ? "counted   " : "left out  ") << config::DurationText(length)
        << "  " << interval.cause() << "\n";
  }
  out << "counted in all " << config::DurationText(FromProto(explanation.counted()));
  if (clock.has_due_time()) out << ", due " << TimeText(clock.due_time(), moment);
  if (clock.has_stop_time()) out << ", stopped " << TimeText(clock.stop_time(), moment);
  if (clock.has_breach_time()) out << ", breached " << TimeText(clock.breach_time(), moment);
  out << "\npolicy " << clock.policy_hash() << ", time zones of tzdb " << explanation.tzdb_version()
      << "\n";
  return out.str();
}

void AddExplain(const Command& root, Session& session) {
  auto ticket = std::make_shared<std::string>();
  auto clock = std::make_shared<std::string>();
  const auto* field = FindField(*desk::v1::ExplainDeadlineRequest::descriptor(), "clock");
  root.Sub("explain", "how a deadline came about: what was counted, what was left out, and why")
      .Text("TICKET", ticket.get(), "ticket id or case number", {.required = true})
      .Text("CLOCK", clock.get(), "the clock", {.required = true, .choices = Choices(*field)})
      .Run([&session, ticket, clock] { return Explain(session, *ticket, *clock); });
}

}  // namespace plazo::cli
