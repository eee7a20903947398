#pragma once

// Remembers, in a small local file, which inputs were being processed when the process died, so
// that a record which kills it is found and refused instead of killing it for ever.
//
// A death during a batch makes all its inputs suspect; they are then processed one at a time. One
// that the process died over twice is undecidable. Only deaths within Enter..Leave count: a process
// killed while it talks to Kafka accuses nobody. Survives the process, not the machine (no fsync).
// Not thread-safe.

#include <absl/status/status.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/kafka/lane_processor.h"
#include "platform/kafka/record.h"

namespace plazo::kafka {

class PoisonFile {
 public:
  PoisonFile() = default;  // tracks nothing
  ~PoisonFile();
  PoisonFile(const PoisonFile&) = delete;
  PoisonFile& operator=(const PoisonFile&) = delete;

  // Reads what a former life left. On failure nothing is tracked.
  absl::Status Open(const std::string& path);

  InputMark MarkOf(const Record& input) const;
  // How many inputs, from the front, may be processed together (>= 1 unless there are none).
  size_t Together(std::span<const Record> inputs) const;
  void Enter(std::span<const Record> inputs);
  void Leave();
  // Inputs of the lane below `next` are done with for good.
  void Passed(int32_t lane, int64_t next);

 private:
  struct Suspects {
    int32_t lane = 0;
    int64_t first = 0;
    int64_t last = 0;
    int deaths = 0;
    bool Covers(const Record& input) const {
      return input.partition == lane && input.offset >= first && input.offset <= last;
    }
  };

  int DeathsOf(const Record& input) const;
  void Write(const std::vector<Suspects>& suspects);

  int file_ = -1;
  std::vector<Suspects> suspects_;
};

}  // namespace plazo::kafka
