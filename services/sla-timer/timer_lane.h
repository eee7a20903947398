#pragma once

// The timer of one partition: keeps its part of the deadline index equal to plazo.state.tickets and
// says which deadlines are to be fired now. It reads no topic and writes none: records come in,
// firings and wishes about the cursor go out.
//
// Life: Assign (take over, find where to begin) -> Take/CaughtUp/AtEnd/Pump ... -> Park (the
// partition was taken away; what is in flight is kept in case nobody else had it until the next
// Assign). A lane fires only when it is live: assigned, caught up, and standing in the index where
// the index says it stands.
//
// After every call ask TakeMove and TakeReplaced, and do what they say. One owner, one thread.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/record.h"
#include "services/sla-timer/broker_time.h"
#include "services/sla-timer/deadline_index.h"
#include "services/sla-timer/in_flight.h"
#include "services/sla-timer/state_change.h"
#include "services/sla-timer/timer_metrics.h"

namespace plazo::sla_timer {

struct LaneOptions {
  size_t max_in_flight = 512;
  size_t max_apply_records = 200;
  absl::Duration check_interval = absl::Seconds(1);
};

// What all lanes of a process share. Outlives them.
struct LaneWorld {
  DeadlineIndex& index;
  const Clock& clock;
  const BrokerTime& broker_time;
  TimerMetrics& metrics;
  LaneOptions options;
};

class TimerLane {
 public:
  TimerLane(const LaneWorld& world, int32_t partition);

  // Takes the partition over in the index. Gives the offset to read from, or kafka::kBeginning.
  absl::StatusOr<int64_t> Assign();
  // The log does not reach to the offset that the index told, or begins behind it. Gives where to
  // read from instead.
  int64_t OutOfRange();
  void Park();

  // Records in offset order. Not OK: give the same ones again later (after a move, those from
  // there).
  absl::Status Take(std::span<const kafka::Record> records);
  // The end seen when reading began (or was moved) has been passed.
  void CaughtUp();
  // Nothing was left unread before `next`.
  void AtEnd(int64_t next);

  // Looks after the index where that is due, and gives the firings to be sent now. Each must be
  // followed by Written or Failed.
  std::vector<Firing> Pump();
  void Written(const Firing& firing, int64_t offset);
  void Failed(const Firing& firing);
  // How long Pump has nothing to do, if no record and no report comes.
  absl::Duration UntilPump() const;

  // Where reading must continue; once.
  std::optional<int64_t> TakeMove() { return std::exchange(move_to_, std::nullopt); }
  // The partition has another owner: join the group again; once.
  bool TakeReplaced() { return std::exchange(tell_replaced_, false); }

  bool assigned() const { return assigned_; }
  bool live() const { return assigned_ && caught_up_ && !replaced_ && !reset_pending_; }
  size_t in_flight() const { return in_flight_.size(); }

 private:
  absl::Status Ready();
  absl::Status Judge(const IndexState& state);
  absl::Status Rebuild(observability::Counter& reason, std::string_view why);
  absl::Status FinishReset();
  absl::Status GoBack(const IndexState& state);
  absl::Status ApplySome(std::span<const StateChange> changes);
  absl::Status Failing(const absl::Status& status, std::string_view what);
  void Remember(const StateChange& change);
  void Disbelieve();
  void Stand(const IndexState& state);
  void CheckIndex();
  void ReadDue(std::vector<Firing>& firings);

  const LaneWorld& world_;
  const int32_t partition_;
  observability::Gauge& pending_gauge_;
  observability::Gauge& in_flight_gauge_;

  Owner owner_;
  bool assigned_ = false;
  bool replaced_ = false;
  bool tell_replaced_ = false;
  bool caught_up_ = false;
  bool reset_pending_ = false;
  std::optional<int64_t> move_to_;

  // What the index holds, as far as we know: everything below cursor_, so many entries.
  int64_t cursor_ = 0;
  int64_t deadlines_ = 0;
  int64_t aggregates_ = 0;

  // What we have learnt from the log itself; a wipe or rollback of the index does not touch it.
  int64_t seen_ = 0;     // every record below was looked at
  int64_t decided_ = 0;  // the router's progress, all records of that transaction seen
  int64_t next_decided_ = 0;
  InFlight in_flight_;

  int64_t next_due_ms_;  // nothing in the index that is not in flight is due before
  absl::Duration next_check_ = absl::ZeroDuration();
  absl::Duration retry_due_ = absl::ZeroDuration();
};

}  // namespace plazo::sla_timer
