#pragma once

// What the handles of a FakeBroker share: the log with its transactions, and the groups. Private to
// fake/.
//
// Thread-safe: every public function takes the one lock. Waiting is the callers' business
// (WaitForChange).

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"

namespace plazo::kafka {

class FakeCluster {
 public:
  explicit FakeCluster(const Clock& clock) : clock_(clock) {}

  // Counts up with every change; a poller that found nothing waits until it moves on.
  uint64_t Version() const;
  void WaitForChange(uint64_t seen, absl::Duration timeout);

  // --- topics and plain writes (fake_log.cc)
  absl::Status CreateTopic(const TopicSpec& topic);
  absl::Status DeleteTopic(const std::string& topic);
  std::map<std::string, int32_t> ListTopics();
  absl::StatusOr<std::map<std::string, std::string>> Config(const std::string& topic);
  absl::Status SetConfig(const std::string& topic, std::map<std::string, std::string> config);
  // Errors: kNotFound, kInvalidArgument (partition, size).
  absl::StatusOr<Delivered> Append(const OutRecord& record);

  // --- reads (fake_log.cc)
  // Records from `next` on that a reader may see, at most `max`; moves `next` over what it may
  // never see.
  absl::Status Fetch(const TopicPartition& partition, Isolation isolation, size_t max,
                     int64_t& next, std::vector<Record>& records);
  absl::StatusOr<Watermarks> Marks(const TopicPartition& partition, Isolation isolation);
  absl::StatusOr<int64_t> OffsetForTime(const TopicPartition& partition, Isolation isolation,
                                        int64_t time_ms);
  int64_t LogEnd(const TopicPartition& partition);

  // --- transactions (fake_log.cc)
  int64_t InitProducer(const std::string& id, absl::Duration timeout);  // -> epoch
  absl::StatusOr<Delivered> AppendInTransaction(const std::string& id, int64_t epoch,
                                                const OutRecord& record);
  absl::Status AddOffsets(const std::string& id, int64_t epoch,
                          const std::vector<PartitionOffset>& offsets, const GroupMetadata& group);
  absl::Status EndTransaction(const std::string& id, int64_t epoch);

  // --- groups (fake_group.cc)
  struct Step {
    enum class Kind { kNothing, kRevoke, kAssign, kLost, kFenced } kind = Kind::kNothing;
    std::vector<TopicPartition> partitions;
  };
  // Returns the member's id.
  std::string Join(const GroupConsumerOptions& options, const std::vector<std::string>& topics);
  // What the member has to do next; to be asked again after doing it.
  Step Next(const std::string& group, const std::string& member);
  GroupMetadata Metadata(const std::string& group, const std::string& member);
  void Leave(const std::string& group, const std::string& member);
  void ExpireSessions();
  void MoveOffset(const std::string& group, const PartitionOffset& offset);
  absl::Status Commit(const GroupMetadata& metadata, const std::vector<PartitionOffset>& offsets);
  // nullopt while a transaction holds an offset of this partition.
  std::optional<int64_t> Committed(const std::string& group, const TopicPartition& partition);

 private:
  enum class Visibility { kVisible, kOpen, kNever };  // kNever: aborted, or a marker
  struct Entry {
    Record record;
    Visibility visibility = Visibility::kVisible;
    bool marker = false;
  };
  struct Log {
    std::vector<Entry> entries;
    std::set<int64_t> open;  // offsets of open transactions
    int64_t End() const { return static_cast<int64_t>(entries.size()); }
    int64_t StableEnd() const { return open.empty() ? End() : *open.begin(); }
  };
  struct Topic {
    std::vector<Log> partitions;
    std::map<std::string, std::string> config;
  };
  struct Transaction {
    std::vector<std::pair<TopicPartition, int64_t>> entries;
    std::vector<std::pair<std::string, PartitionOffset>> offsets;  // group, next offset
    absl::Duration started;
    bool open = false;
  };
  struct ProducerState {
    int64_t epoch = 0;
    absl::Duration timeout;
    Transaction transaction;
  };
  struct Member {
    std::string instance;
    std::vector<std::string> topics;
    std::vector<TopicPartition> assigned;
    int64_t holds_generation = -1;  // of the assignment it was told; -1: none
    bool revoking = false;          // giving up what it holds
    bool joined = false;            // ready for the assignment being prepared
    bool fenced = false;
    std::optional<absl::Duration> left;  // a static member that is gone, and since when
    absl::Duration session_timeout;
  };
  struct Group {
    int64_t generation = 0;
    bool preparing = false;
    std::map<std::string, Member> members;
    std::map<TopicPartition, int64_t> offsets;
  };

  absl::StatusOr<Log*> Find(const TopicPartition& partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Delivered> Write(const OutRecord& record, Visibility visibility)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<ProducerState*> Check(const std::string& id, int64_t epoch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(ProducerState& producer, bool commit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExpireTransactions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Prepare(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AssignIfJoined(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AssignRange(Group& group, const std::string& topic) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropExpired(Group& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckMember(const GroupMetadata& metadata, std::string& group)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Changed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { ++version_; }

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, ProducerState> producers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Group> groups_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_member_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace plazo::kafka
