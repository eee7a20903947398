#include "platform/observability/metrics.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "platform/base/status.h"

namespace plazo::observability {
namespace {

[[noreturn]] void Bug(const std::string& name, const char* what) {
  std::fprintf(stderr, "metric %s: %s\n", name.c_str(), what);
  std::abort();
}

// prometheus-cpp throws on invalid names and on one name with two types: both are mistakes in our
// code.
template <typename Build>
auto& Built(const std::string& name, const Build& build) {
  try {
    return build();
  } catch (const std::exception& e) {
    Bug(name, e.what());
  }
}

// Gauges whose value is asked for at each scrape.
class Functions final : public prometheus::Collectable {
 public:
  void Add(const std::string& name, const std::string& help, const Labels& labels,
           std::function<double()> value) {
    absl::MutexLock lock(&mutex_);
    Family& family = families_[name];
    family.help = help;
    family.members.push_back({labels, std::move(value)});
  }

  std::vector<prometheus::MetricFamily> Collect() const override {
    absl::MutexLock lock(&mutex_);
    std::vector<prometheus::MetricFamily> out;
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily collected{name, family.help, prometheus::MetricType::Gauge, {}};
      for (const auto& [labels, value] : family.members) {
        prometheus::ClientMetric metric;
        for (const auto& [key, text] : labels) metric.label.push_back({key, text});
        metric.gauge.value = value();
        collected.metric.push_back(std::move(metric));
      }
      out.push_back(std::move(collected));
    }
    return out;
  }

 private:
  struct Family {
    std::string help;
    std::vector<std::pair<Labels, std::function<double()>>> members;
  };
  mutable absl::Mutex mutex_;
  std::map<std::string, Family> families_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::vector<double> LatencyBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

std::vector<double> CountBuckets() {
  return {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};
}

struct Metrics::State {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<Functions> functions = std::make_shared<Functions>();
  std::unique_ptr<prometheus::Exposer> exposer;  // last: its threads use the others
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::AddCounter(const std::string& name, const std::string& help,
                             const Labels& labels) {
  return Built(name, [&]() -> Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(*state_->registry).Add(labels);
  });
}

Gauge& Metrics::AddGauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Built(name, [&]() -> Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(*state_->registry).Add(labels);
  });
}

Histogram& Metrics::AddHistogram(const std::string& name, const std::string& help,
                                 const std::vector<double>& buckets, const Labels& labels) {
  return Built(name, [&]() -> Histogram& {
    return prometheus::BuildHistogram()
        .Name(name)
        .Help(help)
        .Register(*state_->registry)
        .Add(labels, buckets);
  });
}

void Metrics::AddGaugeFunction(const std::string& name, const std::string& help,
                               std::function<double()> value, const Labels& labels) {
  state_->functions->Add(name, help, labels, std::move(value));
}

absl::StatusOr<int> Metrics::Serve(const std::string& address) {
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address, 1);
    exposer->RegisterCollectable(state_->registry);
    exposer->RegisterCollectable(state_->functions);
    const std::vector<int> ports = exposer->GetListeningPorts();
    state_->exposer = std::move(exposer);
    return ports.empty() ? 0 : ports.front();
  } catch (const std::exception& e) {
    // CivetWeb tells only that it failed; nearly always the port is taken.
    return Unavailable("metrics: cannot serve on " + address + ": " + e.what());
  }
}

std::string Metrics::Render() const {
  std::vector<prometheus::MetricFamily> families = state_->registry->Collect();
  for (auto& family : state_->functions->Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace plazo::observability
