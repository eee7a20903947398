#include "platform/kafka/table.h"

#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <unordered_map>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/projector.h"

namespace plazo::kafka {
namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
};
using Entries = std::unordered_map<std::string, TableEntry, Hash, std::equal_to<>>;

struct Partition {
  Entries entries;
  int64_t next = 0;
};

}  // namespace

class Table::State final : public ProjectorHandler {
 public:
  State(Broker& broker, const Clock& clock, TableOptions options)
      : broker_(broker),
        options_(std::move(options)),
        projector_(broker, clock, *this,
                   {.topics = {options_.topic},
                    .poll_timeout = options_.poll_timeout,
                    .call_timeout = options_.call_timeout}) {}

  Projector& projector() { return projector_; }

  void Listen(std::function<void(const TableChange&)> listener) {
    listeners_.push_back(std::move(listener));
  }

  bool Ready() const { return ready_; }

  std::optional<TableEntry> Get(std::string_view key) const {
    absl::ReaderMutexLock lock(&mutex_);
    for (auto each = partitions_.rbegin(); each != partitions_.rend(); ++each) {
      const auto found = each->second.entries.find(key);
      if (found != each->second.entries.end()) return found->second;
    }
    return std::nullopt;
  }

  std::optional<TableEntry> Get(int32_t partition, std::string_view key) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto holder = partitions_.find(partition);
    if (holder == partitions_.end()) return std::nullopt;
    const auto found = holder->second.entries.find(key);
    if (found == holder->second.entries.end()) return std::nullopt;
    return found->second;
  }

  void ForEach(const std::function<void(std::string_view, const TableEntry&)>& visit) const {
    absl::ReaderMutexLock lock(&mutex_);
    for (const auto& [number, partition] : partitions_) {
      for (const auto& [key, entry] : partition.entries) visit(key, entry);
    }
  }

  size_t size() const {
    absl::ReaderMutexLock lock(&mutex_);
    size_t size = 0;
    for (const auto& [number, partition] : partitions_) size += partition.entries.size();
    return size;
  }

  std::vector<PartitionOffset> Position() const {
    absl::ReaderMutexLock lock(&mutex_);
    std::vector<PartitionOffset> position;
    for (const auto& [number, partition] : partitions_) {
      position.push_back({options_.topic, number, partition.next});
    }
    return position;
  }

  // One reader for all who ask, made when first needed and again after a failure.
  absl::StatusOr<std::vector<PartitionOffset>> AskEnds(absl::Duration timeout) {
    std::vector<TopicPartition> partitions;
    for (const PartitionOffset& each : Position()) partitions.push_back(each.Partition());
    if (partitions.empty())
      return Unavailable("the partitions of " + options_.topic + " are unknown");
    absl::MutexLock lock(&asking_);
    if (!asker_) {
      // A transaction whose commit somebody has seen may still lack its marker in this topic: only
      // the high watermark is past it for sure.
      auto made = broker_.MakeReader(Isolation::kReadUncommitted);
      if (!made.ok()) return made.status();
      asker_ = std::move(*made);
    }
    auto ends = asker_->OffsetsForTime(partitions, kEnd, timeout);
    if (!ends.ok()) asker_.reset();
    return ends;
  }

  absl::Status WaitUntilPast(const std::vector<PartitionOffset>& offsets, absl::Duration timeout) {
    absl::MutexLock lock(&mutex_);
    const auto past = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return std::ranges::all_of(offsets, [&](const PartitionOffset& each) {
        const auto found = partitions_.find(each.partition);
        return found != partitions_.end() && found->second.next >= each.offset;
      });
    };
    if (mutex_.AwaitWithTimeout(absl::Condition(&past), timeout)) return absl::OkStatus();
    return absl::DeadlineExceededError("the table of " + options_.topic + " lags behind");
  }

  absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(
      std::span<const TopicPartition> partitions) override {
    absl::MutexLock lock(&mutex_);
    std::vector<PartitionOffset> starts;
    for (const TopicPartition& each : partitions) {
      // After an outage it goes on from where it was.
      const int64_t next = partitions_[each.partition].next;
      starts.push_back({each.topic, each.partition, next == 0 ? kBeginning : next});
    }
    return starts;
  }

  void OnRevoked(std::span<const TopicPartition>) override {}

  // The topic was made anew or cut: what we have may be gone.
  int64_t OnOutOfRange(const TopicPartition& partition, int64_t, const Watermarks&) override {
    absl::MutexLock lock(&mutex_);
    partitions_[partition.partition] = {};
    return kBeginning;
  }

  // One by one, so that a listener finds the table as of its change. The position moves last: who
  // waits for it may count on what the listeners made of the record.
  absl::Status OnRecords(const TopicPartition&, std::span<const Record> records) override {
    for (const Record& record : records) {
      {
        absl::MutexLock lock(&mutex_);
        Apply(record);
      }
      for (const auto& listener : listeners_) listener({record, ready_});
      absl::MutexLock lock(&mutex_);
      partitions_[record.partition].next = record.offset + 1;
    }
    return absl::OkStatus();
  }

  void OnEnd(const TopicPartition& partition, int64_t next) override {
    absl::MutexLock lock(&mutex_);
    int64_t& position = partitions_[partition.partition].next;
    position = std::max(position, next);
  }

  absl::Duration poll_timeout() const { return options_.poll_timeout; }

  void NoteReady() {
    if (!ready_ && projector_.CaughtUp()) ready_ = true;
  }

 private:
  void Apply(const Record& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Partition& partition = partitions_[record.partition];
    if (!record.value) {
      partition.entries.erase(record.key);
      return;
    }
    partition.entries[record.key] = {std::make_shared<const std::string>(*record.value),
                                     record.partition, record.offset, record.timestamp_ms};
  }

  Broker& broker_;
  const TableOptions options_;
  std::vector<std::function<void(const TableChange&)>> listeners_;
  std::atomic<bool> ready_{false};
  mutable absl::Mutex mutex_;
  std::map<int32_t, Partition> partitions_ ABSL_GUARDED_BY(mutex_);
  absl::Mutex asking_;
  std::unique_ptr<Reader> asker_ ABSL_GUARDED_BY(asking_);
  Projector projector_;  // last: calls us until it is gone
};

