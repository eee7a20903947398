#pragma once

// What notifier tells Prometheus. Thread-safe; must not outlive the Metrics it was made with.

#include "platform/observability/metrics.h"
#include "plazo/core/v1/command.pb.h"

namespace plazo::notifier {

struct NotifierMetrics {
  explicit NotifierMetrics(observability::Metrics& metrics);

  observability::Counter& Reports(core::v1::DeliveryOutcome outcome);

  observability::Metrics& metrics;
  observability::Counter& mails;
  observability::Counter& repeated;
  observability::Counter& ledger_errors;
  observability::Counter& held_back;
  observability::Counter& unreported;
  observability::Counter& dead_letters;
  observability::Histogram& to_relay;
  observability::Gauge& in_memory;
  observability::Gauge& breaker_open;
};

}  // namespace plazo::notifier
