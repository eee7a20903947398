// The calls about promises: how one came about, which were missed, how many were kept.

#include <algorithm>
#include <charconv>

#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"
#include "domain/sla/explain.h"
#include "services/desk/desk_service.h"
#include "services/desk/paging.h"

namespace plazo::desk {
namespace {

absl::Time KnownSince(const core::v1::TicketState& ticket, absl::Time otherwise) {
  return ticket.has_received_time() ? FromProto(ticket.received_time()) : otherwise;
}

void Fill(const sla::Account& account, v1::ExplainDeadlineResponse& response) {
  for (const sla::AccountLine& line : account.lines) {
    v1::ExplainedInterval* interval = response.add_intervals();
    *interval->mutable_from_time() = ToProto(line.from);
    *interval->mutable_to_time() = ToProto(line.to);
    interval->set_counted(line.counted);
    interval->set_cause(line.cause);
  }
  *response.mutable_counted() = ToProto(account.counted);
}

// The breaches of a ticket that nobody acknowledged, as the facts of its state say.
void AddOpenBreaches(const core::v1::TicketState& ticket,
                     std::vector<core::v1::SlaFact>& breaches) {
  for (const core::v1::OpenBreach& open : ticket.open_breaches()) {
    core::v1::SlaFact& fact = breaches.emplace_back();
    fact.set_kind(core::v1::SLA_FACT_KIND_BREACHED);
    fact.set_clock(open.clock());
    fact.set_tenant(ticket.tenant());
    fact.set_ticket_id(ticket.ticket_id());
    fact.set_case_number(ticket.case_number());
    fact.set_team(ticket.team());
    fact.set_level(ticket.level());
    fact.set_channel(ticket.channel());
    fact.set_plan(ticket.customer().plan());
    fact.set_impact(ticket.impact());
    fact.set_department(ticket.department());
    *fact.mutable_due_time() = open.due_time();
    *fact.mutable_detected_time() = open.breach_time();
    const core::v1::Clock* clock = sla::Find(ticket, open.clock());
    if (clock == nullptr ||
        clock->due_time().SerializeAsString() != open.due_time().SerializeAsString()) {
      continue;  // the clock was started anew since
    }
    *fact.mutable_target() = clock->target();
    fact.set_policy_hash(clock->policy_hash());
    fact.set_by_reclassification(clock->breached_by_reclassification());
  }
}

// Newest first, as BreachPlace orders them.
std::vector<core::v1::SlaFact> OpenBreaches(const TicketTable& tickets, const std::string& tenant,
                                            const std::optional<BreachPlace>& after, size_t count) {
  std::vector<core::v1::SlaFact> breaches;
  for (const TicketPtr& ticket : tickets.Select([&](const core::v1::TicketState& t) {
         return t.tenant() == tenant && !t.open_breaches().empty();
       })) {
    AddOpenBreaches(*ticket, breaches);
  }
  std::sort(breaches.begin(), breaches.end(),
            [](const auto& a, const auto& b) { return BreachPlace(a) < BreachPlace(b); });
  if (after) {
    std::erase_if(breaches, [&](const auto& fact) { return !(*after < BreachPlace(fact)); });
  }
  if (breaches.size() > count) breaches.resize(count);
  return breaches;
}

// `<ms>.<clock>.<ticket id>`: pages stay whole while new breaches come in before them.
std::string CursorAt(const core::v1::SlaFact& fact) {
  const BreachPlace place(fact);
  return std::to_string(place.ms) + "." + std::to_string(place.clock) + "." + place.ticket_id;
}

absl::StatusOr<std::optional<BreachPlace>> PlaceOf(const std::string& cursor) {
  if (cursor.empty()) return std::optional<BreachPlace>();
  int64_t ms = 0;
  int clock = 0;
  const char* end = cursor.data() + cursor.size();
  const auto first = std::from_chars(cursor.data(), end, ms);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '.') {
    const auto second = std::from_chars(first.ptr + 1, end, clock);
    if (second.ec == std::errc() && second.ptr != end && *second.ptr == '.') {
      return std::optional<BreachPlace>(BreachPlace(ms, std::string(second.ptr + 1, end), clock));
    }
  }
  return absl::InvalidArgumentError("page_token: is none");
}

void Fill(const SlaRow& row, const SlaCounts& counts, double objective, v1::SlaReportRow& out) {
  out.set_clock(row.clock);
  out.set_team(row.team);
  out.set_channel(row.channel);
  out.set_plan(row.plan);
  out.set_impact(row.impact);
  out.set_met(counts.met);
  out.set_warned(counts.warned);
  out.set_breached(counts.breached);
  if (counts.used.count() > 0) {
    *out.mutable_p50() = ToProto(counts.used.Quantile(0.50));
    *out.mutable_p90() = ToProto(counts.used.Quantile(0.90));
    *out.mutable_p99() = ToProto(counts.used.Quantile(0.99));
  }
  const auto decided = static_cast<double>(counts.met + counts.breached);
  if (decided > 0) {
    out.set_budget_burn(static_cast<double>(counts.breached) / decided / (1 - objective));
  }
}

constexpr double kDefaultObjective = 0.99;

}  // namespace

