#pragma once

// The partitions a TransactionalLoop owns, or had and may get back, and what is fetched of them.
// Not thread-safe.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/kafka/record.h"

namespace plazo::kafka {

struct Lane {
  enum class Phase {
    kRunning,
    kWaiting,  // its next record lies too far in the future; not fetched until `wait_until_ms`
    kHalted,   // not fetched until it is assigned anew
    kParked,  // not ours at present; its state is kept, and good as long as nobody moves its offset
  };
  Phase phase = Phase::kRunning;
  int64_t committed = kNoOffset;  // the group's offset as we know it
  int64_t fetch_next = kBeginning;
  int64_t last_timestamp_ms = 0;  // of what was polled
  int64_t kept_timestamp_ms =
      0;  // of what was committed: the rest is polled again after a fresh start
  int64_t wait_until_ms = 0;
  bool went_back = false;  // alarmed already
};

using Lanes = std::map<int32_t, Lane>;

// Where to fetch the running lanes from.
inline std::vector<PartitionOffset> Positions(const Lanes& lanes, const std::string& topic) {
  std::vector<PartitionOffset> positions;
  for (const auto& [number, lane] : lanes) {
    if (lane.phase == Lane::Phase::kRunning) positions.push_back({topic, number, lane.fetch_next});
  }
  return positions;
}

inline int64_t Count(const Lanes& lanes, Lane::Phase phase) {
  int64_t count = 0;
  for (const auto& [number, lane] : lanes) count += lane.phase == phase ? 1 : 0;
  return count;
}

}  // namespace plazo::kafka
