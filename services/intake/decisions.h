#pragma once

// The router's decisions as they are written, for the calls that wait for theirs, and the last ones
// for GetAcceptedCommand. Reads every partition from its end.
//
// Thread-safe; handlers of Projector are called on its thread. A waiter is called exactly once, on
// that thread: with the decision, or with nullopt when its time is over.

#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "platform/base/clock.h"
#include "platform/base/string_map.h"
#include "platform/kafka/projector.h"
#include "plazo/core/v1/event.pb.h"

namespace plazo::intake {

using DecisionCallback = std::function<void(std::optional<core::v1::Decision>)>;

class Decisions final : public kafka::ProjectorHandler {
 public:
  static constexpr size_t kRemembered = 20'000;

  explicit Decisions(const Clock& clock) : clock_(clock) {}

  // Register before the command is sent, or its decision may pass unseen.
  // Gives the number to forget it by.
  uint64_t Await(const std::string& command_id, absl::Duration timeout, DecisionCallback callback);
  // The command was not accepted: its waiter is dropped, uncalled.
  void Forget(const std::string& command_id, uint64_t waiter);
  std::optional<core::v1::Decision> Find(std::string_view command_id) const;

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition> partitions) override;
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;
  void OnIdle() override;

 private:
  struct Waiter {
    uint64_t number;
    absl::Duration deadline;  // monotonic
    DecisionCallback callback;
  };
  void Take(const core::v1::Decision& decision);

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  std::multimap<std::string, Waiter, std::less<>> waiters_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_waiter_ ABSL_GUARDED_BY(mutex_) = 1;
  StringMap<core::v1::Decision> recent_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::intake
