#include "domain/core/topics.h"

#include <algorithm>

namespace plazo {
namespace {

using Config = std::vector<std::pair<std::string, std::string>>;

std::string Days(int64_t days) { return std::to_string(days * 24 * 3600 * 1000); }

Config Kept(const std::string& retention_ms, size_t max_bytes) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", retention_ms},
          {"max.message.bytes", std::to_string(max_bytes)}};
}

Config Compacted() {
  return {{"cleanup.policy", "compact"},
          {"segment.bytes", std::to_string(64 * 1024 * 1024)},
          {"segment.ms", std::to_string(3600 * 1000)},
          {"min.cleanable.dirty.ratio", "0.2"},
          {"max.compaction.lag.ms", std::to_string(30 * 60 * 1000)},
          {"delete.retention.ms", Days(3)},
          {"max.message.bytes", std::to_string(kMaxRecordBytes)}};
}

}  // namespace

std::vector<TopicSpec> TopicSpecs(const Topics& topics, int replicas) {
  std::vector<TopicSpec> specs = {
      {topics.inbound, Kept(Days(400), kMaxCommandBytes)},
      {topics.decisions, Kept("-1", kMaxRecordBytes)},
      {topics.tickets, Compacted()},
      {topics.directory, Compacted()},
      {topics.delivery, Kept(Days(7), kMaxRecordBytes)},
      {topics.sla, Kept(Days(400), kMaxRecordBytes)},
      {topics.dead_letters, Kept(Days(30), kMaxDeadLetterBytes)},
  };
  for (TopicSpec& spec : specs) {
    spec.config.emplace_back("min.insync.replicas", std::to_string(std::max(1, replicas - 1)));
    // Deadlines and lane time are judged on the broker's clock.
    spec.config.emplace_back("message.timestamp.type", "LogAppendTime");
  }
  return specs;
}

}  // namespace plazo
