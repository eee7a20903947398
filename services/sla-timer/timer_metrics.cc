#include "services/sla-timer/timer_metrics.h"

#include <vector>

namespace plazo::sla_timer {
namespace {

std::vector<double> LatenessBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
          1,     2.5,    5,     10,   30,    60,   300, 3600};
}

observability::Counter& Rebuilds(observability::Metrics& metrics, const std::string& reason) {
  return metrics.AddCounter("plazo_timer_rebuilds_total",
                            "Times the index of a partition was filled anew from the log.",
                            {{"reason", reason}});
}

observability::Counter& Refired(observability::Metrics& metrics, const std::string& reason) {
  return metrics.AddCounter("plazo_timer_refired_total",
                            "Further attempts: the one before was not delivered, or was decided "
                            "and left the deadline as it was.",
                            {{"reason", reason}});
}

}  // namespace

TimerMetrics::TimerMetrics(observability::Metrics& m)
    : metrics(m),
      fired(m.AddCounter("plazo_timer_fired_total", "Deadlines fired, first attempts.")),
      refired_undelivered(Refired(m, "undelivered")),
      refired_unchanged(Refired(m, "unchanged")),
      undelivered(m.AddCounter("plazo_timer_undelivered_total",
                               "Firings that Kafka did not take, or did not confirm.")),
      lateness(m.AddHistogram("plazo_timer_lateness_seconds",
                              "First attempt minus due time, in the broker's time.",
                              LatenessBuckets())),
      stale_epochs(m.AddCounter("plazo_timer_stale_epochs_total",
                                "Times another epoch stood in a partition we thought ours.")),
      rebuilt_empty(Rebuilds(m, "empty")),
      rebuilt_wiped(Rebuilds(m, "wiped")),
      rebuilt_mismatch(Rebuilds(m, "mismatch")),
      rebuilt_beyond_end(Rebuilds(m, "beyond_end")),
      rollbacks(m.AddCounter("plazo_timer_rollbacks_total",
                             "Times the index had gone back to an earlier offset.")),
      index_errors(
          m.AddCounter("plazo_timer_redis_errors_total", "Calls to the index that failed.")),
      unreadable(m.AddCounter("plazo_timer_unreadable_records_total",
                              "State records passed over because they could not be read.")),
      skew(m.AddGauge("plazo_timer_clock_skew_seconds",
                      "Our clock minus the broker's, from delivery reports.")),
      lanes(m.AddGauge("plazo_timer_lanes", "Partitions assigned.")),
      lanes_live(m.AddGauge("plazo_timer_lanes_live",
                            "Partitions that have caught up with the log and fire.")) {}

observability::Gauge& TimerMetrics::Pending(int32_t partition) {
  return metrics.AddGauge("plazo_timer_deadlines_pending", "Deadlines in the index.",
                          {{"partition", std::to_string(partition)}});
}

observability::Gauge& TimerMetrics::InFlight(int32_t partition) {
  return metrics.AddGauge("plazo_timer_in_flight",
                          "Firings whose answer from the router has not been seen.",
                          {{"partition", std::to_string(partition)}});
}

}  // namespace plazo::sla_timer
