#pragma once

// policy check|show|diff|publish.

#include <absl/status/statusor.h>

#include <string>

#include "cli/command_line.h"
#include "cli/policy_file.h"
#include "cli/session.h"

namespace plazo::cli {

// The policy in force for a tenant, read from the directory topic. kNotFound when it has none.
struct ActivePolicy {
  int64_t revision = 0;
  PolicyFile file;
};
absl::StatusOr<ActivePolicy> ReadActivePolicy(kafka::Broker& broker, const Topics& topics,
                                              const std::string& tenant, absl::Duration timeout);

void AddPolicy(const Command& root, Session& session);

}  // namespace plazo::cli
