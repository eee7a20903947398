#include "platform/kafka/fake/fake_broker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_cluster.h"

namespace plazo::kafka {
namespace {

using Cluster = std::shared_ptr<FakeCluster>;

// The fetch positions of one consumer or reader.
class Positions {
 public:
  Positions(Cluster cluster, Isolation isolation)
      : cluster_(std::move(cluster)), isolation_(isolation) {}

  void Assign(const std::vector<PartitionOffset>& positions) {
    next_.clear();
    for (const PartitionOffset& each : positions) next_[each.Partition()] = {each.offset};
  }

  // What is there now; every partition gets its turn to be first.
  absl::Status Take(size_t max, Polled& out) {
    if (next_.empty()) return absl::OkStatus();
    auto turn = next_.upper_bound(last_);
    for (size_t i = 0; i < next_.size() && out.records.size() < max; ++i, ++turn) {
      if (turn == next_.end()) turn = next_.begin();
      PLAZO_RETURN_IF_ERROR(TakeFrom(turn->first, turn->second, max - out.records.size(), out));
      last_ = turn->first;
    }
    return absl::OkStatus();
  }

 private:
  struct Cursor {
    int64_t next = 0;
    int64_t told_end = -1;
  };

  absl::Status TakeFrom(const TopicPartition& partition, Cursor& cursor, size_t max, Polled& out) {
    PLAZO_RETURN_IF_ERROR(cluster_->Fetch(partition, isolation_, max, cursor.next, out.records));
    const auto marks = cluster_->Marks(partition, isolation_);
    if (!marks.ok()) return marks.status();
    if (cursor.next >= marks->high && cursor.told_end != cursor.next) {
      cursor.told_end = cursor.next;
      out.ends.push_back({partition.topic, partition.partition, cursor.next});
    }
    return absl::OkStatus();
  }

  const Cluster cluster_;
  const Isolation isolation_;
  std::map<TopicPartition, Cursor> next_;
  TopicPartition last_;
};

// Calls `step` until it finds something or `timeout` (real time) is over.
template <typename StepFunction>
absl::StatusOr<Polled> PollUntil(FakeCluster& cluster, absl::Duration timeout, StepFunction step) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const uint64_t version = cluster.Version();
    Polled polled;
    PLAZO_RETURN_IF_ERROR(step(polled));
    const absl::Duration left = deadline - absl::Now();
    if (!polled.records.empty() || !polled.ends.empty() || left <= absl::ZeroDuration()) {
      return polled;
    }
    // The clock may move without any change of the cluster.
    cluster.WaitForChange(version, std::min(left, absl::Milliseconds(20)));
  }
}

class FakeGroupConsumer final : public GroupConsumer {
 public:
  FakeGroupConsumer(Cluster cluster, GroupConsumerOptions options)
      : cluster_(std::move(cluster)),
        options_(std::move(options)),
        positions_(cluster_, Isolation::kReadCommitted) {}

  ~FakeGroupConsumer() override {
    if (member_.empty()) return;
    if (!owned_.empty()) callbacks_.revoked(owned_);
    cluster_->Leave(options_.group, member_);
  }

