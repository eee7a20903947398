#pragma once

// Puts outages before any Broker, fake or real: one failure at a named call, or everything
// unavailable for a while.
//
//   BreakableBroker broker(fake);
//   broker.FailNext(Fault::kCommitLostAnswer);   // the next commit happens, its caller is told
//   kDeadlineExceeded broker.SetDown(true);                        // every call fails with
//   kUnavailable until SetDown(false)
//
// Thread-safe.

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "platform/kafka/broker.h"

namespace plazo::kafka {

enum class Fault {
  kInit,                // transactional init fails, retriable
  kBegin,               // begin fails, fatal
  kProduce,             // transactional produce fails, retriable
  kDelivery,            // a transactional record is lost; flush is OK and reports failed = 1
  kFlush,               // flush times out; the records were written
  kSendOffsets,         // send offsets times out, nothing happened
  kSendOffsetsFenced,   // send offsets: generation or membership error
  kCommitLostRequest,   // commit times out, nothing happened
  kCommitLostAnswer,    // commit times out, it happened
  kCommitFenced,        // commit: fenced, nothing happened
  kCommitted,           // reading committed offsets times out
  kPoll,                // group poll fails, retriable
  kPollFatal,           // group poll fails, fatal
  kPollInstanceFenced,  // group poll: fenced static instance
  kReaderPoll,          // reader poll fails, retriable
  kSend,                // idempotent produce: reported as kUnavailable, although it was written
  kSendLost,            // idempotent produce: reported as kUnavailable, and it was not written
  kSendFatal,           // idempotent producer: the handle becomes fatal, outstanding records fail
};

class BreakableBroker final : public Broker {
 public:
  explicit BreakableBroker(Broker& inner);
  ~BreakableBroker() override;

  // The n-th call from now on that this fault concerns fails, once (n = 1: the next). Faults add
  // up.
  void FailNext(Fault fault, int n = 1);
  void SetDown(bool down);
  // How often a fault has struck.
  int Struck(Fault fault) const;

  absl::StatusOr<std::unique_ptr<GroupConsumer>> MakeGroupConsumer(
      const GroupConsumerOptions& options) override;
  absl::StatusOr<std::unique_ptr<TransactionalProducer>> MakeTransactionalProducer(
      const TransactionalProducerOptions& options) override;
  absl::StatusOr<std::unique_ptr<IdempotentProducer>> MakeIdempotentProducer(
      const IdempotentProducerOptions& options) override;
  absl::StatusOr<std::unique_ptr<Reader>> MakeReader(Isolation isolation) override;
  absl::StatusOr<std::unique_ptr<GroupOffsets>> MakeGroupOffsets(const std::string& group) override;
  absl::StatusOr<std::unique_ptr<Admin>> MakeAdmin() override;

 private:
  class Switch;
  Broker& inner_;
  const std::shared_ptr<Switch> switch_;
};

}  // namespace plazo::kafka
