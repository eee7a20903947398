#include "platform/kafka/fake/breakable_broker.h"

#include <absl/synchronization/mutex.h>

#include <map>
#include <utility>
#include <vector>

namespace plazo::kafka {

class BreakableBroker::Switch {
 public:
  void FailNext(Fault fault, int n) {
    absl::MutexLock lock(&mutex_);
    Plan& plan = plans_[fault];
    plan.due.push_back(plan.calls + n);
  }

  void SetDown(bool down) {
    absl::MutexLock lock(&mutex_);
    down_ = down;
  }

  int Struck(Fault fault) const {
    absl::MutexLock lock(&mutex_);
    const auto found = plans_.find(fault);
    return found == plans_.end() ? 0 : found->second.struck;
  }

  // Counts a call and tells whether it is to fail.
  bool Strikes(Fault fault) {
    absl::MutexLock lock(&mutex_);
    Plan& plan = plans_[fault];
    ++plan.calls;
    const bool strikes = std::erase(plan.due, plan.calls) > 0;
    if (strikes) ++plan.struck;
    return strikes;
  }

  absl::Status Up() const {
    absl::MutexLock lock(&mutex_);
    return down_ ? Error(ErrorKind::kRetriable, "all brokers are down") : absl::OkStatus();
  }

 private:
  struct Plan {
    int calls = 0;
    int struck = 0;
    std::vector<int> due;
  };
  mutable absl::Mutex mutex_;
  std::map<Fault, Plan> plans_ ABSL_GUARDED_BY(mutex_);
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
};

namespace {

absl::Status TimedOut(const char* what) {
  return Error(ErrorKind::kRetriable, absl::StatusCode::kDeadlineExceeded, what);
}

template <typename SwitchPtr>
class BreakableConsumer final : public GroupConsumer {
 public:
  BreakableConsumer(std::unique_ptr<GroupConsumer> inner, SwitchPtr faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  absl::Status Subscribe(const std::vector<std::string>& topics,
                         RebalanceCallbacks callbacks) override {
    return inner_->Subscribe(topics, std::move(callbacks));
  }
  // As a real consumer that cannot reach its brokers: an empty poll, not an error.
  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    if (!faults_->Up().ok()) return Polled{};
    if (faults_->Strikes(Fault::kPoll)) return Error(ErrorKind::kRetriable, "poll failed");
    if (faults_->Strikes(Fault::kPollFatal)) return Error(ErrorKind::kFatal, "consumer is dead");
    if (faults_->Strikes(Fault::kPollInstanceFenced)) return FencedInstanceError("fenced instance");
    return inner_->Poll(timeout, max_records);
  }
  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    return inner_->Assign(positions);
  }
  absl::StatusOr<GroupMetadata> Metadata() override { return inner_->Metadata(); }
  absl::Status Commit(const std::vector<PartitionOffset>& offsets) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    return inner_->Commit(offsets);
  }

 private:
  const std::unique_ptr<GroupConsumer> inner_;
  const SwitchPtr faults_;
};

