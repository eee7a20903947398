#pragma once

// All checks over a running or resting cluster. Reads only.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <string>
#include <vector>

#include "cli/verify/checks.h"
#include "cli/verify/index_reading.h"
#include "platform/kafka/broker.h"

namespace plazo::cli {

struct VerifyOptions {
  std::string prefix;             // of topics, groups and Redis keys
  std::vector<std::string> skip;  // ids of checks
  absl::Duration call_timeout = absl::Seconds(10);
  // How long index and desk may take to catch up with the log.
  absl::Duration catch_up = absl::Seconds(10);
  DeadlineOptions deadlines;
  InboxOptions inbox;

  // What is there to be looked at besides the log; empty = not looked at.
  DeadlineIndexReader* index = nullptr;
  ListTickets desk;
  std::string inbox_folder, journal;
};

// kUnavailable and the like when the log could not be read. A part beside the log that could not be
// read fails its own check.
absl::StatusOr<std::vector<Check>> Verify(kafka::Broker& broker, const VerifyOptions& options);

}  // namespace plazo::cli
