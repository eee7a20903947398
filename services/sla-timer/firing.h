#pragma once

// "This deadline has come", as a command to the router. Pure.

#include <absl/time/time.h>

#include <cstdint>
#include <string>

#include "platform/kafka/record.h"

namespace plazo::sla_timer {

enum class FiringCause {
  kDue,          // it has come
  kUndelivered,  // the attempt before may not have been written
  kUnchanged,    // the router has decided the attempt before, and the deadline is still there
};

struct Firing {
  int32_t partition = 0;
  std::string aggregate;
  std::string deadline_id;
  int64_t due_ms = 0;
  int attempt = 0;  // 0 = the first
  FiringCause cause = FiringCause::kDue;
  uint64_t token = 0;  // names this attempt among those of its lane
};

// The record for `topic`. Its id follows from aggregate, deadline, due time and attempt: a
// restarted process makes the same one.
kafka::OutRecord MakeTimerFired(const std::string& topic, const Firing& firing, absl::Time now);

}  // namespace plazo::sla_timer
