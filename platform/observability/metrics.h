#pragma once

// Prometheus metrics of one process.
//
//   Metrics metrics;
//   Counter& refused = metrics.AddCounter("plazo_commands_refused_total", "Commands the domain
//   refused."); Histogram& wait = metrics.AddHistogram("plazo_decision_seconds", "Accepted to
//   decided.", LatencyBuckets());
//
// Names start with plazo_, units are base units (seconds, bytes) and stand in the name; counters
// end in _total. Adding the same name and labels again gives the same object; the same name with
// another type, or an invalid name, is a bug and ends the process, telling which. Labels have few
// values: never an id, an address or a customer. Thread-safe, and so is every metric. References
// stay valid as long as the Metrics.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::observability {

using Counter = prometheus::Counter;      // Increment(by = 1)
using Gauge = prometheus::Gauge;          // Set, Increment, Decrement
using Histogram = prometheus::Histogram;  // Observe
using Labels = std::map<std::string, std::string>;

// 1 ms to 60 s.
std::vector<double> LatencyBuckets();
// 1 to 10 000, for batch sizes.
std::vector<double> CountBuckets();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& AddCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& AddGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& AddHistogram(const std::string& name, const std::string& help,
                          const std::vector<double>& buckets, const Labels& labels = {});
  // Asked at each scrape, on the scraping thread; must be thread-safe and quick, and must outlive
  // the Metrics.
  void AddGaugeFunction(const std::string& name, const std::string& help,
                        std::function<double()> value, const Labels& labels = {});

  // Serves /metrics on host:port until the object dies; port 0 takes any. Gives the bound port, or
  // UNAVAILABLE.
  absl::StatusOr<int> Serve(const std::string& address);
  // The same text that a scrape gets.
  std::string Render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::observability
