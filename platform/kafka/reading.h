#pragma once

// The ports that read: a member of a group, a reader of explicit partitions, a group's committed
// offsets. Thread-safety, lifetime and errors: see broker.h.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <vector>

#include "platform/kafka/error.h"
#include "platform/kafka/record.h"

namespace plazo::kafka {

// What one poll gave. `ends` names the partitions whose end (last stable offset for read_committed)
// was reached, with the next offset to be read there; transaction markers are behind that offset
// although no record shows them.
struct Polled {
  std::vector<Record> records;
  std::vector<PartitionOffset> ends;
};

// The consumer's place in its group, as SendOffsets wants it. Opaque.
struct GroupMetadata {
  std::string opaque;
};

// Called from within GroupConsumer::Poll and ~GroupConsumer (revoked only), on the polling thread.
// Eager protocol: every rebalance first takes all partitions away.
struct RebalanceCallbacks {
  // Returns where to begin; partitions left out are owned, but not fetched. An error assigns
  // nothing and is returned by Poll.
  std::function<absl::StatusOr<std::vector<PartitionOffset>>(const std::vector<TopicPartition>&)>
      assigned;
  std::function<void(const std::vector<TopicPartition>&)> revoked;  // before they are given up
  std::function<void(const std::vector<TopicPartition>&)>
      lost;  // somebody else may have them already
};

class GroupConsumer {
 public:
  virtual ~GroupConsumer() = default;
  // Once in a handle's life.
  virtual absl::Status Subscribe(const std::vector<std::string>& topics,
                                 RebalanceCallbacks callbacks) = 0;
  // Waits up to `timeout` for a first record, then takes what is there, up to `max_records`. An
  // error of kind kFenced or kFatal ends the handle's usefulness; after a kRetriable one poll
  // again. Must be called within max.poll.interval.
  virtual absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) = 0;
  // Replaces what is fetched, and from where, by a subset of the partitions owned. Records fetched
  // before are not returned any more.
  virtual absl::Status Assign(const std::vector<PartitionOffset>& positions) = 0;
  virtual absl::StatusOr<GroupMetadata> Metadata() = 0;
  // Commits next offsets to the group and waits for the answer (<= 5 s).
  virtual absl::Status Commit(const std::vector<PartitionOffset>& offsets) = 0;
};

enum class Isolation { kReadCommitted, kReadUncommitted };

struct Watermarks {
  int64_t low = 0;
  int64_t high = 0;  // last stable offset for a read_committed reader
};

// Reads partitions without a group.
class Reader {
 public:
  virtual ~Reader() = default;
  // Replaces what is read and from where (offsets, kBeginning or kEnd).
  virtual absl::Status Assign(const std::vector<PartitionOffset>& positions) = 0;
  virtual absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) = 0;
  virtual absl::StatusOr<Watermarks> QueryWatermarks(const TopicPartition& partition,
                                                     absl::Duration timeout) = 0;
  // First offset with a timestamp >= time_ms of each partition; kEnd where none is as late. With
  // time_ms = kEnd or kBeginning the offset where the partition ends (as Watermarks::high) or
  // begins; all of them in one request.
  virtual absl::StatusOr<std::vector<PartitionOffset>> OffsetsForTime(
      const std::vector<TopicPartition>& partitions, int64_t time_ms, absl::Duration timeout) = 0;
};

class GroupOffsets {
 public:
  virtual ~GroupOffsets() = default;
  // Committed offsets (kNoOffset where there are none), stable: while a transaction that holds
  // offsets of the group is open this fails with a kRetriable error after `timeout` instead of
  // telling what is about to change.
  virtual absl::StatusOr<std::vector<PartitionOffset>> Committed(
      const std::vector<TopicPartition>& partitions, absl::Duration timeout) = 0;
};

}  // namespace plazo::kafka
