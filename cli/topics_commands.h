#pragma once

// topics apply|list: the topics of the log, made and kept as domain/core/topics.h says.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <ostream>

#include "cli/command_line.h"
#include "cli/session.h"
#include "platform/kafka/broker.h"

namespace plazo::cli {

struct TopicsOptions {
  int replicas = 1;
  absl::Duration timeout = absl::Seconds(60);
};

// Makes what is missing, sets what differs, and returns once every topic is there with all its
// partitions. Idempotent. kFailedPrecondition when a topic has another number of partitions: that
// is never changed, state is keyed.
absl::Status ApplyTopics(kafka::Broker& broker, const Topics& topics, const TopicsOptions& options,
                         std::ostream& out);

void AddTopics(const Command& root, Session& session);

}  // namespace plazo::cli
