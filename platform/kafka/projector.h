#pragma once

// A consumer loop for services that keep their offsets with their data (or in memory): at least
// once, in order per partition, from where the handler says. Partitions are assigned by the group
// (range, eager) or, without a group, all partitions of the topics are read.
//
// Thread-safety: Run and RunOnce on one thread, on which the handler is called; Commit, MoveTo,
// Restart, CaughtUp and the counters from any thread. Lifetime: broker, clock and handler outlive
// it. Errors: broken handles are replaced with jittered back-off; what was assigned is then revoked
// and assigned again. ~Projector revokes.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"

namespace plazo::kafka {

class ProjectorHandler {
 public:
  virtual ~ProjectorHandler() = default;
  // Where to begin in each partition: an offset, kBeginning or kEnd; kNoOffset, and partitions left
  // out, begin at the group's committed offset (kBeginning where there is none, or no group). An
  // error is retried with back-off.
  virtual absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(
      std::span<const TopicPartition> partitions) = 0;
  // The last call about these partitions; also when they were lost to somebody else already.
  virtual void OnRevoked(std::span<const TopicPartition> partitions) = 0;
  // Records of one partition in offset order. Not OK: none of them was taken; the same ones (and
  // perhaps more) come again after retry_delay, while the other partitions go on.
  virtual absl::Status OnRecords(const TopicPartition& partition,
                                 std::span<const Record> records) = 0;
  // The end of the partition as seen when it was assigned (or moved) has been passed. Once for each
  // assignment or move, possibly before any record.
  virtual void OnCaughtUp(const TopicPartition& /*partition*/) {}
  // `next` is read next and nothing was left unread before it when this was called; tells the
  // progress over transaction markers and aborted records, which no record shows.
  virtual void OnEnd(const TopicPartition& /*partition*/, int64_t /*next*/) {}
  // `asked` (of OnAssigned, or the group's offset) lies before `range.low` or behind `range.high`:
  // the log was cut or made anew. Returns where to begin instead, an offset in range, kBeginning or
  // kEnd.
  virtual int64_t OnOutOfRange(const TopicPartition& /*partition*/, int64_t /*asked*/,
                               const Watermarks& /*range*/) {
    return kBeginning;
  }
  // After every poll, records or not.
  virtual void OnIdle() {}
};

struct ProjectorOptions {
  std::vector<std::string> topics;
  std::string group;     // empty: all partitions of the topics, without a group
  std::string instance;  // static membership; empty: dynamic
  absl::Duration session_timeout = absl::Seconds(30);
  absl::Duration poll_timeout = absl::Milliseconds(100);
  absl::Duration retry_delay = absl::Milliseconds(200);
  absl::Duration commit_interval = absl::Seconds(1);
  absl::Duration call_timeout = absl::Seconds(10);
  size_t max_records = 1000;  // at most so many a call of OnRecords
  size_t max_pending =
      10'000;  // a partition with more records waiting is not fetched until they were taken
  absl::Duration min_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(10);
  bool read_uncommitted = false;
};

struct ProjectorCounters {
  std::atomic<uint64_t> records{0};  // taken by the handler
  std::atomic<uint64_t> retries{0};  // calls of OnRecords that failed
  std::atomic<uint64_t> restarts{0};
  std::atomic<uint64_t> commits{0};
  std::atomic<int64_t> partitions{0};  // assigned
  std::atomic<int64_t> waiting{0};     // records read and not taken yet
  std::atomic<int64_t> last_poll_ms{0};
};

class Projector {
 public:
  Projector(Broker& broker, const Clock& clock, ProjectorHandler& handler,
            ProjectorOptions options);
  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  void Run(std::stop_token stop);
  // One step; polls for at most `wait`. True when anything happened.
  bool RunOnce(absl::Duration wait = absl::ZeroDuration());

  // The group's next offset of a partition: committed within commit_interval, on revocation and at
  // the end, never backwards within an assignment. Ignored for partitions not assigned. Needs a
  // group.
  void Commit(const TopicPartition& partition, int64_t next);
  // Continues the partition at `offset` (or kBeginning, kEnd); records waiting are dropped.
  // OnCaughtUp follows anew.
  void MoveTo(const TopicPartition& partition, int64_t offset);
  // Gives up the handle and joins again, after a back-off.
  void Restart();
  // Every assigned partition has passed the end seen at its assignment; false before the first
  // assignment.
  bool CaughtUp() const;
  // Why the handle was last replaced; OK when it never was or has worked since.
  absl::Status LastError() const;
  const ProjectorCounters& counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::kafka
