#pragma once

// The one arbiter: decides every command exactly once, in order per aggregate (I1-I4). Adapts the
// pure domain to the transactional loop; knows how records look, not what they mean.
//
// Thread-safety: as kafka::LaneProcessor; counters from any thread.

#include <atomic>
#include <memory>

#include "domain/core/topics.h"
#include "platform/kafka/lane_processor.h"
#include "services/router/lane_store.h"

namespace plazo::router {

struct RouterCounters {
  std::atomic<uint64_t> applied{0};
  std::atomic<uint64_t> repeated{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> dead_letters{0};
};

class Router final : public kafka::LaneProcessor {
 public:
  Router(Topics topics, int32_t lanes);
  ~Router() override;

  void BeginRestore(int32_t lane) override;
  void RestoreRecord(int32_t lane, const kafka::Record& record) override;
  absl::Status FinishRestore(int32_t lane, int64_t committed) override;
  void ForgetLane(int32_t lane) override;
  int64_t NextOffset(int32_t lane) override;

  kafka::BatchOutput Process(std::span<const kafka::Record> inputs,
                             const kafka::BatchHints& hints) override;
  void Keep() override;
  void Drop() override;

  const RouterCounters& counters() const { return counters_; }

 private:
  class Batch;

  const Topics topics_;
  const int32_t lanes_;
  PolicyCache policies_;
  std::map<int32_t, Lane> memory_;
  std::unique_ptr<Batch> batch_;
  RouterCounters counters_;
};

}  // namespace plazo::router
