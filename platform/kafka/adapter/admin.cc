#include <array>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/adapter/handles.h"
#include "platform/kafka/adapter/ports.h"

namespace plazo::kafka::adapter {
namespace {

using Options = std::unique_ptr<rd_kafka_AdminOptions_t, Deleter<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Deleter<rd_kafka_NewTopic_destroy>>;
using OldTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Deleter<rd_kafka_DeleteTopic_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Deleter<rd_kafka_ConfigResource_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Deleter<rd_kafka_metadata_destroy>>;

// The error of the first topic in an answer about topics.
absl::Status TopicResult(const rd_kafka_topic_result_t** results, size_t count,
                         const std::string& what) {
  if (count == 0) return Error(ErrorKind::kFatal, what + ": empty answer");
  const char* reason = rd_kafka_topic_result_error_string(results[0]);
  return ToStatus(rd_kafka_topic_result_error(results[0]),
                  what + (reason == nullptr ? "" : std::string(": ") + reason));
}

absl::Status ResourceResult(const rd_kafka_ConfigResource_t** results, size_t count,
                            const std::string& what) {
  if (count == 0) return Error(ErrorKind::kFatal, what + ": empty answer");
  const char* reason = rd_kafka_ConfigResource_error_string(results[0]);
  return ToStatus(rd_kafka_ConfigResource_error(results[0]),
                  what + (reason == nullptr ? "" : std::string(": ") + reason));
}

class RdAdmin final : public Admin {
 public:
  absl::Status Open(const LibrdkafkaOptions& options) {
    auto handle = MakeHandle(RD_KAFKA_PRODUCER, options, "admin", {}, callbacks_);
    if (!handle.ok()) return handle.status();
    handle_ = std::move(*handle);
    return absl::OkStatus();
  }

  absl::Status CreateTopic(const TopicSpec& topic, absl::Duration timeout) override {
    const std::string what = "create topic " + topic.name;
    std::array<char, 512> reason{};
    const NewTopic spec(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                              topic.replication, reason.data(), reason.size()));
    if (!spec) return InvalidArgument(what + ": " + reason.data());
    for (const auto& [name, value] : topic.config) {
      PLAZO_RETURN_IF_ERROR(
          ToStatus(rd_kafka_NewTopic_set_config(spec.get(), name.c_str(), value.c_str()), what));
    }
    rd_kafka_NewTopic_t* specs[] = {spec.get()};
    return Ask(
        RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, what,
        [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
          rd_kafka_CreateTopics(handle_.get(), specs, 1, options, queue);
        },
        [&](rd_kafka_event_t* event) {
          size_t count = 0;
          const auto* result = rd_kafka_event_CreateTopics_result(event);
          const auto** found = rd_kafka_CreateTopics_result_topics(result, &count);
          return TopicResult(found, count, what);
        });
  }

  absl::Status DeleteTopic(const std::string& topic, absl::Duration timeout) override {
    const std::string what = "delete topic " + topic;
    const OldTopic spec(rd_kafka_DeleteTopic_new(topic.c_str()));
    rd_kafka_DeleteTopic_t* specs[] = {spec.get()};
    return Ask(
        RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout, what,
        [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
          rd_kafka_DeleteTopics(handle_.get(), specs, 1, options, queue);
        },
        [&](rd_kafka_event_t* event) {
          size_t count = 0;
          const auto* result = rd_kafka_event_DeleteTopics_result(event);
          const auto** found = rd_kafka_DeleteTopics_result_topics(result, &count);
          return TopicResult(found, count, what);
        });
  }

  absl::StatusOr<std::map<std::string, int32_t>> ListTopics(absl::Duration timeout) override {
    const rd_kafka_metadata_t* raw = nullptr;
    PLAZO_RETURN_IF_ERROR(
        ToStatus(rd_kafka_metadata(handle_.get(), 1, nullptr, &raw, Milliseconds(timeout)),
                 "list topics", handle_.get()));
    const Metadata metadata(raw);
    std::map<std::string, int32_t> result;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      const std::string name = topic.topic;
      if (!name.starts_with("__")) result[name] = topic.partition_cnt;
    }
    return result;
  }

