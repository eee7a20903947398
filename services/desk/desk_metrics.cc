#include "services/desk/desk_metrics.h"

namespace plazo::desk {
namespace {

constexpr char kReady[] = "plazo_desk_table_ready";
constexpr char kReadyHelp[] = "1 when the table has caught up with the log.";

// Few words, so that one can tell whose fault it is.
std::string OutcomeOf(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return "ok";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid";
    case grpc::StatusCode::NOT_FOUND:
      return "not_found";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "refused";
    case grpc::StatusCode::UNAVAILABLE:
      return "unavailable";
    default:
      return "failed";
  }
}

}  // namespace

void DeskMetrics::Answered(const char* method, const grpc::Status& status) {
  metrics_
      .AddCounter("plazo_desk_requests_total", "Calls answered, streams left out.",
                  {{"method", method}, {"outcome", OutcomeOf(status)}})
      .Increment();
}

void DeskMetrics::Export(const std::string& table, const kafka::Projector& reader) {
  metrics_.AddGaugeFunction(kReady, kReadyHelp, [&reader] { return reader.CaughtUp() ? 1.0 : 0.0; },
                            {{"table", table}});
  metrics_.AddGaugeFunction(
      "plazo_desk_records_total", "Records applied to the table.",
      [&reader] { return static_cast<double>(reader.counters().records.load()); },
      {{"table", table}});
  metrics_.AddGaugeFunction(
      "plazo_desk_records_waiting", "Records read and not applied yet.",
      [&reader] { return static_cast<double>(reader.counters().waiting.load()); },
      {{"table", table}});
  metrics_.AddGaugeFunction(
      "plazo_desk_retries_total", "Times records could not be applied and are tried again.",
      [&reader] { return static_cast<double>(reader.counters().retries.load()); },
      {{"table", table}});
}

void DeskMetrics::Export(const std::string& table, const kafka::Table& reader) {
  metrics_.AddGaugeFunction(kReady, kReadyHelp, [&reader] { return reader.Ready() ? 1.0 : 0.0; },
                            {{"table", table}});
}

void DeskMetrics::SetOpen(const TicketTable::OpenByTeam& open) {
  if (open == shown_) return;
  for (auto& [place, count] : shown_) count = 0;
  for (const auto& [place, count] : open) shown_[place] = count;
  for (const auto& [place, count] : shown_) {
    metrics_
        .AddGauge("plazo_desk_open_tickets", "Tickets that are not closed.",
                  {{"tenant", place.first}, {"team", place.second}})
        .Set(static_cast<double>(count));
  }
}

}  // namespace plazo::desk
