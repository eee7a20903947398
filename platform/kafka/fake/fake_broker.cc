#include "platform/kafka/fake/fake_broker.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_handles.h"

namespace plazo::kafka {
namespace {

using Cluster = std::shared_ptr<FakeCluster>;

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
  return MakeFakeGroupConsumer(cluster_, options);
}

absl::StatusOr<std::unique_ptr<TransactionalProducer>> FakeBroker::MakeTransactionalProducer(
    const TransactionalProducerOptions& options) {
  return MakeFakeTransactionalProducer(cluster_, options);
}

absl::StatusOr<std::unique_ptr<IdempotentProducer>> FakeBroker::MakeIdempotentProducer(
    const IdempotentProducerOptions& options) {
  return MakeFakeIdempotentProducer(cluster_, options);
}

absl::StatusOr<std::unique_ptr<Reader>> FakeBroker::MakeReader(Isolation isolation) {
  return MakeFakeReader(cluster_, isolation);
}

absl::StatusOr<std::unique_ptr<GroupOffsets>> FakeBroker::MakeGroupOffsets(
    const std::string& group) {
  return MakeFakeGroupOffsets(cluster_, group);
}

absl::StatusOr<std::unique_ptr<Admin>> FakeBroker::MakeAdmin() {
  return std::make_unique<FakeAdmin>(cluster_);
}

}  // namespace plazo::kafka
