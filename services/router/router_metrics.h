#pragma once

// Exports the router's and its loop's counters; both must outlive the metrics.

#include "platform/kafka/transactional_loop.h"
#include "platform/observability/metrics.h"
#include "services/router/router.h"

namespace plazo::router {

void ExportMetrics(observability::Metrics& metrics, const RouterCounters& router,
                   const kafka::LoopCounters& loop);

}  // namespace plazo::router
