#pragma once

// The last value of one key of a compacted topic, read now: for commands that look once.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <optional>
#include <string>

#include "platform/kafka/broker.h"

namespace plazo::cli {

// read_committed, up to the end as seen now. nullopt = the key is not there. kDeadlineExceeded when
// the end was not reached in time.
absl::StatusOr<std::optional<std::string>> LastValue(kafka::Broker& broker,
                                                     const kafka::TopicPartition& partition,
                                                     const std::string& key,
                                                     absl::Duration timeout);

}  // namespace plazo::cli
