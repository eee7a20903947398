#pragma once

// Conversations in Redis: one sorted set a ticket, score = offset of the decision on
// plazo.evt.tickets.v1, so that several writers and repeats do no harm. Disposable: the position
// lies beside the entries, so a wipe is noticed with the next write or read and the timelines are
// rebuilt from the log. Never silently short: while rebuilding, reads fail with kUnavailable.
//
// Keys (prefix first): `plazo:{d<p>}:next` STRING, next offset of partition p;
//                      `plazo:{d<p>}:t:<ticket id>` ZSET of serialised ConversationEntry, each
//                      behind 4 digits that count the entries of one decision.
//
// Handlers run on the projector's thread; Read from any.

#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/projector.h"
#include "platform/redis/endpoints.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::desk {

// What of a decision belongs into the conversation, in order. Texts of automatic entries are left
// to the reader.
std::vector<desk::v1::ConversationEntry> EntriesOf(const core::v1::Decision& decision);

class Timelines final : public kafka::ProjectorHandler {
 public:
  // `start` names where a rebuild of a partition begins: an offset, or kBeginning.
  using Start = std::function<absl::StatusOr<int64_t>(const kafka::TopicPartition&)>;
  Timelines(const redis::Endpoints& redis, const Clock& clock, std::string key_prefix, Start start);
  void Attach(kafka::Projector& projector) { projector_ = &projector; }

  // kUnavailable: Redis is not there, or the partition is being rebuilt.
  absl::StatusOr<std::vector<v1::ConversationEntry>> Read(int32_t partition,
                                                          const std::string& ticket_id) const;

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition>) override {}
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;
  void OnCaughtUp(const kafka::TopicPartition& partition) override;
  // Once a second: a wipe is noticed on an idle partition too.
  void OnIdle() override;

 private:
  std::string NextKey(int32_t partition) const;
  std::string TicketKey(int32_t partition, std::string_view ticket_id) const;
  // The stored position; nullopt after a wipe.
  absl::StatusOr<std::optional<int64_t>> Stored(int32_t partition) const;
  void SetRebuilding(int32_t partition, bool rebuilding);
  // What is stored is what we believe; otherwise believes it, or moves the cursor to where it
  // belongs and says false.
  absl::StatusOr<bool> InStep(const kafka::TopicPartition& partition);

  const redis::Endpoints& redis_;
  const Clock& clock_;
  const std::string prefix_;
  const Start start_;
  kafka::Projector* projector_ = nullptr;
  std::vector<kafka::TopicPartition> assigned_;
  std::map<int32_t, std::optional<int64_t>> believed_;  // stored position of each partition
  absl::Duration next_check_ = absl::ZeroDuration();
  mutable absl::Mutex mutex_;
  std::map<int32_t, bool> rebuilding_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::desk
