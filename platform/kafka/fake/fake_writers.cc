#include <deque>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_handles.h"

namespace plazo::kafka {
namespace {

using Cluster = std::shared_ptr<FakeCluster>;

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

}  // namespace

std::unique_ptr<TransactionalProducer> MakeFakeTransactionalProducer(
    std::shared_ptr<FakeCluster> cluster, const TransactionalProducerOptions& options) {
  return std::make_unique<FakeTransactionalProducer>(std::move(cluster), options);
}

std::unique_ptr<IdempotentProducer> MakeFakeIdempotentProducer(
    std::shared_ptr<FakeCluster> cluster, const IdempotentProducerOptions& options) {
  return std::make_unique<FakeIdempotentProducer>(std::move(cluster), options.max_queued);
}

}  // namespace plazo::kafka
