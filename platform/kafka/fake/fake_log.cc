#include <algorithm>
#include <cstdlib>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_cluster.h"

namespace plazo::kafka {
namespace {

constexpr int64_t kDefaultMaxMessageBytes = 1'048'588;  // Kafka's

std::string Where(const TopicPartition& partition) {
  return partition.topic + "/" + std::to_string(partition.partition);
}

absl::Status Refused(absl::StatusCode code, const std::string& message) {
  return Error(ErrorKind::kRetriable, code, message);
}

}  // namespace

uint64_t FakeCluster::Version() const {
  absl::MutexLock lock(&mutex_);
  return version_;
}

void FakeCluster::WaitForChange(uint64_t seen, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto changed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return version_ != seen; };
  mutex_.AwaitWithTimeout(absl::Condition(&changed), timeout);
}

absl::Status FakeCluster::CreateTopic(const TopicSpec& topic) {
  absl::MutexLock lock(&mutex_);
  if (topics_.contains(topic.name)) {
    return Refused(absl::StatusCode::kAlreadyExists, "topic " + topic.name + " exists");
  }
  if (topic.partitions < 1) return InvalidArgument("a topic has at least one partition");
  topics_[topic.name] = {std::vector<Log>(static_cast<size_t>(topic.partitions)), topic.config};
  for (auto& [name, group] : groups_) {
    const bool wanted = std::ranges::any_of(group.members, [&](const auto& member) {
      return std::ranges::count(member.second.topics, topic.name) > 0;
    });
    if (wanted) Prepare(group);
  }
  Changed();
  return absl::OkStatus();
}

absl::Status FakeCluster::DeleteTopic(const std::string& topic) {
  absl::MutexLock lock(&mutex_);
  Changed();
  if (topics_.erase(topic) == 1) return absl::OkStatus();
  return Refused(absl::StatusCode::kNotFound, "no topic " + topic);
}

std::map<std::string, int32_t> FakeCluster::ListTopics() {
  absl::MutexLock lock(&mutex_);
  std::map<std::string, int32_t> result;
  for (const auto& [name, topic] : topics_) {
    result[name] = static_cast<int32_t>(topic.partitions.size());
  }
  return result;
}

absl::StatusOr<std::map<std::string, std::string>> FakeCluster::Config(const std::string& topic) {
  absl::MutexLock lock(&mutex_);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return Refused(absl::StatusCode::kNotFound, "no topic " + topic);
  return found->second.config;
}

absl::Status FakeCluster::SetConfig(const std::string& topic,
                                    std::map<std::string, std::string> config) {
  absl::MutexLock lock(&mutex_);
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return Refused(absl::StatusCode::kNotFound, "no topic " + topic);
  found->second.config = std::move(config);
  return absl::OkStatus();
}

absl::StatusOr<FakeCluster::Log*> FakeCluster::Find(const TopicPartition& partition) {
  const auto found = topics_.find(partition.topic);
  if (found == topics_.end()) {
    return Refused(absl::StatusCode::kNotFound, "no topic " + partition.topic);
  }
  auto& partitions = found->second.partitions;
  if (partition.partition < 0 || static_cast<size_t>(partition.partition) >= partitions.size()) {
    return Refused(absl::StatusCode::kInvalidArgument, "no partition " + Where(partition));
  }
  return &partitions[static_cast<size_t>(partition.partition)];
}

absl::StatusOr<Delivered> FakeCluster::Write(const OutRecord& record, Visibility visibility) {
  const auto found = topics_.find(record.topic);
  if (found == topics_.end()) {
    return Refused(absl::StatusCode::kNotFound, "no topic " + record.topic);
  }
  const auto& config = found->second.config;
  const auto limit = config.find("max.message.bytes");
  const int64_t max_bytes = limit == config.end()
                                ? kDefaultMaxMessageBytes
                                : std::strtoll(limit->second.c_str(), nullptr, 10);
  if (static_cast<int64_t>(record.SizeBound()) > max_bytes) {
    return Refused(absl::StatusCode::kInvalidArgument, "record too large for " + record.topic);
  }
  TopicPartition partition{record.topic, record.partition};
  if (partition.partition == kPartitionByKey) {
    partition.partition =
        MurmurPartition(record.key, static_cast<int32_t>(found->second.partitions.size()));
  }
  const auto log = Find(partition);
  if (!log.ok()) return log.status();
  const int64_t offset = (*log)->End();
  const int64_t now_ms = clock_.NowMs();
  (*log)->entries.push_back({{partition.topic, partition.partition, offset, now_ms, record.key,
                              record.value, record.headers},
                             visibility});
  if (visibility == Visibility::kOpen) (*log)->open.insert(offset);
  Changed();
  return Delivered{partition.partition, offset, now_ms};
}

absl::StatusOr<Delivered> FakeCluster::Append(const OutRecord& record) {
  absl::MutexLock lock(&mutex_);
  return Write(record, Visibility::kVisible);
}

