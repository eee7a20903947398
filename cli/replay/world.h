#pragma once

// One provider's history as it would have gone under one policy: recorded commands are decided
// again by a router in memory, lane by lane. What people did stays as it was recorded. What
// machines did is made anew, as it follows from the decisions: timers fire on time, and every mail
// reaches the relay kRelayDelay after it was asked for. So two worlds differ in what their policies
// do, and in nothing else.
//
// Touches nothing outside. One owner, one thread. Memory: the tickets of one lane.

#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "cli/policy_file.h"
#include "domain/calendar/zone.h"
#include "domain/core/topics.h"
#include "platform/base/sha256.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/core/v1/delivery.pb.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/core/v1/state.pb.h"
#include "services/router/router.h"

namespace plazo::cli {

inline constexpr absl::Duration kRelayDelay = absl::Seconds(2);
inline constexpr int kHoursOfWeek = 7 * 24;

// A promise that somebody has to answer: who, and at which time of the week it came (hours since
// Monday 00:00 on the policy's clock).
struct WorkItem {
  std::string team;
  int hour_of_week = 0;
};

struct ClockOutcome {
  int64_t due_ms = 0;  // of its first promise; 0 = none
  int met = 0, warned = 0, breached = 0;
};

struct TicketOutcome {
  std::string case_number;
  int64_t opened_ms = 0;
  // As it was routed when it was opened: "billing, level 2".
  std::string route;
  std::string reading;  // "impact high, complex"
  std::map<core::v1::ClockKind, ClockOutcome> clocks;
  std::vector<WorkItem> work;
};

class World {
 public:
  // `policy`: in force instead of every one that was activated; nullptr = as recorded. `zone` tells
  // the time of the week. Both outlive the world.
  World(const Topics& topics, std::string tenant, const PolicyFile* policy,
        const calendar::Zone& zone);

  void BeginLane(int32_t lane);
  // A recorded command, at `timestamp_ms`; before it, everything machines would have done by then.
  void Replay(const core::v1::Command& command, int64_t timestamp_ms);
  void RunUntil(int64_t timestamp_ms);
  // What became of each ticket of the lane, by its key. Ends the lane.
  std::map<std::string, TicketOutcome> EndLane();

  // Of all outputs so far, byte for byte: equal for equal histories under equal policies. Hex.
  std::string Finish();

 private:
  using Timer = std::tuple<int64_t, std::string, std::string>;  // due ms, aggregate, deadline id

  void Decide(const core::v1::Command& command, int64_t timestamp_ms);
  void Observe(const kafka::OutRecord& record, int64_t timestamp_ms);
  void ObserveTicket(const std::string& key, const core::v1::TicketState& ticket);
  void ArmAgain(const std::string& key, const core::v1::TicketState& ticket);
  void Fire(const Timer& timer);
  void Report(const std::string& aggregate, const core::v1::DeliveryIntent& intent, int64_t at_ms);

  const Topics topics_;
  const std::string tenant_;
  const PolicyFile* const policy_;
  const calendar::Zone& zone_;
  router::Router router_;
  Sha256Hasher outputs_;

  int32_t lane_ = 0;
  int64_t next_offset_ = 0;
  std::set<Timer> timers_;
  std::map<std::string, std::set<Timer>>
      armed_;  // by aggregate; what has fired stays until it moves
  std::multimap<int64_t, std::pair<std::string, core::v1::DeliveryIntent>> mails_;
  std::map<std::string, TicketOutcome> tickets_;
  std::map<std::pair<std::string, core::v1::ClockKind>, int64_t> last_started_;
};

}  // namespace plazo::cli
