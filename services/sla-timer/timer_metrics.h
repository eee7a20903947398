#pragma once

// What sla-timer tells Prometheus. Thread-safe; must not outlive the Metrics it was made with.

#include <cstdint>
#include <string>

#include "platform/observability/metrics.h"

namespace plazo::sla_timer {

struct TimerMetrics {
  explicit TimerMetrics(observability::Metrics& metrics);

  observability::Gauge& Pending(int32_t partition);
  observability::Gauge& InFlight(int32_t partition);

  observability::Metrics& metrics;
  observability::Counter& fired;
  observability::Counter& refired_undelivered;
  observability::Counter& refired_unchanged;
  observability::Counter& undelivered;
  observability::Histogram& lateness;
  observability::Counter& stale_epochs;
  observability::Counter& rebuilt_empty;       // nothing was there when we came
  observability::Counter& rebuilt_wiped;       // what was there has gone
  observability::Counter& rebuilt_mismatch;    // fewer or more deadlines than were put there
  observability::Counter& rebuilt_beyond_end;  // an offset that the topic has not reached
  observability::Counter& rollbacks;
  observability::Counter& index_errors;
  observability::Counter& unreadable;
  observability::Gauge& skew;
  observability::Gauge& lanes;
  observability::Gauge& lanes_live;
};

}  // namespace plazo::sla_timer
