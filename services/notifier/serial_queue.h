#pragma once

// Jobs with keys: of all jobs that share a key one at a time is handed out, in the order in which
// they were added; jobs without a common key do not wait for each other (I12).
//
// Not thread-safe. Times are monotonic.

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/string_map.h"

namespace plazo::notifier {

class SerialQueue {
 public:
  // Requires an id never used before, and keys without repeats.
  void Add(uint64_t id, std::vector<std::string> keys);
  // A job whose turn has come; it holds its keys until Finish or Postpone.
  std::optional<uint64_t> Take(absl::Duration now);
  // A job taken: its keys go to the next ones.
  void Finish(uint64_t id);
  // A job taken: it keeps its place and is handed out again from `until` on.
  void Postpone(uint64_t id, absl::Duration until);
  // Forgets a job that is not taken; false for one that is, or is not known.
  bool Remove(uint64_t id);

  size_t size() const { return jobs_.size(); }
  // Jobs with this key, those taken included.
  size_t Depth(std::string_view key) const;
  // When Take may have something: InfinitePast now, InfiniteDuration while nothing is waiting.
  absl::Duration NextTurn() const;

 private:
  struct Job {
    std::vector<std::string> keys;
    size_t behind = 0;  // keys of which another job comes first
    absl::Duration not_before = -absl::InfiniteDuration();
    bool taken = false;
  };

  void Forget(uint64_t id);

  absl::flat_hash_map<uint64_t, Job> jobs_;
  StringMap<std::deque<uint64_t>> lines_;  // by key, in order
  std::set<std::pair<absl::Duration, uint64_t>> ready_;
};

}  // namespace plazo::notifier
