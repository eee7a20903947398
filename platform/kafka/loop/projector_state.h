#pragma once

// Projector's inside: a cursor per assigned partition, with the records that wait for the handler.

#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/kafka/loop/backoff.h"
#include "platform/kafka/projector.h"

namespace plazo::kafka {

class Projector::State {
 public:
  State(Broker& broker, const Clock& clock, ProjectorHandler& handler, ProjectorOptions options);
  ~State();

  bool RunOnce(absl::Duration wait);
  absl::Duration poll_timeout() const { return options_.poll_timeout; }

  void Commit(const TopicPartition& partition, int64_t next);
  void MoveTo(const TopicPartition& partition, int64_t offset);
  void Restart();
  bool CaughtUp() const { return caught_up_; }
  absl::Status LastError() const;
  const ProjectorCounters& counters() const { return counters_; }

 private:
  struct Cursor {
    int64_t fetch_next = kBeginning;  // behind what is waiting
    std::vector<Record> waiting;
    absl::Duration retry_at = -absl::InfiniteDuration();
    bool suspended = false;  // too much is waiting: not fetched
    int64_t mark = 0;        // caught up when this is passed
    bool caught_up = false;
    std::optional<int64_t> end;     // reported by a poll, not told yet
    int64_t committed = kNoOffset;  // by us, in this assignment
  };
  using Cursors = std::map<TopicPartition, Cursor>;

  // Handles (projector_state.cc).
  bool Start(absl::Duration wait);
  absl::Status Open();
  absl::Status OpenGroup();
  absl::Status OpenAll();
  void Close();
  void Fail(const absl::Status& why);
  absl::StatusOr<Polled> Poll(absl::Duration wait);
  void Reassign();

  // Partitions (projector_state.cc).
  absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(const std::vector<TopicPartition>& given);
  absl::Status FindStarts(const std::vector<TopicPartition>& partitions);
  absl::Status FindRanges(const std::vector<TopicPartition>& partitions);
  void Place(const TopicPartition& partition, Cursor& cursor, const Watermarks& range);
  void OnGone(bool lost);
  std::vector<PartitionOffset> Positions() const;

  // Records (projector_delivery.cc).
  void Sort(Polled polled);
  bool Deliver();
  bool DeliverFrom(const TopicPartition& partition, Cursor& cursor);
  void TellEnd(const TopicPartition& partition, Cursor& cursor);
  void Suspend();
  bool ApplyRequests();
  bool MoveRequested(const TopicPartition& partition) const;
  void CommitRequested(bool now);
  absl::Duration UntilRetry(absl::Duration wait) const;
  void Recount();

  Broker& broker_;
  const Clock& clock_;
  ProjectorHandler& handler_;
  const ProjectorOptions options_;
  ProjectorCounters counters_;

  bool running_ = false;
  bool assigned_once_ = false;
  std::atomic<bool> caught_up_{false};
  Backoff backoff_;
  absl::Duration not_before_ = -absl::InfiniteDuration();
  absl::Duration commit_at_ = -absl::InfiniteDuration();
  std::optional<absl::Status> failure_;  // found within a poll, dealt with after it
  Cursors cursors_;
  std::unique_ptr<GroupConsumer> consumer_;  // one of these two
  std::unique_ptr<Reader> reader_;

  mutable absl::Mutex mutex_;
  std::map<TopicPartition, int64_t> commits_ ABSL_GUARDED_BY(mutex_);
  std::map<TopicPartition, int64_t> moves_ ABSL_GUARDED_BY(mutex_);
  bool restart_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status last_error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::kafka
