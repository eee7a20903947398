#pragma once

// The Broker of production: a real cluster through librdkafka (2.0.2 and later). The only public
// header of the adapter; no librdkafka type leaves it.
//
// Thread-safe. Handles get unique client ids made of `client_id`. Errors of brokers that come and
// go are logged at most once in ten seconds a handle.

#include <absl/status/statusor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "platform/kafka/broker.h"

namespace plazo::kafka {

struct LibrdkafkaOptions {
  std::string bootstrap_servers;  // host:port, comma-separated
  std::string client_id = "plazo";
  // librdkafka properties, applied last: security.protocol, ssl.ca.location,
  // ssl.certificate.location, ssl.key.location, ...
  std::map<std::string, std::string> properties;
  // What librdkafka has to say (level as in syslog, text); nullptr: nothing. Called from
  // librdkafka's threads.
  std::function<void(int level, const std::string& text)> log;
};

class LibrdkafkaBroker final : public Broker {
 public:
  // Fails with kInvalidArgument when a property is unknown or its value is out of range. Does not
  // connect.
  static absl::StatusOr<std::unique_ptr<LibrdkafkaBroker>> Make(LibrdkafkaOptions options);
  ~LibrdkafkaBroker() override;

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
  explicit LibrdkafkaBroker(LibrdkafkaOptions options);

  const LibrdkafkaOptions options_;
};

}  // namespace plazo::kafka
