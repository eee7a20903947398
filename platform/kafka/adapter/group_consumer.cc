#include <algorithm>

#include "platform/base/status.h"
#include "platform/kafka/adapter/handles.h"
#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka::adapter {
namespace {

constexpr absl::Duration kCommitTimeout = absl::Seconds(5);

absl::StatusOr<std::string> Serialize(const rd_kafka_t* handle) {
  const GroupMeta metadata(rd_kafka_consumer_group_metadata(const_cast<rd_kafka_t*>(handle)));
  if (!metadata) return Error(ErrorKind::kFatal, "group metadata: not a group consumer");
  void* bytes = nullptr;
  size_t size = 0;
  PLAZO_RETURN_IF_ERROR(ToStatus(
      rd_kafka_consumer_group_metadata_write(metadata.get(), &bytes, &size), "group metadata"));
  std::string result(static_cast<const char*>(bytes), size);
  rd_kafka_mem_free(nullptr, bytes);
  return result;
}

class RdGroupConsumer final : public GroupConsumer {
 public:
  absl::Status Open(const LibrdkafkaOptions& options, const GroupConsumerOptions& consumer) {
    const int session = Milliseconds(consumer.session_timeout);
    Properties properties = {
        {"group.id", consumer.group},
        {"partition.assignment.strategy", "range"},
        {"session.timeout.ms", std::to_string(session)},
        {"heartbeat.interval.ms", std::to_string(std::clamp(session / 5, 100, 3000))},
        {"max.poll.interval.ms",
         std::to_string(std::max(session, Milliseconds(consumer.max_poll_interval)))},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"isolation.level", "read_committed"},
        {"enable.partition.eof", "true"},
        {"fetch.wait.max.ms", "10"},
    };
    if (!consumer.instance.empty()) properties.push_back({"group.instance.id", consumer.instance});
    callbacks_.rebalance = [this](rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
      OnRebalance(code, *list);
    };
    auto handle = MakeHandle(RD_KAFKA_CONSUMER, options, "group", properties, callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  ~RdGroupConsumer() override {
    if (handle_) rd_kafka_consumer_close(handle_.get());  // runs the revoked callback
  }

  absl::Status Subscribe(const std::vector<std::string>& topics,
                         RebalanceCallbacks callbacks) override {
    rebalance_ = std::move(callbacks);
    std::vector<TopicPartition> names;
    for (const std::string& topic : topics) names.push_back({topic, RD_KAFKA_PARTITION_UA});
    return ToStatus(rd_kafka_subscribe(handle_.get(), ToList(names).get()), "subscribe",
                    handle_.get());
  }

  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    return poller_.Poll(handle_.get(), timeout, max_records);
  }

  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    return ToStatus(rd_kafka_assign(handle_.get(), ToList(positions).get()), "assign",
                    handle_.get());
  }

  absl::StatusOr<GroupMetadata> Metadata() override {
    auto bytes = Serialize(handle_.get());
    if (!bytes.ok()) return bytes.status();
    return GroupMetadata{std::move(*bytes)};
  }

  // rd_kafka_commit would wait for ever; the queue lets us stop waiting.
  absl::Status Commit(const std::vector<PartitionOffset>& offsets) override {
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    PLAZO_RETURN_IF_ERROR(ToStatus(
        rd_kafka_commit_queue(handle_.get(), ToList(offsets).get(), queue.get(), nullptr, nullptr),
        "commit offsets", handle_.get()));
    const Event event(rd_kafka_queue_poll(queue.get(), Milliseconds(kCommitTimeout)));
    if (!event) {
      return Error(ErrorKind::kRetriable, absl::StatusCode::kDeadlineExceeded,
                   "commit offsets: no answer");
    }
    return ToStatus(rd_kafka_event_error(event.get()), "commit offsets", handle_.get());
  }

 private:
  void OnRebalance(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
    poller_.Forget();
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      OnAssigned(FromList(list));
      return;
    }
    if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && list.cnt > 0) {
      const bool lost = rd_kafka_assignment_lost(handle_.get()) != 0;
      (lost ? rebalance_.lost : rebalance_.revoked)(FromList(list));
    }
    rd_kafka_assign(handle_.get(), nullptr);
  }

  void OnAssigned(const std::vector<TopicPartition>& partitions) {
    auto positions = rebalance_.assigned(partitions);
    if (!positions.ok()) poller_.Fail(positions.status());
    const List list = ToList(positions.ok() ? *positions : std::vector<PartitionOffset>());
    const absl::Status status =
        ToStatus(rd_kafka_assign(handle_.get(), list.get()), "assign", handle_.get());
    if (!status.ok()) poller_.Fail(status);
  }

  Callbacks callbacks_;
  RebalanceCallbacks rebalance_;
  Poller poller_;
  Handle handle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GroupConsumer>> MakeGroupConsumer(
    const LibrdkafkaOptions& options, const GroupConsumerOptions& consumer) {
  auto result = std::make_unique<RdGroupConsumer>();
  PLAZO_RETURN_IF_ERROR(result->Open(options, consumer));
  return result;
}

}  // namespace plazo::kafka::adapter
