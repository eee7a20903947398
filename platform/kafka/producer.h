#pragma once

// Writes single records, each at least once into the log and exactly once while the handle lives
// (idempotent, acks=all). Replaces its handle when that dies.
//
//   Producer producer(broker, {});
//   absl::Status queued = producer.Send(record, [](absl::StatusOr<Delivered> result) { ... });
//
// Thread-safe. One thread of its own polls for delivery reports; callbacks run there (or within
// Pump) and must not block. Errors: Send fails, and never calls back, with kResourceExhausted
// (queue full) or kUnavailable (no handle at the moment): not written. A callback with kUnavailable
// or kDeadlineExceeded: it may have been written all the same; kInvalidArgument (too large, unknown
// topic): it was not.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "platform/kafka/broker.h"

namespace plazo::kafka {

struct ProducerOptions {
  IdempotentProducerOptions handle;
  // False: no thread; whoever owns the producer calls Pump. For tests that pump everything on one
  // thread.
  bool own_thread = true;
};

class Producer {
 public:
  Producer(Broker& broker, ProducerOptions options);
  // Waits up to 5 s for what is queued, then fails the rest with kUnavailable.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  absl::Status Send(OutRecord record, DeliveryCallback callback);

  // Sends and waits for the report, at most `timeout` (kDeadlineExceeded: may have been written).
  absl::StatusOr<Delivered> SendAndWait(OutRecord record, absl::Duration timeout);

  // Runs the callbacks that are due. Only when own_thread is false.
  void Pump(absl::Duration wait = absl::ZeroDuration());

  uint64_t recreated() const;  // times the handle was replaced
  int64_t outstanding() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::kafka
