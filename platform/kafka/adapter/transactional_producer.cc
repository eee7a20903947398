#include <algorithm>
#include <map>

#include "platform/base/status.h"
#include "platform/kafka/adapter/handles.h"
#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka::adapter {
namespace {

class RdTransactionalProducer final : public TransactionalProducer {
 public:
  absl::Status Open(const LibrdkafkaOptions& options,
                    const TransactionalProducerOptions& producer) {
    const int timeout_ms = Milliseconds(producer.transaction_timeout);
    const std::string timeout = std::to_string(timeout_ms);
    const Properties properties = {
        {"transactional.id", producer.id},
        {"transaction.timeout.ms", timeout},
        {"message.timeout.ms", timeout},
        {"socket.timeout.ms", std::to_string(std::min(4000, timeout_ms))},
        {"linger.ms", "0"},
        {"compression.codec", "lz4"},
        {"partitioner", "murmur2_random"},
        {"batch.size",
         "262144"},  // a batch counts against a topic's max.message.bytes like a record
        {"message.max.bytes", "8388608"},  // the topics' own limits are the ones that count
        {"queue.buffering.max.messages", "1000000"},
    };
    callbacks_.delivery = [this](const rd_kafka_message_t* message) { OnDelivery(*message); };
    auto handle = MakeHandle(RD_KAFKA_PRODUCER, options, "txn", properties, callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  // Without the metadata the first record to each topic waits up to a second for it.
  absl::Status Init(const std::vector<std::string>& topics, absl::Duration timeout) override {
    PLAZO_RETURN_IF_ERROR(
        ToStatus(rd_kafka_init_transactions(handle_.get(), Milliseconds(timeout)), "init"));
    for (const std::string& name : topics) {
      Topic& topic = topics_[name];
      if (!topic) topic.reset(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
      const rd_kafka_metadata_t* metadata = nullptr;
      const absl::Status status = ToStatus(
          rd_kafka_metadata(handle_.get(), 0, topic.get(), &metadata, Milliseconds(timeout)),
          "metadata of " + name, handle_.get());
      if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
      PLAZO_RETURN_IF_ERROR(status);
    }
    return absl::OkStatus();
  }

  absl::Status Begin() override {
    report_ = {};
    return ToStatus(rd_kafka_begin_transaction(handle_.get()), "begin");
  }

  absl::Status Produce(const OutRecord& record) override {
    return Enqueue(handle_.get(), record, nullptr);
  }

  absl::StatusOr<FlushReport> Flush(absl::Duration timeout) override {
    PLAZO_RETURN_IF_ERROR(
        ToStatus(rd_kafka_flush(handle_.get(), Milliseconds(timeout)), "flush", handle_.get()));
    return report_;
  }

  absl::Status SendOffsets(const std::vector<PartitionOffset>& offsets, const GroupMetadata& group,
                           absl::Duration timeout) override {
    rd_kafka_consumer_group_metadata_t* raw = nullptr;
    PLAZO_RETURN_IF_ERROR(ToStatus(
        rd_kafka_consumer_group_metadata_read(&raw, group.opaque.data(), group.opaque.size()),
        "group metadata"));
    const GroupMeta metadata(raw);
    return ToStatus(rd_kafka_send_offsets_to_transaction(handle_.get(), ToList(offsets).get(),
                                                         metadata.get(), Milliseconds(timeout)),
                    "send offsets");
  }

  absl::Status Commit(absl::Duration timeout) override {
    return ToStatus(rd_kafka_commit_transaction(handle_.get(), Milliseconds(timeout)), "commit");
  }

 private:
  void OnDelivery(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++report_.delivered;
      return;
    }
    ++report_.failed;
    if (report_.first_error.ok()) {
      report_.first_error = ToStatus(message.err, "delivery", handle_.get());
    }
  }

  Callbacks callbacks_;
  FlushReport report_;
  Handle handle_;
  std::map<std::string, Topic> topics_;  // before the handle goes
};

}  // namespace

absl::StatusOr<std::unique_ptr<TransactionalProducer>> MakeTransactionalProducer(
    const LibrdkafkaOptions& options, const TransactionalProducerOptions& producer) {
  auto result = std::make_unique<RdTransactionalProducer>();
  PLAZO_RETURN_IF_ERROR(result->Open(options, producer));
  return result;
}

}  // namespace plazo::kafka::adapter