absl::Status FakeCluster::Fetch(const TopicPartition& partition, Isolation isolation, size_t max,
                                int64_t& next, std::vector<Record>& records) {
  absl::MutexLock lock(&mutex_);
  ExpireTransactions();
  const auto log = Find(partition);
  if (!log.ok()) return log.status();
  const bool committed = isolation == Isolation::kReadCommitted;
  const int64_t size = (*log)->End();
  const int64_t end = committed ? (*log)->StableEnd() : size;
  if (next == kBeginning) next = 0;
  if (next == kEnd) next = end;
  if (next < 0 || next > size) {
    return Error(ErrorKind::kFatal, "offset out of range in " + Where(partition));
  }
  for (; next < end && max > 0; ++next) {
    const Entry& entry = (*log)->entries[static_cast<size_t>(next)];
    if (entry.marker || (committed && entry.visibility == Visibility::kNever)) continue;
    records.push_back(entry.record);
    --max;
  }
  return absl::OkStatus();
}

absl::StatusOr<Watermarks> FakeCluster::Marks(const TopicPartition& partition,
                                              Isolation isolation) {
  absl::MutexLock lock(&mutex_);
  ExpireTransactions();
  const auto log = Find(partition);
  if (!log.ok()) return log.status();
  return Watermarks{0,
                    isolation == Isolation::kReadCommitted ? (*log)->StableEnd() : (*log)->End()};
}

absl::StatusOr<int64_t> FakeCluster::OffsetForTime(const TopicPartition& partition,
                                                   Isolation isolation, int64_t time_ms) {
  absl::MutexLock lock(&mutex_);
  ExpireTransactions();
  const auto log = Find(partition);
  if (!log.ok()) return log.status();
  if (time_ms == kBeginning) return 0;
  if (time_ms == kEnd) {
    return isolation == Isolation::kReadCommitted ? (*log)->StableEnd() : (*log)->End();
  }
  for (const Entry& entry : (*log)->entries) {
    if (entry.record.timestamp_ms >= time_ms) return entry.record.offset;
  }
  return kEnd;
}

int64_t FakeCluster::LogEnd(const TopicPartition& partition) {
  absl::MutexLock lock(&mutex_);
  const auto log = Find(partition);
  return log.ok() ? (*log)->End() : 0;
}

int64_t FakeCluster::InitProducer(const std::string& id, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  ProducerState& producer = producers_[id];
  Finish(producer, /*commit=*/false);
  producer.timeout = timeout;
  return ++producer.epoch;
}

absl::StatusOr<FakeCluster::ProducerState*> FakeCluster::Check(const std::string& id,
                                                               int64_t epoch) {
  ExpireTransactions();
  ProducerState& producer = producers_[id];
  if (producer.epoch != epoch) return Error(ErrorKind::kFenced, "producer " + id + " is fenced");
  return &producer;
}

absl::StatusOr<Delivered> FakeCluster::AppendInTransaction(const std::string& id, int64_t epoch,
                                                           const OutRecord& record) {
  absl::MutexLock lock(&mutex_);
  const auto producer = Check(id, epoch);
  if (!producer.ok()) return producer.status();
  Transaction& transaction = (*producer)->transaction;
  const auto written = Write(record, Visibility::kOpen);
  if (!written.ok()) return written;
  if (!std::exchange(transaction.open, true)) transaction.started = clock_.Monotonic();
  transaction.entries.push_back({{record.topic, written->partition}, written->offset});
  return written;
}

absl::Status FakeCluster::AddOffsets(const std::string& id, int64_t epoch,
                                     const std::vector<PartitionOffset>& offsets,
                                     const GroupMetadata& metadata) {
  absl::MutexLock lock(&mutex_);
  const auto producer = Check(id, epoch);
  if (!producer.ok()) return producer.status();
  std::string group;
  PLAZO_RETURN_IF_ERROR(CheckMember(metadata, group));
  Transaction& transaction = (*producer)->transaction;
  if (!std::exchange(transaction.open, true)) transaction.started = clock_.Monotonic();
  for (const PartitionOffset& each : offsets) transaction.offsets.push_back({group, each});
  Changed();
  return absl::OkStatus();
}

absl::Status FakeCluster::EndTransaction(const std::string& id, int64_t epoch) {
  absl::MutexLock lock(&mutex_);
  const auto producer = Check(id, epoch);
  if (!producer.ok()) return producer.status();
  Finish(**producer, /*commit=*/true);
  return absl::OkStatus();
}

void FakeCluster::Finish(ProducerState& producer, bool commit) {
  const Transaction transaction = std::exchange(producer.transaction, {});
  std::set<TopicPartition> touched;
  for (const auto& [partition, offset] : transaction.entries) {
    const auto log = Find(partition);
    if (!log.ok()) continue;  // the topic was deleted
    (*log)->entries[static_cast<size_t>(offset)].visibility =
        commit ? Visibility::kVisible : Visibility::kNever;
    (*log)->open.erase(offset);
    touched.insert(partition);
  }
  for (const TopicPartition& partition : touched) {
    Log& log = **Find(partition);
    Entry marker;
    marker.record.offset = log.End();
    marker.record.timestamp_ms = clock_.NowMs();
    marker.visibility = Visibility::kNever;
    marker.marker = true;
    log.entries.push_back(std::move(marker));
  }
  if (commit) {
    for (const auto& [group, offset] : transaction.offsets) {
      groups_[group].offsets[offset.Partition()] = offset.offset;
    }
  }
  Changed();
}

void FakeCluster::ExpireTransactions() {
  for (auto& [id, producer] : producers_) {
    const Transaction& transaction = producer.transaction;
    if (!transaction.open || clock_.Monotonic() - transaction.started <= producer.timeout) continue;
    Finish(producer, /*commit=*/false);
    ++producer.epoch;  // what it still wants to do comes too late
  }
}

}  // namespace plazo::kafka
