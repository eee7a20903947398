#include "services/intake/intake_metrics.h"

#include <string>

namespace plazo::intake {
namespace {

std::string Label(core::v1::Channel channel) {
  if (channel == core::v1::CHANNEL_UNSPECIFIED) return "none";
  constexpr std::string_view kPrefix = "CHANNEL_";
  std::string name = core::v1::Channel_Name(channel).substr(kPrefix.size());
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return name;
}

}  // namespace

IntakeMetrics::IntakeMetrics(observability::Metrics& metrics)
    : metrics_(metrics),
      wait_(metrics.AddHistogram("plazo_intake_decision_wait_seconds",
                                 "From the call to the decision, of calls that waited for it.",
                                 observability::LatencyBuckets())),
      pending_(metrics.AddCounter("plazo_intake_pending_total",
                                  "Calls whose decision did not come while they waited.")) {}

void IntakeMetrics::Sent(core::v1::Channel channel, bool accepted) {
  metrics_
      .AddCounter("plazo_intake_commands_total",
                  "Commands by the channel they came from; none: of agents and operators.",
                  {{"channel", Label(channel)}, {"outcome", accepted ? "accepted" : "failed"}})
      .Increment();
}

void IntakeMetrics::Waited(absl::Duration time, bool decided) {
  if (decided) {
    wait_.Observe(absl::ToDoubleSeconds(time));
  } else {
    pending_.Increment();
  }
}

core::v1::Channel ChannelOf(const core::v1::Command& command) {
  switch (command.body_case()) {
    case core::v1::Command::kOpenTicket:
      return command.open_ticket().channel();
    case core::v1::Command::kAddCustomerMessage:
      return command.add_customer_message().channel();
    case core::v1::Command::kLogCall:
      return core::v1::CHANNEL_TELEPHONE;
    default:
      return core::v1::CHANNEL_UNSPECIFIED;
  }
}

}  // namespace plazo::intake
