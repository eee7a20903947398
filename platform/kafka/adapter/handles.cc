#include "platform/kafka/adapter/handles.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "platform/base/status.h"

namespace plazo::kafka::adapter {
namespace {

constexpr int64_t kLogPauseMs = 10'000;
constexpr int kSeverityError = 3;  // syslog's

int64_t SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A broker that is away is reported several times a second: pass one such line in ten seconds.
void Log(Callbacks& callbacks, int level, const std::string& text) {
  if (!callbacks.log) return;
  if (level >= kSeverityError) {
    const int64_t now = SteadyMs();
    int64_t last = callbacks.last_log_ms.load();
    if (last != 0 && now - last < kLogPauseMs) return;
    if (!callbacks.last_log_ms.compare_exchange_strong(last, now)) return;
  }
  callbacks.log(level, text);
}

Callbacks& Of(void* opaque) { return *static_cast<Callbacks*>(opaque); }

void OnLog(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  if (handle == nullptr) return;
  if (void* opaque = rd_kafka_opaque(handle)) {
    Log(Of(opaque), level, std::string(facility) + ": " + text);
  }
}

void OnError(rd_kafka_t*, int code, const char* reason, void* opaque) {
  Log(Of(opaque), kSeverityError,
      std::string(rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code))) + ": " + reason);
}

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Of(opaque).delivery(message);
}

void OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                 void* opaque) {
  Of(opaque).rebalance(code, partitions);
}

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return InvalidArgument(std::string("kafka property: ") + reason.data());
}

absl::Status SetAll(rd_kafka_conf_t* conf, const LibrdkafkaOptions& options,
                    const std::string& client_id, const Properties& properties) {
  const Properties common = {
      {"bootstrap.servers", options.bootstrap_servers},
      {"client.id", client_id},
      {"socket.timeout.ms", "4000"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"log.connection.close", "false"},
  };
  for (const auto& [name, value] : common) PLAZO_RETURN_IF_ERROR(Set(conf, name, value));
  for (const auto& [name, value] : properties) PLAZO_RETURN_IF_ERROR(Set(conf, name, value));
  for (const auto& [name, value] : options.properties) {
    PLAZO_RETURN_IF_ERROR(Set(conf, name, value));
  }
  return absl::OkStatus();
}

bool IsMembershipError(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
      return true;
    default:
      return false;
  }
}

absl::StatusCode CodeOf(rd_kafka_resp_err_t code, absl::StatusCode otherwise) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return absl::StatusCode::kDeadlineExceeded;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return absl::StatusCode::kResourceExhausted;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return absl::StatusCode::kInvalidArgument;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return absl::StatusCode::kNotFound;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return absl::StatusCode::kAlreadyExists;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return absl::StatusCode::kPermissionDenied;
    default:
      return otherwise;
  }
}

absl::Status Classify(rd_kafka_resp_err_t code, ErrorKind kind, const std::string& message) {
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return FencedInstanceError(message);
  if (IsMembershipError(code)) return Error(ErrorKind::kFenced, message);
  const absl::StatusCode otherwise =
      kind == ErrorKind::kFatal ? absl::StatusCode::kInternal : absl::StatusCode::kUnavailable;
  return Error(kind, CodeOf(code, otherwise), message);
}

std::vector<Header> HeadersOf(const rd_kafka_message_t& message) {
  std::vector<Header> result;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    result.push_back({name, value == nullptr ? std::string()
                                             : std::string(static_cast<const char*>(value), size)});
  }
  return result;
}

std::string Where(const std::string& topic, int32_t partition) {
  return topic + "/" + std::to_string(partition);
}

}  // namespace

absl::StatusOr<Handle> MakeHandle(rd_kafka_type_t type, const LibrdkafkaOptions& options,
                                  const std::string& role, const Properties& properties,
                                  Callbacks& callbacks) {
  static std::atomic<uint64_t> sequence{0};
  std::unique_ptr<rd_kafka_conf_t, Deleter<rd_kafka_conf_destroy>> conf(rd_kafka_conf_new());
  const std::string client_id = options.client_id + "-" + role + "-" + std::to_string(++sequence);
  PLAZO_RETURN_IF_ERROR(SetAll(conf.get(), options, client_id, properties));
  callbacks.log = options.log;
  rd_kafka_conf_set_opaque(conf.get(), &callbacks);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  if (callbacks.delivery) rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  if (callbacks.rebalance) rd_kafka_conf_set_rebalance_cb(conf.get(), OnRebalance);

  std::array<char, 512> reason{};
  Handle handle(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
  if (!handle) return InvalidArgument(std::string("kafka client: ") + reason.data());
  conf.release();  // the handle has it now
  if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(handle.get());
  return handle;
}

int Milliseconds(absl::Duration duration) {
  const int64_t ms = absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 1 << 30));
}

absl::Status ToStatus(rd_kafka_resp_err_t code, const std::string& what,
                      const rd_kafka_t* fatal_in) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  ErrorKind kind = ErrorKind::kRetriable;
  std::string detail = rd_kafka_err2name(code);
  if (code == RD_KAFKA_RESP_ERR__FATAL && fatal_in != nullptr) {
    std::array<char, 512> reason{};
    code = rd_kafka_fatal_error(const_cast<rd_kafka_t*>(fatal_in), reason.data(), reason.size());
    kind = ErrorKind::kFatal;
    detail = std::string(rd_kafka_err2name(code)) + ": " + reason.data();
  } else if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__STATE ||
             code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
             code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    kind = ErrorKind::kFatal;
  }
  return Classify(code, kind, what + ": " + detail);
}

