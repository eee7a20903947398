#pragma once

// A cluster in memory, with honest transactions: an abort discards, read_committed stops at the
// last stable offset and skips what was aborted, offsets move only on commit, commits leave a
// marker that takes an offset, a second producer with the same transactional id fences the first,
// open transactions time out by the given clock. Groups use the range assignor, eagerly; static
// members keep their partitions over a restart. Append time is the clock's. Nothing is compacted or
// deleted.
//
//   FakeBroker broker(clock);
//   broker.CreateTopic("in", 4);
//
// Thread-safe. Polls with a timeout wait in real time; with zero they return at once, so that one
// thread can pump a whole cluster. Handles must die before the broker. Outages: wrap it in
// BreakableBroker.

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"

namespace plazo::kafka {

class FakeCluster;  // the shared state (fake_cluster.h)

class FakeBroker final : public Broker {
 public:
  explicit FakeBroker(const Clock& clock);
  ~FakeBroker() override;

  // Aborts the program when the topic is there already.
  void CreateTopic(const std::string& name, int32_t partitions,
                   std::map<std::string, std::string> config = {});

  // What a read_committed (default) or read_uncommitted reader would see, for assertions.
  std::vector<Record> Records(const std::string& topic,
                              Isolation isolation = Isolation::kReadCommitted) const;
  std::vector<Record> Records(const std::string& topic, int32_t partition,
                              Isolation isolation = Isolation::kReadCommitted) const;
  // Next offset to be written.
  int64_t EndOffset(const std::string& topic, int32_t partition) const;
  int64_t CommittedOffset(const std::string& group, const std::string& topic,
                          int32_t partition) const;
  // Appends as an idempotent producer would; partition kPartitionByKey is resolved. Returns the
  // position.
  PartitionOffset Append(OutRecord record);
  // As an operator's tool would, while nobody looks.
  void MoveOffset(const std::string& group, const std::string& topic, int32_t partition,
                  int64_t offset);
  // A static member that is gone is dropped at once instead of at the end of its session.
  void ExpireSessions();

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
  const std::shared_ptr<FakeCluster> cluster_;
};

}  // namespace plazo::kafka
