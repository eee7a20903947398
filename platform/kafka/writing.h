#pragma once

// The ports that write: a transaction at a time, or single records.
// Thread-safety, lifetime and errors: see broker.h.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <vector>

#include "platform/kafka/error.h"
#include "platform/kafka/record.h"

namespace plazo::kafka {

// Counts of delivery reports since the last Begin. All produced were written exactly when failed ==
// 0 and delivered equals the number produced.
struct FlushReport {
  size_t delivered = 0;
  size_t failed = 0;
  absl::Status first_error;
};

// One transaction at a time: Begin, Produce*, Flush, SendOffsets, Commit. There is no abort: after
// any failure destroy the producer; the next Init with the same id ends what was left open.
class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;
  // Fences a former producer with this id, ends what it left open, and reads the metadata of
  // `topics`.
  virtual absl::Status Init(const std::vector<std::string>& topics, absl::Duration timeout) = 0;
  virtual absl::Status Begin() = 0;
  // Only queues: whether it was written is known from Flush. kResourceExhausted when the queue is
  // full.
  virtual absl::Status Produce(const OutRecord& record) = 0;
  // An OK status says only that the queue is empty: count the report.
  virtual absl::StatusOr<FlushReport> Flush(absl::Duration timeout) = 0;
  virtual absl::Status SendOffsets(const std::vector<PartitionOffset>& offsets,
                                   const GroupMetadata& group, absl::Duration timeout) = 0;
  // When this fails with kDeadlineExceeded or kUnavailable the transaction may have been committed.
  virtual absl::Status Commit(absl::Duration timeout) = 0;
};

struct Delivered {
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;  // the broker's append time on topics with LogAppendTime
};
using DeliveryCallback = std::function<void(absl::StatusOr<Delivered>)>;

class IdempotentProducer {
 public:
  virtual ~IdempotentProducer() = default;
  // Never blocks. When OK the callback is run exactly once, from Poll or the destructor; otherwise
  // never. kResourceExhausted when the queue is full.
  virtual absl::Status Produce(const OutRecord& record, DeliveryCallback callback) = 0;
  virtual void Poll(absl::Duration timeout) = 0;
  // Why this handle can produce no more; OK while it can.
  virtual absl::Status Fatal() const = 0;
};

}  // namespace plazo::kafka
