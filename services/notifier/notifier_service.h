#pragma once

// The notifier as a whole: takes intents from plazo.cmd.delivery.v1, hands each to the SMTP relay,
// reports to the router, and commits an offset only when everything before it has been reported.
//
// Two ways to run it. Run() starts worker threads, each with its own Relay, and a thread for the
// directory. RunOnce(), with `threads` off, does everything on the calling thread and never waits
// longer than it is told, for tests that pump a whole cluster.
//
// Thread-safety: Run or RunOnce on one thread; Serving from any. Lifetime: what NotifierWorld
// refers to outlives it. The destructor gives the partitions back.

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "domain/core/topics.h"
#include "platform/base/random.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/projector.h"
#include "platform/kafka/table.h"
#include "platform/observability/repeated_errors.h"
#include "services/notifier/delivery.h"
#include "services/notifier/serial_queue.h"
#include "services/notifier/watermark.h"

namespace plazo::notifier {

struct NotifierOptions {
  std::string topic_prefix;
  std::string instance;  // static membership; empty: dynamic
  size_t workers = 8;    // with threads
  bool threads = true;
  // How long an intent waits for the directory it was decided with.
  absl::Duration directory_wait = absl::Seconds(5);
  size_t max_in_memory = 10'000;  // intents, give or take one poll
  smtp::RelayBreaker::Options breaker;
};

struct NotifierWorld {
  kafka::Broker& broker;
  Ledger& ledger;
  const Composer& composer;
  // Called once a worker.
  std::function<std::unique_ptr<Relay>()> make_relay;
  const Clock& clock;
  Random& random;
  NotifierMetrics& metrics;
};

class NotifierService final : private kafka::ProjectorHandler {
 public:
  NotifierService(const NotifierWorld& world, const NotifierOptions& options);
  ~NotifierService() override;

  // `serving` is told, again and again, whether the directory has been read and the group works.
  void Run(std::stop_token stop, const std::function<void(bool)>& serving);
  // Only without threads. True when anything happened.
  bool RunOnce(absl::Duration wait = absl::ZeroDuration());

  bool Serving() const;

 private:
  enum class Phase { kDirectory, kQueued, kReporting };
  struct Job {
    Task task;
    Phase phase = Phase::kDirectory;
    uint64_t assignment = 0;
    absl::Duration wait_until;  // for the directory
  };
  struct Lane {
    uint64_t assignment = 0;
    Watermark watermark;
  };
  struct Unreported {
    uint64_t id = 0;
    kafka::OutRecord record;
    absl::Duration not_before;
  };

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition> partitions) override;
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;
  void OnEnd(const kafka::TopicPartition& partition, int64_t next) override;

  // Taking (notifier_taking.cc).
  void Take(Lane& lane, const kafka::Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AdmitWaiting() ABSL_LOCKS_EXCLUDED(mutex_);
  void Enqueue(uint64_t id, Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropWaiting(const std::function<bool(const Job&)>& which) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets those that wait, and waits for the others.
  void AwaitSettled(absl::Duration timeout, const std::function<bool(const Job&)>& which)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Working (notifier_service.cc).
  void Work(std::stop_token stop);
  bool WorkOnce(Relay& relay) ABSL_LOCKS_EXCLUDED(mutex_);
  void HoldJob(uint64_t id, Job& job, absl::Duration wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(uint64_t id, Job& job, const Report& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(uint64_t id, kafka::OutRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendLater(uint64_t id, kafka::OutRecord record, const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool SendDue() ABSL_LOCKS_EXCLUDED(mutex_);
  void OnReported(uint64_t id, const kafka::OutRecord& record, const absl::Status& status)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Null when its partition has been given away since.
  Lane* LaneOf(const Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Commit(const kafka::TopicPartition& partition, const Lane& lane);
  void ShowState() ABSL_LOCKS_EXCLUDED(mutex_);

  const NotifierWorld world_;
  const NotifierOptions options_;
  const Topics topics_;
  const std::string token_;  // begins those of this process
  kafka::Table table_;
  Directory directory_;
  smtp::RelayBreaker breaker_;
  Delivery delivery_;
  const std::unique_ptr<Relay> relay_;  // without threads
  observability::RepeatedErrors errors_;

  mutable absl::Mutex mutex_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t next_assignment_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Job> jobs_ ABSL_GUARDED_BY(mutex_);
  std::map<kafka::TopicPartition, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  std::deque<uint64_t> for_directory_ ABSL_GUARDED_BY(mutex_);
  SerialQueue queue_ ABSL_GUARDED_BY(mutex_);
  absl::Duration held_until_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
  std::deque<Unreported> unreported_ ABSL_GUARDED_BY(mutex_);
  absl::CondVar work_;  // something has changed for the workers

  kafka::Producer producer_;    // its callbacks use what stands above
  kafka::Projector projector_;  // and its end calls OnRevoked
};

}  // namespace plazo::notifier
