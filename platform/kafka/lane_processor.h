#pragma once

// What TransactionalLoop drives: the owner of the lanes' state, which turns inputs into outputs. A
// lane is the state of one input partition and has its number. State is a function of the lane's
// next input offset.
//
// All calls come from the loop's thread, one at a time. A lane is restored (Begin, records, Finish)
// or was parked (kept in memory after its partition was taken away) before Process sees its inputs.
// Process works on an overlay that is always followed by exactly one Keep or Drop before the next
// Process. Never fails: what cannot be decided is refused in the output.

#include <absl/status/status.h>

#include <cstdint>
#include <span>
#include <vector>

#include "platform/kafka/record.h"

namespace plazo::kafka {

enum class InputMark : uint8_t {
  kNone,
  kUndecidable,  // the process died twice while it processed this input: refuse it without looking
                 // inside
  kTooLarge,     // an output it caused exceeds its topic's limit: refuse it
};

struct BatchHints {
  std::span<const InputMark> marks;  // as many as there are inputs
  size_t max_output_bytes = 0;       // stop early once the outputs' SizeBound has passed this
};

struct BatchOutput {
  struct Item {
    OutRecord record;
    // The (last) input, as an index into the batch, that caused this record: the one to be refused
    // if it is too large.
    size_t input = 0;
  };
  std::vector<Item> items;  // in the order in which they are produced
  // How many inputs, from the front, the outputs cover: all of them unless the output grew too
  // large. At least 1.
  size_t consumed = 0;
};

class LaneProcessor {
 public:
  virtual ~LaneProcessor() = default;

  // Restore: forgets what the lane held, takes the records of its state topics (in order per topic;
  // tombstones included), then checks. FinishRestore fails when the lane's next offset is not
  // `committed` (kNoOffset: the group never committed) or its key counts do not match; the lane is
  // then halted.
  virtual void BeginRestore(int32_t lane) = 0;
  virtual void RestoreRecord(int32_t lane, const Record& record) = 0;
  virtual absl::Status FinishRestore(int32_t lane, int64_t committed) = 0;
  virtual void ForgetLane(int32_t lane) = 0;

  // The next input offset of a lane in memory; kNoOffset when it is not held, or held and still at
  // the very beginning of its topic.
  virtual int64_t NextOffset(int32_t lane) = 0;

  // Inputs of several lanes, each lane's in offset order and none below NextOffset (I1).
  virtual BatchOutput Process(std::span<const Record> inputs, const BatchHints& hints) = 0;
  virtual void Keep() = 0;  // the overlay becomes the state
  virtual void Drop() = 0;  // as if Process had not been called
};

}  // namespace plazo::kafka