  absl::Status Subscribe(const std::vector<std::string>& topics,
                         RebalanceCallbacks callbacks) override {
    callbacks_ = std::move(callbacks);
    member_ = cluster_->Join(options_, topics);
    return absl::OkStatus();
  }

  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    return PollUntil(*cluster_, timeout, [&](Polled& polled) {
      PLAZO_RETURN_IF_ERROR(Rebalance());
      return positions_.Take(max_records, polled);
    });
  }

  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    positions_.Assign(positions);
    return absl::OkStatus();
  }

  absl::StatusOr<GroupMetadata> Metadata() override {
    return cluster_->Metadata(options_.group, member_);
  }

  absl::Status Commit(const std::vector<PartitionOffset>& offsets) override {
    return cluster_->Commit(cluster_->Metadata(options_.group, member_), offsets);
  }

 private:
  absl::Status Rebalance() {
    while (true) {
      FakeCluster::Step step = cluster_->Next(options_.group, member_);
      switch (step.kind) {
        case FakeCluster::Step::Kind::kNothing:
          return absl::OkStatus();
        case FakeCluster::Step::Kind::kFenced:
          GiveUp(callbacks_.lost);
          return FencedInstanceError("fenced instance " + options_.instance);
        case FakeCluster::Step::Kind::kLost:
          GiveUp(callbacks_.lost);
          break;
        case FakeCluster::Step::Kind::kRevoke:
          GiveUp(callbacks_.revoked);
          break;
        case FakeCluster::Step::Kind::kAssign:
          PLAZO_RETURN_IF_ERROR(TakeOver(std::move(step.partitions)));
      }
    }
  }

  void GiveUp(const std::function<void(const std::vector<TopicPartition>&)>& callback) {
    if (!owned_.empty()) callback(owned_);
    owned_.clear();
    positions_.Assign({});
  }

  absl::Status TakeOver(std::vector<TopicPartition> partitions) {
    owned_ = std::move(partitions);
    auto positions = callbacks_.assigned(owned_);
    positions_.Assign(positions.ok() ? *positions : std::vector<PartitionOffset>());
    return positions.status();
  }

  const Cluster cluster_;
  const GroupConsumerOptions options_;
  RebalanceCallbacks callbacks_;
  Positions positions_;
  std::string member_;
  std::vector<TopicPartition> owned_;
};

class FakeReader final : public Reader {
 public:
  FakeReader(Cluster cluster, Isolation isolation)
      : cluster_(std::move(cluster)), isolation_(isolation), positions_(cluster_, isolation) {}

  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    positions_.Assign(positions);
    return absl::OkStatus();
  }

  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    return PollUntil(*cluster_, timeout,
                     [&](Polled& polled) { return positions_.Take(max_records, polled); });
  }

  absl::StatusOr<Watermarks> QueryWatermarks(const TopicPartition& partition,
                                             absl::Duration) override {
    return cluster_->Marks(partition, isolation_);
  }

  absl::StatusOr<std::vector<PartitionOffset>> OffsetsForTime(
      const std::vector<TopicPartition>& partitions, int64_t time_ms, absl::Duration) override {
    std::vector<PartitionOffset> result;
    for (const TopicPartition& each : partitions) {
      const auto offset = cluster_->OffsetForTime(each, isolation_, time_ms);
      if (!offset.ok()) return offset.status();
      result.push_back({each.topic, each.partition, *offset});
    }
    return result;
  }

 private:
  const Cluster cluster_;
  const Isolation isolation_;
  Positions positions_;
};

class FakeTransactionalProducer final : public TransactionalProducer {
 public:
  FakeTransactionalProducer(Cluster cluster, TransactionalProducerOptions options)
      : cluster_(std::move(cluster)), options_(std::move(options)) {}

