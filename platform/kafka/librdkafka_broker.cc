#include "platform/kafka/librdkafka_broker.h"

#include <utility>

#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka {

absl::StatusOr<std::unique_ptr<LibrdkafkaBroker>> LibrdkafkaBroker::Make(
    LibrdkafkaOptions options) {
  // A handle made and thrown away: the only way to have librdkafka judge all properties together.
  if (auto probe = adapter::MakeAdmin(options); !probe.ok()) return probe.status();
  return std::unique_ptr<LibrdkafkaBroker>(new LibrdkafkaBroker(std::move(options)));
}

LibrdkafkaBroker::LibrdkafkaBroker(LibrdkafkaOptions options) : options_(std::move(options)) {}
LibrdkafkaBroker::~LibrdkafkaBroker() = default;

absl::StatusOr<std::unique_ptr<GroupConsumer>> LibrdkafkaBroker::MakeGroupConsumer(
    const GroupConsumerOptions& options) {
  return adapter::MakeGroupConsumer(options_, options);
}

absl::StatusOr<std::unique_ptr<TransactionalProducer>> LibrdkafkaBroker::MakeTransactionalProducer(
    const TransactionalProducerOptions& options) {
  return adapter::MakeTransactionalProducer(options_, options);
}

absl::StatusOr<std::unique_ptr<IdempotentProducer>> LibrdkafkaBroker::MakeIdempotentProducer(
    const IdempotentProducerOptions& options) {
  return adapter::MakeIdempotentProducer(options_, options);
}

absl::StatusOr<std::unique_ptr<Reader>> LibrdkafkaBroker::MakeReader(Isolation isolation) {
  return adapter::MakeReader(options_, isolation);
}

absl::StatusOr<std::unique_ptr<GroupOffsets>> LibrdkafkaBroker::MakeGroupOffsets(
    const std::string& group) {
  return adapter::MakeGroupOffsets(options_, group);
}

absl::StatusOr<std::unique_ptr<Admin>> LibrdkafkaBroker::MakeAdmin() {
  return adapter::MakeAdmin(options_);
}

}  // namespace plazo::kafka
