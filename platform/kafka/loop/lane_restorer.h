#pragma once

// Fills lanes from their state topics: committed offset (stable) first, then the high watermarks
// (read_uncommitted), then everything committed from the beginning until the end reported has
// passed those marks. Restores several lanes at a time, blocking. Not thread-safe; everything given
// outlives it.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"
#include "platform/kafka/lane_processor.h"

namespace plazo::kafka {

class LaneRestorer {
 public:
  struct Options {
    std::vector<std::string> state_topics;
    absl::Duration call_timeout;
    absl::Duration stall;  // give up after so long without progress
  };

  LaneRestorer(Broker& broker, const Clock& clock, LaneProcessor& processor, Options options);

  // The group's stable offsets of these lanes of `topic`, asked again while they are unstable: a
  // transaction of a dead process that holds some ends within its timeout.
  absl::StatusOr<std::map<int32_t, int64_t>> Committed(const std::string& group,
                                                       const std::string& topic,
                                                       const std::vector<int32_t>& lanes);

  // Restores lanes to their committed offsets. Returns what FinishRestore said of each; an error
  // when the state could not be read: then none is to be used.
  absl::StatusOr<std::map<int32_t, absl::Status>> Restore(
      const std::map<int32_t, int64_t>& committed);

 private:
  using Marks = std::map<TopicPartition, int64_t>;

  absl::StatusOr<Marks> AskMarks(const std::map<int32_t, int64_t>& lanes);
  absl::Status ReadTo(Marks marks);

  Broker& broker_;
  const Clock& clock_;
  LaneProcessor& processor_;
  const Options options_;
};

}  // namespace plazo::kafka
