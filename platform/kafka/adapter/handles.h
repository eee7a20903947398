#pragma once

// RAII for librdkafka's C handles, and the translations between its types and ours. Only files of
// this folder include rdkafka.h. A leaked list or message makes rd_kafka_destroy hang, so nothing
// raw is ever kept.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/kafka/librdkafka_broker.h"
#include "platform/kafka/record.h"

namespace plazo::kafka::adapter {

template <auto Destroy>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};

using Handle = std::unique_ptr<rd_kafka_t, Deleter<rd_kafka_destroy>>;
using List = std::unique_ptr<rd_kafka_topic_partition_list_t,
                             Deleter<rd_kafka_topic_partition_list_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Deleter<rd_kafka_message_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Deleter<rd_kafka_topic_destroy>>;
using RdError = std::unique_ptr<rd_kafka_error_t, Deleter<rd_kafka_error_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>>;
using GroupMeta = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                  Deleter<rd_kafka_consumer_group_metadata_destroy>>;

using Properties = std::vector<std::pair<std::string, std::string>>;

// What librdkafka calls back; stays where it is and outlives the handle made with it.
struct Callbacks {
  std::function<void(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*)> rebalance;
  std::function<void(const rd_kafka_message_t*)> delivery;
  std::function<void(int, const std::string&)> log;
  std::atomic<int64_t> last_log_ms{0};
};

// `role` goes into the client id, which is unique in this process. Options' own properties override
// `properties`.
absl::StatusOr<Handle> MakeHandle(rd_kafka_type_t type, const LibrdkafkaOptions& options,
                                  const std::string& role, const Properties& properties,
                                  Callbacks& callbacks);

int Milliseconds(absl::Duration duration);  // rounded up, never negative

// `fatal_in` tells the reason behind RD_KAFKA_RESP_ERR__FATAL; may be null.
absl::Status ToStatus(rd_kafka_resp_err_t code, const std::string& what,
                      const rd_kafka_t* fatal_in = nullptr);
// OK for null. Takes the error.
absl::Status ToStatus(rd_kafka_error_t* error, const std::string& what);

List ToList(const std::vector<TopicPartition>& partitions);
List ToList(const std::vector<PartitionOffset>& offsets);
std::vector<TopicPartition> FromList(const rd_kafka_topic_partition_list_t& list);
// Fails with the first partition-level error: librdkafka answers "no error" for a list with failed
// partitions in it.
absl::StatusOr<std::vector<PartitionOffset>> OffsetsFromList(
    const rd_kafka_topic_partition_list_t& list, const std::string& what);

Record ToRecord(const rd_kafka_message_t& message);
// Copies the record into librdkafka's queue. `opaque` comes back in its delivery report.
absl::Status Enqueue(rd_kafka_t* producer, const OutRecord& record, void* opaque);

// Polls of a consumer handle: waits for a first event, then takes what is there. An error that
// comes after records were taken is kept for the next call, so that no record is lost.
class Poller {
 public:
  absl::StatusOr<Polled> Poll(rd_kafka_t* consumer, absl::Duration timeout, size_t max_records);
  // What was taken so far by the Poll that is running (a rebalance callback runs within it) is not
  // returned.
  void Forget() { polled_ = {}; }
  void Fail(absl::Status status) { pending_ = std::move(status); }

 private:
  Polled polled_;
  absl::Status pending_;
};

}  // namespace plazo::kafka::adapter
