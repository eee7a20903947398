#pragma once

// The ports of broker.h on librdkafka, one source file each. Private to the adapter.

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "platform/kafka/librdkafka_broker.h"

namespace plazo::kafka::adapter {

absl::StatusOr<std::unique_ptr<GroupConsumer>> MakeGroupConsumer(
    const LibrdkafkaOptions& options, const GroupConsumerOptions& consumer);
absl::StatusOr<std::unique_ptr<TransactionalProducer>> MakeTransactionalProducer(
    const LibrdkafkaOptions& options, const TransactionalProducerOptions& producer);
absl::StatusOr<std::unique_ptr<IdempotentProducer>> MakeIdempotentProducer(
    const LibrdkafkaOptions& options, const IdempotentProducerOptions& producer);
absl::StatusOr<std::unique_ptr<Reader>> MakeReader(const LibrdkafkaOptions& options,
                                                   Isolation isolation);
absl::StatusOr<std::unique_ptr<GroupOffsets>> MakeGroupOffsets(const LibrdkafkaOptions& options,
                                                               const std::string& group);
absl::StatusOr<std::unique_ptr<Admin>> MakeAdmin(const LibrdkafkaOptions& options);

}  // namespace plazo::kafka::adapter