absl::Status ToStatus(rd_kafka_error_t* error, const std::string& what) {
  const RdError owned(error);
  if (!owned) return absl::OkStatus();
  ErrorKind kind = ErrorKind::kFatal;
  if (rd_kafka_error_is_fatal(owned.get())) {
    kind = ErrorKind::kFatal;
  } else if (rd_kafka_error_txn_requires_abort(owned.get())) {
    kind = ErrorKind::kAbortable;
  } else if (rd_kafka_error_is_retriable(owned.get())) {
    kind = ErrorKind::kRetriable;
  }
  const rd_kafka_resp_err_t code = rd_kafka_error_code(owned.get());
  return Classify(
      code, kind,
      what + ": " + rd_kafka_error_name(owned.get()) + ": " + rd_kafka_error_string(owned.get()));
}

List ToList(const std::vector<TopicPartition>& partitions) {
  List list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& each : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
  }
  return list;
}

List ToList(const std::vector<PartitionOffset>& offsets) {
  List list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const PartitionOffset& each : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset =
        each.offset;
  }
  return list;
}

std::vector<TopicPartition> FromList(const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> result;
  for (int i = 0; i < list.cnt; ++i) {
    result.push_back({list.elems[i].topic, list.elems[i].partition});
  }
  return result;
}

absl::StatusOr<std::vector<PartitionOffset>> OffsetsFromList(
    const rd_kafka_topic_partition_list_t& list, const std::string& what) {
  std::vector<PartitionOffset> result;
  for (int i = 0; i < list.cnt; ++i) {
    const rd_kafka_topic_partition_t& each = list.elems[i];
    PLAZO_RETURN_IF_ERROR(ToStatus(each.err, what + " " + Where(each.topic, each.partition)));
    result.push_back({each.topic, each.partition, each.offset});
  }
  return result;
}

Record ToRecord(const rd_kafka_message_t& message) {
  Record record;
  record.topic = rd_kafka_topic_name(message.rkt);
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  if (message.key != nullptr) {
    record.key.assign(static_cast<const char*>(message.key), message.key_len);
  }
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  record.headers = HeadersOf(message);
  return record;
}

absl::Status Enqueue(rd_kafka_t* producer, const OutRecord& record, void* opaque) {
  // An empty value is not a tombstone: librdkafka tells them apart by the pointer.
  const std::string_view value = record.value ? std::string_view(*record.value) : "";
  void* payload = record.value ? const_cast<char*>(value.data()) : nullptr;
  std::vector<rd_kafka_vu_t> fields;
  fields.reserve(7 + record.headers.size());
  const auto add = [&](rd_kafka_vtype_t type) -> decltype(rd_kafka_vu_t::u)& {
    fields.push_back({});
    fields.back().vtype = type;
    return fields.back().u;
  };
  add(RD_KAFKA_VTYPE_TOPIC).cstr = record.topic.c_str();
  add(RD_KAFKA_VTYPE_PARTITION).i32 =
      record.partition == kPartitionByKey ? RD_KAFKA_PARTITION_UA : record.partition;
  add(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  add(RD_KAFKA_VTYPE_KEY).mem = {const_cast<char*>(record.key.data()), record.key.size()};
  add(RD_KAFKA_VTYPE_VALUE).mem = {payload, value.size()};
  add(RD_KAFKA_VTYPE_OPAQUE).ptr = opaque;
  for (const Header& header : record.headers) {
    add(RD_KAFKA_VTYPE_HEADER).header = {header.key.c_str(), header.value.data(),
                                         static_cast<ssize_t>(header.value.size())};
  }
  const RdError error(rd_kafka_produceva(producer, fields.data(), fields.size()));
  if (!error) return absl::OkStatus();
  return ToStatus(rd_kafka_error_code(error.get()),
                  "produce to " + Where(record.topic, record.partition), producer);
}

absl::StatusOr<Polled> Poller::Poll(rd_kafka_t* consumer, absl::Duration timeout,
                                    size_t max_records) {
  polled_ = {};
  int wait = Milliseconds(timeout);
  while (pending_.ok() && polled_.records.size() < max_records) {
    const Message message(rd_kafka_consumer_poll(consumer, wait));
    if (!message) break;
    wait = 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      polled_.records.push_back(ToRecord(*message));
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      polled_.ends.push_back(
          {rd_kafka_topic_name(message->rkt), message->partition, message->offset});
    } else {
      const char* reason = rd_kafka_message_errstr(message.get());
      pending_ = ToStatus(message->err, std::string("poll: ") + (reason == nullptr ? "" : reason),
                          consumer);
    }
  }
  if (!pending_.ok() && polled_.records.empty() && polled_.ends.empty()) {
    return std::exchange(pending_, absl::OkStatus());
  }
  return std::move(polled_);
}

}  // namespace plazo::kafka::adapter
