#include "services/notifier/notifier_metrics.h"

#include <string>
#include <string_view>
#include <vector>

namespace plazo::notifier {
namespace {

constexpr std::string_view kPrefix = "DELIVERY_OUTCOME_";

std::vector<double> RelayBuckets() {
  return {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600, 3600, 86400};
}

std::string Label(core::v1::DeliveryOutcome outcome) {
  std::string name = core::v1::DeliveryOutcome_Name(outcome);
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace

NotifierMetrics::NotifierMetrics(observability::Metrics& m)
    : metrics(m),
      mails(m.AddCounter("plazo_notifier_mails_total", "Mails the relay has taken.")),
      repeated(m.AddCounter("plazo_notifier_repeated_mails_total",
                            "Of these, sent although an earlier attempt may have arrived.")),
      ledger_errors(m.AddCounter("plazo_notifier_redis_errors_total",
                                 "Calls to the ledger that failed; the mail waits.")),
      held_back(m.AddCounter("plazo_notifier_held_back_total",
                             "Times a mail had to wait for the ledger or the relay.")),
      unreported(m.AddCounter("plazo_notifier_unreported_total",
                              "Reports that Kafka did not take, or did not confirm; sent again.")),
      dead_letters(
          m.AddCounter("plazo_notifier_dead_letters_total", "Intents that could not be read.")),
      to_relay(m.AddHistogram("plazo_notifier_request_to_relay_seconds",
                              "Decided to taken by the relay, first attempts.", RelayBuckets())),
      in_memory(m.AddGauge("plazo_notifier_intents_in_memory", "Intents taken and not settled.")),
      breaker_open(m.AddGauge("plazo_notifier_relay_breaker_open",
                              "1 while the relay is not tried because it cannot be reached.")) {}

observability::Counter& NotifierMetrics::Reports(core::v1::DeliveryOutcome outcome) {
  return metrics.AddCounter("plazo_notifier_reports_total", "Reports to the router.",
                            {{"outcome", Label(outcome)}});
}

}  // namespace plazo::notifier
