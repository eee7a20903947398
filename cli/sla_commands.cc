#include "cli/sla_commands.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/fields.h"
#include "cli/remote.h"
#include "domain/core/proto_time.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using desk::v1::GetSlaReportResponse;
using desk::v1::SlaReportRow;

const std::string kDesk = "plazo.desk.v1.DeskService/";

struct ReportQuery {
  std::string from, to, team, channel, objective;
};

absl::Status Fill(const Session& session, const ReportQuery& query,
                  desk::v1::GetSlaReportRequest& request) {
  request.set_tenant(session.tenant);
  request.set_team(query.team);
  for (const auto& [field, value] :
       {std::pair{"from_time", query.from}, std::pair{"to_time", query.to},
        std::pair{"channel", query.channel}}) {
    if (!value.empty()) PLAZO_RETURN_IF_ERROR(SetField(request, field, value));
  }
  double objective = 0;
  if (!query.objective.empty() && !absl::SimpleAtod(query.objective, &objective)) {
    return InvalidArgument("objective: must be a number such as 0.99");
  }
  request.set_objective(objective);
  return absl::OkStatus();
}

int Report(Session& session, const ReportQuery& query) {
  desk::v1::GetSlaReportRequest request;
  GetSlaReportResponse response;
  if (absl::Status s = Fill(session, query, request); !s.ok()) return session.Fail(s);
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  if (absl::Status s = desk->Call(kDesk + "GetSlaReport", request, response); !s.ok()) {
    return session.Fail(s);
  }
  if (session.json) {
    session.PrintJson(response);
  } else {
    session.out << SlaReportText(response);
  }
  return 0;
}

struct BreachQuery {
  bool open = false;
  int64_t max = 50;
};

// Pages on until `max` are shown or there are no more.
int Breaches(Session& session, const BreachQuery& query) {
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return session.Fail(desk.status());
  desk::v1::ListBreachesRequest request;
  request.set_tenant(session.tenant);
  request.set_unacknowledged_only(query.open);
  for (int64_t left = query.max; left > 0;) {
    desk::v1::ListBreachesResponse response;
    request.set_page_size(static_cast<int32_t>(std::min<int64_t>(left, 200)));
    if (absl::Status s = desk->Call(kDesk + "ListBreaches", request, response); !s.ok()) {
      return session.Fail(s);
    }
    for (const core::v1::SlaFact& breach : response.breaches()) {
      if (session.json) {
        session.PrintJson(breach);
      } else {
        session.out << BreachLine(breach, Moment::Here()) << "\n";
      }
    }
    if (response.next_page_token().empty()) return 0;
    request.set_page_token(response.next_page_token());
    left -= std::max(1, response.breaches_size());
  }
  session.err << "plazoctl: there are more; --max shows them\n";
  return 0;
}

std::string OrAny(const std::string& text) { return text.empty() ? "-" : text; }

std::string DayText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", FromProto(time), absl::UTCTimeZone());
}

// 14m 30s rather than every millisecond of a quantile.
std::string QuantileText(const google::protobuf::Duration& duration) {
  const absl::Duration exact = FromProto(duration);
  return config::DurationText(exact < absl::Seconds(10) ? absl::Trunc(exact, absl::Milliseconds(10))
                                                        : absl::Trunc(exact, absl::Seconds(1)));
}

}  // namespace

std::string SlaReportText(const GetSlaReportResponse& report) {
  std::string text = "from " + DayText(report.from_time()) + " to " + DayText(report.to_time()) +
                     " UTC" + (report.rows().empty() ? ": no promise was decided\n" : "\n");
  std::vector<const SlaReportRow*> rows;
  for (const SlaReportRow& row : report.rows()) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const SlaReportRow* a, const SlaReportRow* b) {
    return a->budget_burn() > b->budget_burn();
  });
  for (const SlaReportRow* row : rows) {
    absl::StrAppendFormat(
        &text, "  %-15s  %s, %s, plan %s, impact %s: %d met, %d warned, %d breached",
        ShortName(row->clock()), OrAny(row->team()), OrAny(ShortName(row->channel())),
        OrAny(row->plan()), OrAny(ShortName(row->impact())), row->met(), row->warned(),
        row->breached());
    if (row->has_p50()) {
      absl::StrAppendFormat(&text, "; half within %s, 90 %% %s, 99 %% %s", QuantileText(row->p50()),
                            QuantileText(row->p90()), QuantileText(row->p99()));
    }
    if (row->breached() > 0) absl::StrAppendFormat(&text, "; budget burn %.2f", row->budget_burn());
    text += "\n";
  }
  return text;
}

std::string BreachLine(const core::v1::SlaFact& breach, const Moment& moment) {
  return TimeText(breach.detected_time(), moment) + "  " + ShortName(breach.clock()) + " of " +
         OrAny(breach.case_number()) + " (" + breach.ticket_id() + "), " + OrAny(breach.team()) +
         ", impact " + OrAny(ShortName(breach.impact())) + ", was due " +
         TimeText(breach.due_time(), moment) +
         (breach.by_reclassification() ? ", by reclassification" : "");
}

void AddSla(const Command& root, Session& session) {
  const Command sla = root.Sub("sla", "promises kept and missed");
  auto report = std::make_shared<ReportQuery>();
  const auto* channel = FindField(*desk::v1::GetSlaReportRequest::descriptor(), "channel");
  sla.Sub("report", "how many were met, warned of and breached, and how long they took")
      .Text("--from", &report->from, "whole days from this time on")
      .Text("--to", &report->to, "up to this time")
      .Text("--team", &report->team, "of this team")
      .Text("--channel", &report->channel, "of this channel", {.choices = Choices(*channel)})
      .Text("--objective", &report->objective, "share of promises to keep; 0.99")
      .Run([&session, report] { return Report(session, *report); });
  auto breaches = std::make_shared<BreachQuery>();
  sla.Sub("breaches", "which were missed, the newest first")
      .Flag("--unacknowledged", &breaches->open, "only those that nobody acknowledged")
      .Number("--max", &breaches->max, "how many")
      .Run([&session, breaches] { return Breaches(session, *breaches); });
}

}  // namespace plazo::cli
