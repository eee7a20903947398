#pragma once

// TransactionalLoop's inside. Phases:
//
//   kStarting --Start--> kRunning --a transaction failed--> kDoubt --resolved--> kRunning
//       ^                    |                                 |
//       +------ StartAfresh (fenced, consumer dead, unresolvable, a partition taken away in doubt)
//
// In kDoubt, and only then, a batch is staged in the processor while polls go on.

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/kafka/loop/backoff.h"
#include "platform/kafka/loop/lane_restorer.h"
#include "platform/kafka/loop/lanes.h"
#include "platform/kafka/loop/poison_file.h"
#include "platform/kafka/loop/transaction.h"
#include "platform/kafka/transactional_loop.h"

namespace plazo::kafka {

class TransactionalLoop::State {
 public:
  State(Broker& broker, const Clock& clock, LaneProcessor& processor,
        TransactionalLoopOptions options, std::function<void(const Alarm&)> alarm);
  ~State();

  bool RunOnce(absl::Duration wait);
  bool Running() const { return phase_.load() == Phase::kRunning; }
  const LoopCounters& counters() const { return counters_; }

 private:
  enum class Phase { kStarting, kRunning, kDoubt };

  struct Batch {
    std::vector<Record> inputs;
    std::map<int32_t, int64_t> next;  // of each lane, once it is committed
    size_t outputs = 0;
  };

  // Start and end (loop_state.cc).
  bool Start(absl::Duration wait);
  absl::Status Open();
  void StartAfresh(const absl::Status& reason);
  void Raise(AlarmKind kind, int32_t lane, std::string text);
  void CountLanes();

  // Partitions come and go; within a poll (loop_rebalance.cc).
  absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(const std::vector<TopicPartition>& given);
  absl::Status RestoreOthers(const std::map<int32_t, int64_t>& committed);
  void OnGone(bool lost);
  void Halt(int32_t lane, const std::string& why);

  // Inputs (loop_rebalance.cc).
  bool Take(absl::Duration wait);
  void Accept(Record record);
  bool TimeIsSound(const Record& record, Lane& lane);
  void ResumeWaiting();
  void Reassign();

  // One batch (loop_batch.cc).
  enum class Fit { kFits, kTryAgain, kHalted };
  absl::Duration PaceLeft() const;
  bool RunBatch();
  std::vector<Record> Gather();
  // Stages a batch of `inputs` in the processor and returns its outputs; none, and nothing staged,
  // when a lane had to be halted over them.
  std::optional<std::vector<OutRecord>> Stage(std::vector<Record> inputs);
  Fit Check(const std::vector<Record>& inputs, const BatchOutput& output,
            std::vector<InputMark>& marks);
  size_t LimitOf(const std::string& topic) const;
  void PutBack(std::vector<Record> inputs);
  void Keep();
  void EnterDoubt(const absl::Status& why);
  bool Resolve();
  absl::Status TryResolve();

  Broker& broker_;
  const Clock& clock_;
  LaneProcessor& processor_;
  const TransactionalLoopOptions options_;
  const std::function<void(const Alarm&)> alarm_;
  LoopCounters counters_;

  std::atomic<Phase> phase_{Phase::kStarting};
  bool started_before_ = false;
  Backoff backoff_;
  absl::Duration not_before_ = -absl::InfiniteDuration();  // next start, or next attempt to resolve
  absl::Duration last_commit_ = -absl::InfiniteDuration();
  absl::Duration started_at_;

  LaneRestorer restorer_;
  PoisonFile poison_;
  Lanes lanes_;
  // At most so many in the next batch. Halved when one was aborted, or a broker too slow for it
  // would be sent the same again for ever; doubled with each that committed.
  size_t batch_inputs_;
  std::deque<Record> pending_;          // polled, not in a batch yet
  std::optional<Batch> staged_;         // processed, its fate open
  std::optional<absl::Status> afresh_;  // asked for within a poll, done after it
  bool closing_ = false;
  Transaction transaction_;
  std::unique_ptr<GroupConsumer> consumer_;
};

}  // namespace plazo::kafka
