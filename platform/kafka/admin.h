#pragma once

// Topics: made, listed, configured.
// Thread-safety, lifetime and errors: see broker.h.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <map>
#include <string>
#include <vector>

#include "platform/kafka/record.h"

namespace plazo::kafka {

struct TopicSpec {
  std::string name;
  int32_t partitions = 1;
  int32_t replication = 1;
  std::map<std::string, std::string> config;
};

class Admin {
 public:
  virtual ~Admin() = default;
  // kAlreadyExists when there is a topic of that name.
  virtual absl::Status CreateTopic(const TopicSpec& topic, absl::Duration timeout) = 0;
  // Name -> partition count, internal topics left out.
  virtual absl::StatusOr<std::map<std::string, int32_t>> ListTopics(absl::Duration timeout) = 0;
  // The settings that differ from the broker's defaults. kNotFound when there is no such topic.
  virtual absl::StatusOr<std::map<std::string, std::string>> TopicConfig(
      const std::string& topic, absl::Duration timeout) = 0;
  // Replaces all settings of the topic; those not named go back to the broker's defaults.
  virtual absl::Status SetTopicConfig(const std::string& topic,
                                      const std::map<std::string, std::string>& config,
                                      absl::Duration timeout) = 0;
  virtual absl::Status DeleteTopic(const std::string& topic, absl::Duration timeout) = 0;
};

}  // namespace plazo::kafka
