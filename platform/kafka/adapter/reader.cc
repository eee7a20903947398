#include "platform/base/status.h"
#include "platform/kafka/adapter/handles.h"
#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka::adapter {
namespace {

Properties ConsumerProperties(const std::string& group, Isolation isolation) {
  return {
      {"group.id", group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"isolation.level",
       isolation == Isolation::kReadCommitted ? "read_committed" : "read_uncommitted"},
      {"enable.partition.eof", "true"},
      {"fetch.wait.max.ms", "10"},
  };
}

class RdReader final : public Reader {
 public:
  // librdkafka wants a group id of every consumer that assigns; nothing is ever committed to it.
  absl::Status Open(const LibrdkafkaOptions& options, Isolation isolation) {
    auto handle =
        MakeHandle(RD_KAFKA_CONSUMER, options, "reader",
                   ConsumerProperties(options.client_id + "-reader", isolation), callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  ~RdReader() override {
    if (handle_) rd_kafka_consumer_close(handle_.get());
  }

  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    return ToStatus(rd_kafka_assign(handle_.get(), ToList(positions).get()), "assign",
                    handle_.get());
  }

  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    return poller_.Poll(handle_.get(), timeout, max_records);
  }

  absl::StatusOr<Watermarks> QueryWatermarks(const TopicPartition& partition,
                                             absl::Duration timeout) override {
    Watermarks result;
    PLAZO_RETURN_IF_ERROR(ToStatus(rd_kafka_query_watermark_offsets(
                                       handle_.get(), partition.topic.c_str(), partition.partition,
                                       &result.low, &result.high, Milliseconds(timeout)),
                                   "watermarks of " + partition.topic, handle_.get()));
    return result;
  }

  absl::StatusOr<std::vector<PartitionOffset>> OffsetsForTime(
      const std::vector<TopicPartition>& partitions, int64_t time_ms,
      absl::Duration timeout) override {
    const List list = ToList(partitions);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = time_ms;
    PLAZO_RETURN_IF_ERROR(
        ToStatus(rd_kafka_offsets_for_times(handle_.get(), list.get(), Milliseconds(timeout)),
                 "offsets for time", handle_.get()));
    return OffsetsFromList(*list, "offsets for time");
  }

 private:
  Callbacks callbacks_;
  Poller poller_;
  Handle handle_;
};

class RdGroupOffsets final : public GroupOffsets {
 public:
  // read_committed is what makes librdkafka ask for stable offsets.
  absl::Status Open(const LibrdkafkaOptions& options, const std::string& group) {
    auto handle = MakeHandle(RD_KAFKA_CONSUMER, options, "offsets",
                             ConsumerProperties(group, Isolation::kReadCommitted), callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<PartitionOffset>> Committed(
      const std::vector<TopicPartition>& partitions, absl::Duration timeout) override {
    while (Message(rd_kafka_consumer_poll(handle_.get(), 0))) {
      // Nothing else polls this handle: let go of what errors have piled up.
    }
    const List list = ToList(partitions);
    PLAZO_RETURN_IF_ERROR(
        ToStatus(rd_kafka_committed(handle_.get(), list.get(), Milliseconds(timeout)),
                 "committed offsets", handle_.get()));
    // A partition that is still unstable after librdkafka's own retries is an error of that
    // partition only.
    return OffsetsFromList(*list, "committed offset of");
  }

 private:
  Callbacks callbacks_;
  Handle handle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Reader>> MakeReader(const LibrdkafkaOptions& options,
                                                   Isolation isolation) {
  auto result = std::make_unique<RdReader>();
  PLAZO_RETURN_IF_ERROR(result->Open(options, isolation));
  return result;
}

absl::StatusOr<std::unique_ptr<GroupOffsets>> MakeGroupOffsets(const LibrdkafkaOptions& options,
                                                               const std::string& group) {
  auto result = std::make_unique<RdGroupOffsets>();
  PLAZO_RETURN_IF_ERROR(result->Open(options, group));
  return result;
}

}  // namespace plazo::kafka::adapter
