#pragma once

// Sends a plan at a fixed rate, whatever the answers do (open loop): a request is late when its
// turn comes while the cluster is slow, and that counts. Bounded by the number of calls in flight;
// turns that find no room are counted as not sent.
//
// One owner; answers are taken on gRPC's threads.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <array>
#include <ostream>
#include <string>

#include "cli/load/latency.h"
#include "cli/load/plan.h"
#include "cli/remote.h"

namespace plazo::cli {

struct LoadRunOptions {
  double rate = 10;  // a second
  absl::Duration duration = absl::Seconds(10);
  int64_t max_in_flight = 1000;
  absl::Duration call_timeout = absl::Seconds(10);
  std::ostream* journal = nullptr;  // a JSON line a request; may be nullptr
};

struct LoadCount {
  int64_t sent = 0, decided = 0, pending = 0, refused = 0, failed = 0;
};

struct LoadResult {
  absl::Duration took;
  int64_t not_sent = 0;
  std::array<LoadCount, 4> counts;  // by LoadKind
  // From the turn of a request to the log's append time, by the clocks of both; and to the answer
  // that holds the decision.
  Latencies to_accept;
  std::array<Latencies, 4> to_decision;  // by LoadKind
  std::string first_error;
};

LoadResult RunLoad(const Remote& intake, LoadPlan& plan, const LoadRunOptions& options);

}  // namespace plazo::cli
