#pragma once

// Turns what was decided about one input into records. Output partition = input partition, except
// for commands to other aggregates. Headers let any consumer prove exactly-once: x-origin is
// unique per output and the same after every replay.

#include "domain/core/effects.h"
#include "domain/core/topics.h"
#include "platform/kafka/lane_processor.h"

namespace plazo::router {

class OutputWriter {
 public:
  // `next` numbers the outputs of the input, over all its writers.
  OutputWriter(const Topics& topics, const kafka::Record& input, size_t index, int& next,
               kafka::BatchOutput& output)
      : topics_(topics), input_(input), index_(index), next_(next), output_(output) {}

  void WriteEffects(const Effects& effects, absl::Time now);
  void WriteDeadLetter(std::string_view error);
  // nullptr = tombstone.
  void WriteState(const std::string& topic, const std::string& key,
                  const core::v1::StateRecord* record, absl::Time now);

  size_t bytes() const { return bytes_; }

 private:
  void Write(const std::string& topic, int32_t partition, const std::string& key,
             const google::protobuf::Message* value, std::string_view type, absl::Time now,
             const std::string& tenant, std::vector<kafka::Header> extra);

  const Topics& topics_;
  const kafka::Record& input_;
  size_t index_;
  int& next_;
  kafka::BatchOutput& output_;
  size_t bytes_ = 0;
};

}  // namespace plazo::router