grpc::ServerUnaryReactor* DeskService::ExplainDeadline(grpc::CallbackServerContext* context,
                                                       const v1::ExplainDeadlineRequest* request,
                                                       v1::ExplainDeadlineResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("ExplainDeadline", "", reactor, [=, this] {
    const TicketPtr ticket = parts_.tickets.Find(request->ticket_id());
    if (ticket == nullptr || ticket->tenant() != request->tenant()) {
      return NotFound("ticket_id", "UNKNOWN_TICKET");
    }
    const core::v1::Clock* clock = sla::Find(*ticket, request->clock());
    if (clock == nullptr) return NotFound("clock", "NO_SUCH_CLOCK");
    const auto policy = parts_.policies.Get(clock->policy_hash());
    if (absl::IsNotFound(policy.status())) {
      return rpc::Refused("POLICY_GONE", "the policy of this promise is not kept any more");
    }
    if (!policy.ok()) return rpc::ToGrpc(policy.status());
    const absl::Time start = FromProto(clock->start_time());
    const auto account =
        sla::Explain(*clock, **policy, KnownSince(*ticket, start), parts_.clock.Now());
    if (!account.ok()) return rpc::ToGrpc(account.status());
    *response->mutable_clock() = *clock;
    response->set_tzdb_version((*policy)->tzdb_version());
    Fill(*account, *response);
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerUnaryReactor* DeskService::ListBreaches(grpc::CallbackServerContext* context,
                                                    const v1::ListBreachesRequest* request,
                                                    v1::ListBreachesResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("ListBreaches", "", reactor, [=, this] {
    if (request->tenant().empty()) return Invalid("tenant", "required");
    const auto cursor = CursorOf(*request);
    if (!cursor.ok()) return rpc::ToGrpc(cursor.status());
    const auto after = PlaceOf(*cursor);
    if (!after.ok()) return rpc::ToGrpc(after.status());
    const size_t size = PageSize(request->page_size());
    // One more than is shown, to know whether there are more.
    if (request->unacknowledged_only()) {
      for (auto& fact : OpenBreaches(parts_.tickets, request->tenant(), *after, size + 1)) {
        *response->add_breaches() = std::move(fact);
      }
    } else {
      for (const BreachPtr& fact : parts_.sla.Breaches(request->tenant(), *after, size + 1)) {
        *response->add_breaches() = *fact;
      }
    }
    if (static_cast<size_t>(response->breaches_size()) > size) {
      response->mutable_breaches()->RemoveLast();
      response->set_next_page_token(TokenAt(*request, CursorAt(*response->breaches().rbegin())));
    }
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerUnaryReactor* DeskService::GetSlaReport(grpc::CallbackServerContext* context,
                                                    const v1::GetSlaReportRequest* request,
                                                    v1::GetSlaReportResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("GetSlaReport", "", reactor, [=, this] {
    if (request->tenant().empty()) return Invalid("tenant", "required");
    const double objective = request->objective() == 0 ? kDefaultObjective : request->objective();
    if (!(objective > 0 && objective < 1)) return Invalid("objective", "must lie between 0 and 1");
    const absl::Time from =
        request->has_from_time() ? FromProto(request->from_time()) : absl::UnixEpoch();
    const absl::Time to =
        request->has_to_time() ? FromProto(request->to_time()) : absl::InfiniteFuture();
    if (to <= from) return Invalid("to_time", "must be after from_time");
    const SlaReport report = parts_.sla.Report(from, to, [&](const SlaRow& row) {
      return row.tenant == request->tenant() &&
             (request->team().empty() || row.team == request->team()) &&
             (request->channel() == core::v1::CHANNEL_UNSPECIFIED ||
              row.channel == request->channel());
    });
    for (const auto& [row, counts] : report.rows)
      Fill(row, counts, objective, *response->add_rows());
    *response->mutable_from_time() = ToProto(report.from);
    *response->mutable_to_time() = ToProto(report.to);
    return grpc::Status::OK;
  });
  return reactor;
}

}  // namespace plazo::desk