template <typename SwitchPtr>
class BreakableTransaction final : public TransactionalProducer {
 public:
  BreakableTransaction(std::unique_ptr<TransactionalProducer> inner, SwitchPtr faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  absl::Status Init(const std::vector<std::string>& topics, absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    if (faults_->Strikes(Fault::kInit)) return TimedOut("init timed out");
    return inner_->Init(topics, timeout);
  }
  absl::Status Begin() override {
    if (faults_->Strikes(Fault::kBegin)) return Error(ErrorKind::kFatal, "begin failed");
    lost_ = 0;
    return inner_->Begin();
  }
  absl::Status Produce(const OutRecord& record) override {
    if (faults_->Strikes(Fault::kProduce)) return Error(ErrorKind::kRetriable, "produce failed");
    if (!faults_->Up().ok() || faults_->Strikes(Fault::kDelivery)) {
      ++lost_;
      return absl::OkStatus();
    }
    return inner_->Produce(record);
  }
  absl::StatusOr<FlushReport> Flush(absl::Duration timeout) override {
    if (faults_->Strikes(Fault::kFlush)) return TimedOut("flush timed out");
    auto report = inner_->Flush(timeout);
    if (!report.ok() || lost_ == 0) return report;
    report->failed += lost_;
    if (report->first_error.ok()) report->first_error = TimedOut("record was lost");
    return report;
  }
  absl::Status SendOffsets(const std::vector<PartitionOffset>& offsets, const GroupMetadata& group,
                           absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    if (faults_->Strikes(Fault::kSendOffsets)) return TimedOut("send offsets timed out");
    if (faults_->Strikes(Fault::kSendOffsetsFenced)) {
      return Error(ErrorKind::kFenced, "illegal generation");
    }
    return inner_->SendOffsets(offsets, group, timeout);
  }
  absl::Status Commit(absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    if (faults_->Strikes(Fault::kCommitLostRequest)) return TimedOut("commit timed out");
    if (faults_->Strikes(Fault::kCommitFenced)) return Error(ErrorKind::kFenced, "fenced");
    const absl::Status status = inner_->Commit(timeout);
    if (faults_->Strikes(Fault::kCommitLostAnswer)) return TimedOut("commit timed out");
    return status;
  }

 private:
  const std::unique_ptr<TransactionalProducer> inner_;
  const SwitchPtr faults_;
  size_t lost_ = 0;
};

template <typename SwitchPtr>
class BreakableProducer final : public IdempotentProducer {
 public:
  BreakableProducer(std::unique_ptr<IdempotentProducer> inner, SwitchPtr faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  ~BreakableProducer() override { Fail(); }

  absl::Status Produce(const OutRecord& record, DeliveryCallback callback) override {
    if (faults_->Strikes(Fault::kSendFatal)) {
      absl::MutexLock lock(&mutex_);
      fatal_ = Error(ErrorKind::kFatal, "producer is dead");
      failed_.push_back(std::move(callback));
      return absl::OkStatus();
    }
    if (!faults_->Up().ok() || faults_->Strikes(Fault::kSendLost)) {
      absl::MutexLock lock(&mutex_);
      failed_.push_back(std::move(callback));
      return absl::OkStatus();
    }
    if (faults_->Strikes(Fault::kSend)) {
      callback = [callback = std::move(callback)](const absl::StatusOr<Delivered>&) {
        callback(Error(ErrorKind::kRetriable, "answer was lost"));
      };
    }
    return inner_->Produce(record, std::move(callback));
  }
  void Poll(absl::Duration timeout) override {
    inner_->Poll(Fail() ? absl::ZeroDuration() : timeout);
  }
  absl::Status Fatal() const override {
    absl::MutexLock lock(&mutex_);
    return fatal_.ok() ? inner_->Fatal() : fatal_;
  }

 private:
  // Runs the callbacks of lost records; true when there were any.
  bool Fail() {
    std::vector<DeliveryCallback> failed;
    {
      absl::MutexLock lock(&mutex_);
      failed.swap(failed_);
    }
    for (DeliveryCallback& each : failed) each(Error(ErrorKind::kRetriable, "record was lost"));
    return !failed.empty();
  }

  const std::unique_ptr<IdempotentProducer> inner_;
  const SwitchPtr faults_;
  mutable absl::Mutex mutex_;
  absl::Status fatal_ ABSL_GUARDED_BY(mutex_);
  std::vector<DeliveryCallback> failed_ ABSL_GUARDED_BY(mutex_);
};

template <typename SwitchPtr>
class BreakableReader final : public Reader {
 public:
  BreakableReader(std::unique_ptr<Reader> inner, SwitchPtr faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  absl::Status Assign(const std::vector<PartitionOffset>& positions) override {
    return inner_->Assign(positions);
  }
  absl::StatusOr<Polled> Poll(absl::Duration timeout, size_t max_records) override {
    if (!faults_->Up().ok()) return Polled{};
    if (faults_->Strikes(Fault::kReaderPoll)) return Error(ErrorKind::kRetriable, "poll failed");
    return inner_->Poll(timeout, max_records);
  }
  absl::StatusOr<Watermarks> QueryWatermarks(const TopicPartition& partition,
                                             absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    return inner_->QueryWatermarks(partition, timeout);
  }
  absl::StatusOr<std::vector<PartitionOffset>> OffsetsForTime(
      const std::vector<TopicPartition>& partitions, int64_t time_ms,
      absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    return inner_->OffsetsForTime(partitions, time_ms, timeout);
  }

 private:
  const std::unique_ptr<Reader> inner_;
  const SwitchPtr faults_;
};

template <typename SwitchPtr>
class BreakableOffsets final : public GroupOffsets {
 public:
  BreakableOffsets(std::unique_ptr<GroupOffsets> inner, SwitchPtr faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  absl::StatusOr<std::vector<PartitionOffset>> Committed(
      const std::vector<TopicPartition>& partitions, absl::Duration timeout) override {
    if (absl::Status up = faults_->Up(); !up.ok()) return up;
    if (faults_->Strikes(Fault::kCommitted)) return TimedOut("committed timed out");
    return inner_->Committed(partitions, timeout);
  }

 private:
  const std::unique_ptr<GroupOffsets> inner_;
  const SwitchPtr faults_;
};

// Wraps what `made` holds in a Wrapper of the port.
template <template <typename> typename Wrapper, typename Port, typename SwitchPtr>
absl::StatusOr<std::unique_ptr<Port>> Wrap(absl::StatusOr<std::unique_ptr<Port>> made,
                                           SwitchPtr faults) {
  if (!made.ok()) return made;
  return std::unique_ptr<Port>(new Wrapper<SwitchPtr>(std::move(*made), std::move(faults)));
}

}  // namespace

BreakableBroker::BreakableBroker(Broker& inner)
    : inner_(inner), switch_(std::make_shared<Switch>()) {}
BreakableBroker::~BreakableBroker() = default;

void BreakableBroker::FailNext(Fault fault, int n) { switch_->FailNext(fault, n); }
void BreakableBroker::SetDown(bool down) { switch_->SetDown(down); }
int BreakableBroker::Struck(Fault fault) const { return switch_->Struck(fault); }

absl::StatusOr<std::unique_ptr<GroupConsumer>> BreakableBroker::MakeGroupConsumer(
    const GroupConsumerOptions& options) {
  return Wrap<BreakableConsumer>(inner_.MakeGroupConsumer(options), switch_);
}

absl::StatusOr<std::unique_ptr<TransactionalProducer>> BreakableBroker::MakeTransactionalProducer(
    const TransactionalProducerOptions& options) {
  return Wrap<BreakableTransaction>(inner_.MakeTransactionalProducer(options), switch_);
}

absl::StatusOr<std::unique_ptr<IdempotentProducer>> BreakableBroker::MakeIdempotentProducer(
    const IdempotentProducerOptions& options) {
  return Wrap<BreakableProducer>(inner_.MakeIdempotentProducer(options), switch_);
}

absl::StatusOr<std::unique_ptr<Reader>> BreakableBroker::MakeReader(Isolation isolation) {
  return Wrap<BreakableReader>(inner_.MakeReader(isolation), switch_);
}

absl::StatusOr<std::unique_ptr<GroupOffsets>> BreakableBroker::MakeGroupOffsets(
    const std::string& group) {
  return Wrap<BreakableOffsets>(inner_.MakeGroupOffsets(group), switch_);
}

absl::StatusOr<std::unique_ptr<Admin>> BreakableBroker::MakeAdmin() { return inner_.MakeAdmin(); }

}  // namespace plazo::kafka
