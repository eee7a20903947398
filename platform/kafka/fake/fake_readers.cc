#include <absl/time/clock.h>

#include <algorithm>
#include <map>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_handles.h"

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

}  // namespace

std::unique_ptr<GroupConsumer> MakeFakeGroupConsumer(std::shared_ptr<FakeCluster> cluster,
                                                     const GroupConsumerOptions& options) {
  return std::make_unique<FakeGroupConsumer>(std::move(cluster), options);
}

std::unique_ptr<Reader> MakeFakeReader(std::shared_ptr<FakeCluster> cluster, Isolation isolation) {
  return std::make_unique<FakeReader>(std::move(cluster), isolation);
}

std::unique_ptr<GroupOffsets> MakeFakeGroupOffsets(std::shared_ptr<FakeCluster> cluster,
                                                   const std::string& group) {
  return std::make_unique<FakeGroupOffsets>(std::move(cluster), group);
}

}  // namespace plazo::kafka
