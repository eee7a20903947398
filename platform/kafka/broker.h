#pragma once

// Kafka as ports: what this product needs of a cluster, in few words. Broker makes the handles;
// LibrdkafkaBroker (librdkafka_broker.h) and FakeBroker (fake/fake_broker.h) do so alike, held to
// one contract suite.
//
// Thread-safety: a Broker and an IdempotentProducer may be used from any thread, every other handle
// from one thread at a time. Lifetime: handles must die before their Broker. Errors: see error.h;
// no call throws. Blocking calls take their bound as an argument or document it.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/kafka/admin.h"
#include "platform/kafka/reading.h"
#include "platform/kafka/record.h"
#include "platform/kafka/writing.h"

namespace plazo::kafka {

struct GroupConsumerOptions {
  std::string group;
  std::string instance;  // group.instance.id (static membership); empty: a dynamic member
  absl::Duration session_timeout = absl::Seconds(30);
  absl::Duration max_poll_interval = absl::Minutes(5);
};

struct TransactionalProducerOptions {
  std::string id;  // transactional.id
  absl::Duration transaction_timeout = absl::Seconds(8);
};

struct IdempotentProducerOptions {
  absl::Duration linger = absl::ZeroDuration();
  absl::Duration delivery_timeout = absl::Seconds(30);
  size_t max_queued = 10'000;  // records
};

class Broker {
 public:
  virtual ~Broker() = default;
  virtual absl::StatusOr<std::unique_ptr<GroupConsumer>> MakeGroupConsumer(
      const GroupConsumerOptions& options) = 0;
  virtual absl::StatusOr<std::unique_ptr<TransactionalProducer>> MakeTransactionalProducer(
      const TransactionalProducerOptions& options) = 0;
  virtual absl::StatusOr<std::unique_ptr<IdempotentProducer>> MakeIdempotentProducer(
      const IdempotentProducerOptions& options) = 0;
  virtual absl::StatusOr<std::unique_ptr<Reader>> MakeReader(Isolation isolation) = 0;
  virtual absl::StatusOr<std::unique_ptr<GroupOffsets>> MakeGroupOffsets(
      const std::string& group) = 0;
  virtual absl::StatusOr<std::unique_ptr<Admin>> MakeAdmin() = 0;
};

struct LagRow {
  TopicPartition partition;
  int64_t committed = kNoOffset;
  int64_t end = 0;  // last stable offset
  int64_t lag = 0;  // offsets behind the end; transaction markers count
};

// How far a group is behind in every partition of a topic.
absl::StatusOr<std::vector<LagRow>> Lag(Broker& broker, const std::string& group,
                                        const std::string& topic, absl::Duration timeout);

}  // namespace plazo::kafka