  absl::StatusOr<std::map<std::string, std::string>> TopicConfig(const std::string& topic,
                                                                 absl::Duration timeout) override {
    const std::string what = "config of topic " + topic;
    std::map<std::string, std::string> config;
    const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    PLAZO_RETURN_IF_ERROR(Ask(
        RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout, what,
        [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
          rd_kafka_DescribeConfigs(handle_.get(), resources, 1, options, queue);
        },
        [&](rd_kafka_event_t* event) {
          size_t count = 0;
          const auto* result = rd_kafka_event_DescribeConfigs_result(event);
          const auto** found = rd_kafka_DescribeConfigs_result_resources(result, &count);
          const absl::Status status = ResourceResult(found, count, what);
          if (status.ok()) config = OwnEntries(found[0]);
          return status;
        }));
    return config;
  }

  absl::Status SetTopicConfig(const std::string& topic,
                              const std::map<std::string, std::string>& config,
                              absl::Duration timeout) override {
    const std::string what = "set config of topic " + topic;
    const Resource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    for (const auto& [name, value] : config) {
      PLAZO_RETURN_IF_ERROR(ToStatus(
          rd_kafka_ConfigResource_set_config(resource.get(), name.c_str(), value.c_str()), what));
    }
    rd_kafka_ConfigResource_t* resources[] = {resource.get()};
    return Ask(
        RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout, what,
        [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
          rd_kafka_AlterConfigs(handle_.get(), resources, 1, options, queue);
        },
        [&](rd_kafka_event_t* event) {
          size_t count = 0;
          const auto* result = rd_kafka_event_AlterConfigs_result(event);
          const auto** found = rd_kafka_AlterConfigs_result_resources(result, &count);
          return ResourceResult(found, count, what);
        });
  }

 private:
  static std::map<std::string, std::string> OwnEntries(const rd_kafka_ConfigResource_t* resource) {
    std::map<std::string, std::string> result;
    size_t count = 0;
    const auto** entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; ++i) {
      if (rd_kafka_ConfigEntry_source(entries[i]) != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG) {
        continue;
      }
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      result[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
    }
    return result;
  }

  template <typename Send, typename Read>
  absl::Status Ask(rd_kafka_admin_op_t operation, absl::Duration timeout, const std::string& what,
                   Send send, Read read) {
    std::array<char, 512> reason{};
    const int wait = Milliseconds(timeout);
    const Options options(rd_kafka_AdminOptions_new(handle_.get(), operation));
    PLAZO_RETURN_IF_ERROR(ToStatus(rd_kafka_AdminOptions_set_request_timeout(
                                       options.get(), wait, reason.data(), reason.size()),
                                   what));
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS ||
        operation == RD_KAFKA_ADMIN_OP_DELETETOPICS) {
      // The controller answers once the topic is there (or gone), not as soon as it has noted the
      // wish.
      PLAZO_RETURN_IF_ERROR(ToStatus(rd_kafka_AdminOptions_set_operation_timeout(
                                         options.get(), wait, reason.data(), reason.size()),
                                     what));
    }
    rd_kafka_poll(handle_.get(), 0);  // nothing else does: let go of errors that have piled up
    const Queue queue(rd_kafka_queue_new(handle_.get()));
    send(options.get(), queue.get());
    const Event event(rd_kafka_queue_poll(queue.get(), wait + 1000));
    if (!event) {
      return Error(ErrorKind::kRetriable, absl::StatusCode::kDeadlineExceeded,
                   what + ": no answer");
    }
    PLAZO_RETURN_IF_ERROR(ToStatus(rd_kafka_event_error(event.get()), what, handle_.get()));
    return read(event.get());
  }

  Callbacks callbacks_;
  Handle handle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Admin>> MakeAdmin(const LibrdkafkaOptions& options) {
  auto result = std::make_unique<RdAdmin>();
  PLAZO_RETURN_IF_ERROR(result->Open(options));
  return result;
}

}  // namespace plazo::kafka::adapter