Table::Table(Broker& broker, const Clock& clock, TableOptions options)
    : state_(std::make_unique<State>(broker, clock, std::move(options))) {}
Table::~Table() = default;

void Table::Run(std::stop_token stop) {
  while (!stop.stop_requested()) RunOnce(state_->poll_timeout());
}

bool Table::RunOnce(absl::Duration wait) {
  const bool did = state_->projector().RunOnce(wait);
  state_->NoteReady();
  return did;
}

void Table::Listen(std::function<void(const TableChange&)> listener) {
  state_->Listen(std::move(listener));
}
bool Table::Ready() const { return state_->Ready(); }
std::optional<TableEntry> Table::Get(std::string_view key) const { return state_->Get(key); }
std::optional<TableEntry> Table::Get(int32_t partition, std::string_view key) const {
  return state_->Get(partition, key);
}
void Table::ForEach(
    const std::function<void(std::string_view key, const TableEntry&)>& visit) const {
  state_->ForEach(visit);
}
size_t Table::size() const { return state_->size(); }
std::vector<PartitionOffset> Table::Position() const { return state_->Position(); }
absl::StatusOr<std::vector<PartitionOffset>> Table::AskEnds(absl::Duration timeout) {
  return state_->AskEnds(timeout);
}
absl::Status Table::WaitUntilPast(const std::vector<PartitionOffset>& offsets,
                                  absl::Duration timeout) {
  return state_->WaitUntilPast(offsets, timeout);
}

}  // namespace plazo::kafka