  absl::Status Init(const std::vector<std::string>& topics, absl::Duration) override {
    const auto known = cluster_->ListTopics();
    epoch_ = cluster_->InitProducer(options_.id, options_.transaction_timeout);
    for (const std::string& topic : topics) {
      if (!known.contains(topic)) {
        return Error(ErrorKind::kRetriable, absl::StatusCode::kNotFound, "no topic " + topic);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Begin() override {
    if (epoch_ == 0 || open_) return Error(ErrorKind::kFatal, "begin: wrong state");
    open_ = true;
    report_ = {};
    return absl::OkStatus();
  }

  absl::Status Produce(const OutRecord& record) override {
    if (!open_) return Error(ErrorKind::kFatal, "produce: no transaction");
    const auto written = cluster_->AppendInTransaction(options_.id, epoch_, record);
    if (written.ok()) {
      ++report_.delivered;
    } else {
      ++report_.failed;
      if (report_.first_error.ok()) report_.first_error = written.status();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<FlushReport> Flush(absl::Duration) override { return report_; }

  absl::Status SendOffsets(const std::vector<PartitionOffset>& offsets, const GroupMetadata& group,
                           absl::Duration) override {
    if (!open_) return Error(ErrorKind::kFatal, "send offsets: no transaction");
    return cluster_->AddOffsets(options_.id, epoch_, offsets, group);
  }

  absl::Status Commit(absl::Duration) override {
    if (!open_) return Error(ErrorKind::kFatal, "commit: no transaction");
    // As librdkafka: a transaction with a failed record cannot be committed.
    if (report_.failed > 0) return Error(ErrorKind::kAbortable, "commit: a delivery failed");
    open_ = false;
    return cluster_->EndTransaction(options_.id, epoch_);
  }

 private:
  const Cluster cluster_;
  const TransactionalProducerOptions options_;
  int64_t epoch_ = 0;
  bool open_ = false;
  FlushReport report_;
};

class FakeIdempotentProducer final : public IdempotentProducer {
 public:
  FakeIdempotentProducer(Cluster cluster, size_t max_queued)
      : cluster_(std::move(cluster)), max_queued_(max_queued) {}

  ~FakeIdempotentProducer() override { Poll(absl::ZeroDuration()); }

  absl::Status Produce(const OutRecord& record, DeliveryCallback callback) override {
    absl::MutexLock lock(&mutex_);
    if (reports_.size() >= max_queued_) {
      return Error(ErrorKind::kRetriable, absl::StatusCode::kResourceExhausted, "queue is full");
    }
    auto written = cluster_->Append(record);
    if (!written.ok() && written.status().code() == absl::StatusCode::kNotFound) {
      written = InvalidArgument(ToStd(written.status().message()));
    }
    reports_.emplace_back(std::move(callback), std::move(written));
    return absl::OkStatus();
  }

  void Poll(absl::Duration timeout) override {
    std::deque<std::pair<DeliveryCallback, absl::StatusOr<Delivered>>> reports;
    {
      absl::MutexLock lock(&mutex_);
      const auto any = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !reports_.empty(); };
      mutex_.AwaitWithTimeout(absl::Condition(&any), timeout);
      reports.swap(reports_);
    }
    for (auto& [callback, written] : reports) callback(std::move(written));
  }

  absl::Status Fatal() const override { return absl::OkStatus(); }

 private:
  const Cluster cluster_;
  const size_t max_queued_;
  absl::Mutex mutex_;
  std::deque<std::pair<DeliveryCallback, absl::StatusOr<Delivered>>> reports_
      ABSL_GUARDED_BY(mutex_);
};

class FakeGroupOffsets final : public GroupOffsets {
 public:
  FakeGroupOffsets(Cluster cluster, std::string group)
      : cluster_(std::move(cluster)), group_(std::move(group)) {}

  // Does not wait: what is unstable changes by another caller's deed or by the clock.
  absl::StatusOr<std::vector<PartitionOffset>> Committed(
      const std::vector<TopicPartition>& partitions, absl::Duration) override {
    std::vector<PartitionOffset> result;
    for (const TopicPartition& each : partitions) {
      const auto offset = cluster_->Committed(group_, each);
      if (!offset) return Error(ErrorKind::kRetriable, "offsets of " + each.topic + " unstable");
      result.push_back({each.topic, each.partition, *offset});
    }
    return result;
  }

 private:
  const Cluster cluster_;
  const std::string group_;
};

class FakeAdmin final : public Admin {
 public:
  explicit FakeAdmin(Cluster cluster) : cluster_(std::move(cluster)) {}

  absl::Status CreateTopic(const TopicSpec& topic, absl::Duration) override {
    return cluster_->CreateTopic(topic);
  }
  absl::StatusOr<std::map<std::string, int32_t>> ListTopics(absl::Duration) override {
    return cluster_->ListTopics();
  }
  absl::StatusOr<std::map<std::string, std::string>> TopicConfig(const std::string& topic,
                                                                 absl::Duration) override {
    return cluster_->Config(topic);
  }
  absl::Status SetTopicConfig(const std::string& topic,
                              const std::map<std::string, std::string>& config,
                              absl::Duration) override {
    return cluster_->SetConfig(topic, config);
  }
  absl::Status DeleteTopic(const std::string& topic, absl::Duration) override {
    return cluster_->DeleteTopic(topic);
  }

 private:
  const Cluster cluster_;
};

std::vector<Record> ReadAll(FakeCluster& cluster, const TopicPartition& partition,
                            Isolation isolation) {
  std::vector<Record> records;
  int64_t next = 0;
  (void)cluster.Fetch(partition, isolation, SIZE_MAX, next, records);
  return records;
}

}  // namespace

FakeBroker::FakeBroker(const Clock& clock) : cluster_(std::make_shared<FakeCluster>(clock)) {}
FakeBroker::~FakeBroker() = default;

void FakeBroker::CreateTopic(const std::string& name, int32_t partitions,
                             std::map<std::string, std::string> config) {
  const absl::Status status = cluster_->CreateTopic({name, partitions, 1, std::move(config)});
  if (status.ok()) return;
  std::fprintf(stderr, "fake broker: %s\n", ToString(status).c_str());
  std::abort();
}

std::vector<Record> FakeBroker::Records(const std::string& topic, Isolation isolation) const {
  std::vector<Record> all;
  const auto topics = cluster_->ListTopics();
  const auto found = topics.find(topic);
  for (int32_t p = 0; found != topics.end() && p < found->second; ++p) {
    std::ranges::move(ReadAll(*cluster_, {topic, p}, isolation), std::back_inserter(all));
  }
  return all;
}

std::vector<Record> FakeBroker::Records(const std::string& topic, int32_t partition,
                                        Isolation isolation) const {
  return ReadAll(*cluster_, {topic, partition}, isolation);
}

int64_t FakeBroker::EndOffset(const std::string& topic, int32_t partition) const {
  return cluster_->LogEnd({topic, partition});
}

int64_t FakeBroker::CommittedOffset(const std::string& group, const std::string& topic,
                                    int32_t partition) const {
  return cluster_->Committed(group, {topic, partition}).value_or(kNoOffset);
}

PartitionOffset FakeBroker::Append(OutRecord record) {
  const auto written = cluster_->Append(record);
  if (!written.ok()) {
    std::fprintf(stderr, "fake broker: %s\n", ToString(written.status()).c_str());
    std::abort();
  }
  return {record.topic, written->partition, written->offset};
}

void FakeBroker::MoveOffset(const std::string& group, const std::string& topic, int32_t partition,
                            int64_t offset) {
  cluster_->MoveOffset(group, {topic, partition, offset});
}

void FakeBroker::ExpireSessions() { cluster_->ExpireSessions(); }

absl::StatusOr<std::unique_ptr<GroupConsumer>> FakeBroker::MakeGroupConsumer(
    const GroupConsumerOptions& options) {
  return std::make_unique<FakeGroupConsumer>(cluster_, options);
}

absl::StatusOr<std::unique_ptr<TransactionalProducer>> FakeBroker::MakeTransactionalProducer(
    const TransactionalProducerOptions& options) {
  return std::make_unique<FakeTransactionalProducer>(cluster_, options);
}

absl::StatusOr<std::unique_ptr<IdempotentProducer>> FakeBroker::MakeIdempotentProducer(
    const IdempotentProducerOptions& options) {
  return std::make_unique<FakeIdempotentProducer>(cluster_, options.max_queued);
}

absl::StatusOr<std::unique_ptr<Reader>> FakeBroker::MakeReader(Isolation isolation) {
  return std::make_unique<FakeReader>(cluster_, isolation);
}

absl::StatusOr<std::unique_ptr<GroupOffsets>> FakeBroker::MakeGroupOffsets(
    const std::string& group) {
  return std::make_unique<FakeGroupOffsets>(cluster_, group);
}

absl::StatusOr<std::unique_ptr<Admin>> FakeBroker::MakeAdmin() {
  return std::make_unique<FakeAdmin>(cluster_);
}

}  // namespace plazo::kafka
