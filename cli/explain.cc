#include "cli/explain.h"

#include <memory>
#include <sstream>
#include <vector>

#include "cli/fields.h"
#include "cli/last_value.h"
#include "cli/remote.h"
#include "cli/ticket_lookup.h"
#include "domain/calendar/business_time.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using core::v1::Clock;
using desk::v1::ExplainDeadlineResponse;

const std::string kDesk = "plazo.desk.v1.DeskService/";

std::string CauseText(const calendar::Segment& segment) {
  switch (segment.cause) {
    case calendar::Cause::kWorkingHours:
      return "working hours";
    case calendar::Cause::kOverrideHours:
      return "special hours";
    case calendar::Cause::kClosed:
      return "closed";
    case calendar::Cause::kHoliday:
      return "holiday " + segment.name;
    case calendar::Cause::kOverride:
      return "closed by exception " + segment.name;
    case calendar::Cause::kPaused:
      return "paused";
  }
  return {};
}

std::vector<calendar::Interval> PausesOf(const Clock& clock) {
  std::vector<calendar::Interval> pauses;
  for (const core::v1::Interval& pause : clock.pauses()) {
    pauses.push_back({FromProto(pause.from_time()),
                      pause.has_to_time() ? FromProto(pause.to_time()) : absl::InfiniteFuture()});
  }
  return pauses;
}

absl::Time EndOf(const Clock& clock, absl::Time now) {
  if (clock.has_due_time()) return FromProto(clock.due_time());
  if (clock.has_stop_time()) return FromProto(clock.stop_time());
  return now;
}

absl::StatusOr<core::v1::TicketState> GetTicket(const Session& session, const Remote& desk,
                                                const std::string& ticket_id) {
  desk::v1::GetTicketRequest request;
  desk::v1::GetTicketResponse response;
  request.set_tenant(session.tenant);
  request.set_ticket_id(ticket_id);
  PLAZO_RETURN_IF_ERROR(desk.Call(kDesk + "GetTicket", request, response));
  return response.ticket();
}

// The policy a lane keeps as long as a promise refers to it.
absl::StatusOr<std::shared_ptr<const policy::CompiledPolicy>> PolicyOf(const Session& session,
                                                                       const std::string& ticket_id,
                                                                       const std::string& hash) {
  auto broker = session.OpenKafka();
  if (!broker.ok()) return broker.status();
  const int32_t lane = kafka::MurmurPartition(ids::TicketKey(ticket_id), kPartitions);
  auto value = LastValue(**broker, {session.topics().tickets, lane}, ids::PolicyKey(hash),
                         session.CallTimeout());
  if (!value.ok()) return value.status();
  core::v1::StateRecord record;
  if (!value->has_value() || !record.ParseFromString(**value)) {
    return absl::NotFoundError("the policy " + hash + " is not kept any more");
  }
  return policy::CompiledPolicy::Compile(record.policy().bundle());
}

absl::StatusOr<ExplainDeadlineResponse> ComputeHere(const Session& session, const Remote& desk,
                                                    const std::string& ticket_id,
                                                    core::v1::ClockKind kind) {
  const auto ticket = GetTicket(session, desk, ticket_id);
  if (!ticket.ok()) return ticket.status();
  for (const Clock& clock : ticket->clocks()) {
    if (clock.kind() != kind) continue;
    const auto policy = PolicyOf(session, ticket_id, clock.policy_hash());
    if (!policy.ok()) return policy.status();
    return ExplainClock(clock, **policy, absl::Now());
  }
  return absl::NotFoundError("the ticket has no such clock");
}

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
  const absl::Status called = desk->Call(kDesk + "ExplainDeadline", request, response);
  if (called.code() == absl::StatusCode::kUnimplemented) {
    const auto computed = ComputeHere(session, *desk, *ticket_id, request.clock());
    if (!computed.ok()) return session.Fail(computed.status());
    response = *computed;
  } else if (!called.ok()) {
    return session.Fail(called);
  }
  if (session.json) {
    session.PrintJson(response);
  } else {
    session.out << ExplanationText(response, Moment::Here());
  }
  return 0;
}

}  // namespace

absl::StatusOr<ExplainDeadlineResponse> ExplainClock(const Clock& clock,
                                                     const policy::CompiledPolicy& policy,
                                                     absl::Time now) {
  if (clock.policy_hash() != policy.hash()) {
    return absl::FailedPreconditionError("the clock was promised under " + clock.policy_hash());
  }
  const calendar::BusinessTime& hours = policy.CalendarFor(clock.calendar());
  const std::vector<calendar::Interval> pauses = PausesOf(clock);
  const calendar::Explanation account =
      hours.Explain(FromProto(clock.start_time()), EndOf(clock, now), pauses);
  ExplainDeadlineResponse response;
  *response.mutable_clock() = clock;
  response.set_tzdb_version(policy.tzdb_version());
  for (const calendar::Segment& segment : account.segments) {
    desk::v1::ExplainedInterval* interval = response.add_intervals();
    *interval->mutable_from_time() = ToProto(segment.from);
    *interval->mutable_to_time() = ToProto(segment.to);
    interval->set_counted(segment.counted());
    interval->set_cause(CauseText(segment));
  }
  return response;
}

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
  absl::Duration counted;
  for (const desk::v1::ExplainedInterval& interval : explanation.intervals()) {
    const absl::Duration length = FromProto(interval.to_time()) - FromProto(interval.from_time());
    if (interval.counted()) counted += length;
    out << "  " << TimeText(interval.from_time(), moment) << " - "
        << TimeText(interval.to_time(), moment) << "  "
        << (interval.counted() ? "counted   " : "left out  ") << config::DurationText(length)
        << "  " << interval.cause() << "\n";
  }
  out << "counted in all " << config::DurationText(counted);
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
