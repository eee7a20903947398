#pragma once

// Consume, process, produce: exactly once. The only place that knows the order of the calls: poll,
// process on an overlay, begin, produce, flush and count, send offsets, commit, keep. Knows nothing
// of what it carries.
//
// Promise: whatever dies or answers late, every input's outputs become visible to read_committed
// exactly once, in input order per lane, and a lane's state is never ahead of or behind its group
// offset when its inputs are processed. A doubtful commit is resolved by the stable committed
// offsets; what cannot be resolved starts the loop afresh, in this process, with jittered back-off.
// A lane whose restored state contradicts its offset is halted and alarmed; the others go on.
//
// Thread-safety: Run and RunOnce on one thread; counters() from any. Lifetime: broker, clock and
// processor outlive it. Errors: none are returned; they are counted and alarmed.

#include <absl/time/time.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"
#include "platform/kafka/lane_processor.h"

namespace plazo::kafka {

struct TransactionalLoopOptions {
  std::string input_topic;
  std::string group;
  std::string instance;                   // transactional.id and group.instance.id
  std::vector<std::string> state_topics;  // restored from, partition number = lane
  std::vector<std::string>
      output_topics;  // metadata asked before the first transaction; include state topics
  std::map<std::string, size_t>
      max_record_bytes;  // per output topic; others: default_max_record_bytes
  size_t default_max_record_bytes = 1'000'000;
  size_t max_batch_inputs = 4000;
  size_t max_batch_output_bytes = size_t{4} << 20;
  absl::Duration pace = absl::Milliseconds(3);  // commit to next begin; zero under a manual clock
  absl::Duration poll_timeout = absl::Milliseconds(100);
  absl::Duration call_timeout = absl::Seconds(10);  // init, flush, send offsets, commit, committed
  absl::Duration session_timeout = absl::Seconds(30);
  absl::Duration transaction_timeout = absl::Seconds(8);
  absl::Duration max_ahead = absl::Seconds(60);  // records further ahead of our clock wait
  absl::Duration max_back =
      absl::Seconds(1);  // a lane's records further back than this are alarmed
  absl::Duration restore_stall = absl::Seconds(30);  // without any progress: start afresh
  absl::Duration min_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(10);
  // Local file that survives the process and tells at which inputs it died while processing; empty:
  // do not track.
  std::string poison_file;
};

struct LoopCounters {
  std::atomic<uint64_t> transactions{0};  // committed
  std::atomic<uint64_t> inputs{0};        // in committed transactions
  std::atomic<uint64_t> outputs{0};
  std::atomic<uint64_t> doubts{0};
  std::atomic<uint64_t> doubts_committed{0};  // resolved as committed
  std::atomic<uint64_t> doubts_aborted{0};    // resolved as aborted
  std::atomic<uint64_t> fresh_starts{0};      // the first start not counted
  std::atomic<uint64_t> restores{0};
  std::atomic<uint64_t> restore_ms{0};  // sum
  std::atomic<uint64_t> undecidable{0};
  std::atomic<uint64_t> too_large{0};
  std::atomic<int64_t> lanes{0};  // owned and running
  std::atomic<int64_t> halted_lanes{0};
  std::atomic<int64_t> waiting_lanes{0};  // records ahead of our clock
  std::atomic<int64_t> last_batch_inputs{0};
  std::atomic<int64_t> last_progress_ms{0};  // wall time of the last commit or idle poll
};

enum class AlarmKind {
  kLaneHalted,      // restored state contradicts the offset, or an output can never be produced
  kRecordAhead,     // a record lies more than max_ahead in the future
  kTimeWentBack,    // broker time of a lane jumped back by more than max_back
  kUndecidable,     // an input was refused because the process died twice over it
  kInputTooLarge,   // an input was refused because of the size of its outputs
  kDoubt,           // a transaction's fate is unknown; it is being resolved
  kStartedAfresh,   // with the reason
  kInstanceFenced,  // another process uses our static id
  kPoisonFile,  // the local file is unusable: a record that kills the process would do so for ever
};

struct Alarm {
  AlarmKind kind;
  int32_t lane = -1;  // -1: all
  std::string text;   // never customer text
};

class TransactionalLoop {
 public:
  TransactionalLoop(Broker& broker, const Clock& clock, LaneProcessor& processor,
                    TransactionalLoopOptions options, std::function<void(const Alarm&)> alarm);
  ~TransactionalLoop();
  TransactionalLoop(const TransactionalLoop&) = delete;
  TransactionalLoop& operator=(const TransactionalLoop&) = delete;

  // Until `stop`; then finishes or drops the batch at hand and leaves.
  void Run(std::stop_token stop);
  // One step: starts when need be, polls for at most `wait`, runs at most one transaction. For
  // tests that pump several loops on one thread. Returns true when it committed or changed its
  // state, false when there was nothing to do.
  bool RunOnce(absl::Duration wait = absl::ZeroDuration());

  // True while subscribed, without doubt at hand.
  bool Running() const;
  const LoopCounters& counters() const;

 private:
  class State;
  const absl::Duration wait_;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::kafka
