#include "platform/base/status.h"
#include "platform/kafka/adapter/handles.h"
#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka::adapter {
namespace {

class RdIdempotentProducer final : public IdempotentProducer {
 public:
  absl::Status Open(const LibrdkafkaOptions& options, const IdempotentProducerOptions& producer) {
    const Properties properties = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"linger.ms", std::to_string(absl::ToDoubleMilliseconds(producer.linger))},
        {"message.timeout.ms", std::to_string(Milliseconds(producer.delivery_timeout))},
        {"compression.codec", "lz4"},
        {"partitioner", "murmur2_random"},
        {"batch.size",
         "262144"},  // a batch counts against a topic's max.message.bytes like a record
        {"message.max.bytes", "8388608"},
        {"queue.buffering.max.messages", std::to_string(producer.max_queued)},
    };
    callbacks_.delivery = [](const rd_kafka_message_t* message) { OnDelivery(*message); };
    auto handle = MakeHandle(RD_KAFKA_PRODUCER, options, "producer", properties, callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  ~RdIdempotentProducer() override {
    if (!handle_) return;
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(handle_.get(), -1);  // purged: only runs the callbacks
  }

  absl::Status Produce(const OutRecord& record, DeliveryCallback callback) override {
    auto owned = std::make_unique<DeliveryCallback>(std::move(callback));
    PLAZO_RETURN_IF_ERROR(Enqueue(handle_.get(), record, owned.get()));
    owned.release();  // OnDelivery takes it
    return absl::OkStatus();
  }

  void Poll(absl::Duration timeout) override {
    rd_kafka_poll(handle_.get(), Milliseconds(timeout));
  }

  absl::Status Fatal() const override {
    char reason[256];
    const rd_kafka_resp_err_t code = rd_kafka_fatal_error(handle_.get(), reason, sizeof(reason));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
    return Error(ErrorKind::kFatal, std::string(rd_kafka_err2name(code)) + ": " + reason);
  }

 private:
  static void OnDelivery(const rd_kafka_message_t& message) {
    const std::unique_ptr<DeliveryCallback> callback(
        static_cast<DeliveryCallback*>(message._private));
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      (*callback)(ToStatus(message.err, "delivery"));
      return;
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const int64_t timestamp_ms = rd_kafka_message_timestamp(&message, &type);
    (*callback)(Delivered{message.partition, message.offset, timestamp_ms});
  }

  Callbacks callbacks_;
  Handle handle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<IdempotentProducer>> MakeIdempotentProducer(
    const LibrdkafkaOptions& options, const IdempotentProducerOptions& producer) {
  auto result = std::make_unique<RdIdempotentProducer>();
  PLAZO_RETURN_IF_ERROR(result->Open(options, producer));
  return result;
}

}  // namespace plazo::kafka::adapter
