#pragma once

// sla-timer without its process: reads plazo.state.tickets.v1 as a member of its group, keeps one
// TimerLane a partition, and sends what they fire to plazo.cmd.inbound.v1.
//
//   TimerService service({broker, index, clock, metrics}, options);
//   service.Run(stop);
//
// RunOnce, Run and everything they call belong to one thread; `live` may be asked from any. With
// own_thread = false nothing runs by itself, so that a test pumps a whole cluster on a manual
// clock. Lifetime: broker, index, clock and metrics outlive it. Errors of Kafka and of the index
// are counted, logged now and then, and retried; the service itself never fails.

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/projector.h"
#include "platform/observability/repeated_errors.h"
#include "services/sla-timer/broker_time.h"
#include "services/sla-timer/deadline_index.h"
#include "services/sla-timer/timer_lane.h"
#include "services/sla-timer/timer_metrics.h"

namespace plazo::sla_timer {

struct TimerWorld {
  kafka::Broker& broker;
  DeadlineIndex& index;
  const Clock& clock;
  TimerMetrics& metrics;
};

struct TimerOptions {
  std::string topic_prefix;  // before topics and group
  std::string instance = "plazo-sla-timer-0";
  LaneOptions lane;
  absl::Duration poll_timeout = absl::Milliseconds(100);
  bool own_thread = true;  // of the producer
};

class TimerService final : private kafka::ProjectorHandler {
 public:
  TimerService(const TimerWorld& world, const TimerOptions& options);
  ~TimerService() override;
  TimerService(const TimerService&) = delete;
  TimerService& operator=(const TimerService&) = delete;

  // One step; waits for at most `wait`, less when a deadline comes before. True when anything
  // happened.
  bool RunOnce(absl::Duration wait = absl::ZeroDuration());
  // Until stopped; tells `on_live` of every change of live().
  void Run(std::stop_token stop, const std::function<void(bool)>& on_live = nullptr);

  // Assigned, and every partition has caught up and fires.
  bool live() const { return live_.load(); }
  size_t in_flight(int32_t partition) const;

 private:
  // A delivery report on its way from the producer's thread.
  struct Report {
    Firing firing;
    int64_t sent_ms = 0;
    int64_t reported_ms = 0;
    absl::StatusOr<kafka::Delivered> result;
  };
  struct Reports {
    absl::Mutex mutex;
    std::vector<Report> arrived ABSL_GUARDED_BY(mutex);
  };

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition> partitions) override;
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;
  void OnCaughtUp(const kafka::TopicPartition& partition) override;
  void OnEnd(const kafka::TopicPartition& partition, int64_t next) override;
  int64_t OnOutOfRange(const kafka::TopicPartition& partition, int64_t asked,
                       const kafka::Watermarks& range) override;

  TimerLane* Find(int32_t partition);
  void Follow(const kafka::TopicPartition& partition, TimerLane& lane);
  bool TakeReports();
  bool PumpLanes();
  void Send(TimerLane& lane, const Firing& firing);
  void RejoinIfReplaced();
  void TellRestart();
  void TellLive();
  void Complain(std::string_view what, const absl::Status& status);

  const TimerWorld world_;
  const TimerOptions options_;
  const std::string state_topic_;
  const std::string command_topic_;
  BrokerTime broker_time_;
  const LaneWorld lane_world_;
  observability::RepeatedErrors errors_;
  const std::shared_ptr<Reports> reports_;
  std::map<int32_t, std::unique_ptr<TimerLane>> lanes_;  // parked ones too
  // Whose cursor is to be moved by the projector's next step: until then it tells of the old place.
  std::set<int32_t> moving_;
  absl::Duration rejoin_at_ = absl::InfiniteDuration();
  uint64_t restarts_told_ = 0;
  std::atomic<bool> live_{false};
  kafka::Producer producer_;
  kafka::Projector projector_;  // last: it calls us until it is gone
};

}  // namespace plazo::sla_timer
