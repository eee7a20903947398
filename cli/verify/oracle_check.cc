#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <unordered_map>

#include "cli/record_text.h"
#include "cli/verify/checks.h"
#include "services/router/router.h"

namespace plazo::cli {
namespace {

// What the decision of one command should have left in the log, by topic and x-origin.
using Outputs = std::unordered_map<std::string, kafka::OutRecord>;

std::string NameOf(const std::string& topic, const std::vector<kafka::Header>& headers) {
  const std::string* origin = kafka::FindHeader(headers, "x-origin");
  return topic + ' ' + (origin == nullptr ? "" : *origin);
}

// The first field that differs, as in `modified: ticket.team: "a" -> "b"`: from what follows to
// what is there.
std::string FirstDifference(const Topics& topics, const std::string& topic,
                            const std::string& expected, const std::string& there) {
  kafka::Record record;
  record.topic = topic;
  record.value = expected;
  const auto before = DecodeValue(topics, record);
  record.value = there;
  const auto after = DecodeValue(topics, record);
  if (before == nullptr || after == nullptr) return "cannot be read";
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(*before, *after)) return "other bytes of the same";
  return report.substr(0, std::min<size_t>(report.find('\n'), 300));
}

std::string WhatDiffers(const Topics& topics, const kafka::OutRecord& expected,
                        const kafka::Record& record) {
  if (expected.key != record.key) return "the key";
  if (expected.value != record.value) {
    return "the value (" +
           FirstDifference(topics, record.topic, expected.value.value_or(""),
                           record.value.value_or("")) +
           ")";
  }
  if (expected.headers != record.headers) return "the headers";
  const int32_t partition = expected.partition == kafka::kPartitionByKey
                                ? kafka::MurmurPartition(expected.key, kPartitions)
                                : expected.partition;
  return partition != record.partition ? "the partition" : "";
}

// The last value of each key of the two state topics, as it should be.
using State = std::map<std::pair<const std::string*, std::string>, std::optional<std::string>>;

class Oracle {
 public:
  Oracle(const History& history, Check& check)
      : history_(history), dump_(history.dump), check_(check), router_(dump_.topics, dump_.lanes) {}

  void Run() {
    for (int32_t lane = 0; lane < dump_.lanes; ++lane) {
      if (!dump_.inbound.Complete(lane)) {
        check_.Note("lane " + std::to_string(lane) +
                    " cannot be decided again: its first commands are gone");
        partial_.push_back(lane);
        continue;
      }
      RunLane(lane);
    }
    CompareOutputs(dump_.decisions);
    CompareOutputs(dump_.delivery);
    CompareOutputs(dump_.sla);
    CompareOutputs(dump_.inbound);
    CompareOutputs(dump_.dead_letters);
    ReportMissing();
  }

 private:
  bool Partial(int32_t lane) const {
    return std::find(partial_.begin(), partial_.end(), lane) != partial_.end();
  }

  // Whether the process died over an input, or an output was too large, no oracle can know.
  std::map<int64_t, kafka::InputMark> MarksOf(int32_t lane) const {
    std::map<int64_t, kafka::InputMark> marks;
    const auto found = history_.decisions.find(lane);
    if (found == history_.decisions.end()) return marks;
    for (const Decided& decided : found->second) {
      const std::string& reason = decided.decision.reason();
      if (reason == "UNDECIDABLE") marks[decided.origin.offset] = kafka::InputMark::kUndecidable;
      if (reason == "TOO_LARGE") marks[decided.origin.offset] = kafka::InputMark::kTooLarge;
    }
    return marks;
  }

  void RunLane(int32_t lane) {
    const std::map<int64_t, kafka::InputMark> marks = MarksOf(lane);
    State state;
    router_.BeginRestore(lane);
    for (const kafka::Record& command : dump_.inbound.Of(lane)) {
      if (command.offset >= dump_.DecidedBefore(lane)) break;
      check_.Count();
      const auto marked = marks.find(command.offset);
      const kafka::InputMark mark =
          marked == marks.end() ? kafka::InputMark::kNone : marked->second;
      kafka::BatchOutput output =
          router_.Process({&command, 1}, {.marks = {&mark, 1}, .max_output_bytes = 1});
      router_.Keep();
      for (kafka::BatchOutput::Item& item : output.items) Take(std::move(item.record), state);
    }
    router_.ForgetLane(lane);
    CompareState(lane, dump_.tickets, dump_.topics.tickets, state);
    CompareState(lane, dump_.directory, dump_.topics.directory, state);
  }

  void Take(kafka::OutRecord record, State& state) {
    for (const std::string* topic : {&dump_.topics.tickets, &dump_.topics.directory}) {
      if (record.topic != *topic) continue;
      state[{topic, record.key}] = std::move(record.value);
      return;
    }
    std::string name = NameOf(record.topic, record.headers);
    outputs_.emplace(std::move(name), std::move(record));
  }

  void CompareState(int32_t lane, const TopicDump& topic, const std::string& name,
                    const State& state) {
    const std::map<std::string, Kept> kept = LastOfKeys(dump_, topic, lane);
    for (const auto& [key, value] : state) {
      if (*key.first != name) continue;
      const auto found = kept.find(key.second);
      const bool there = found != kept.end() && found->second.record->value.has_value();
      if (found != kept.end() && found->second.moving) continue;
      if (there != value.has_value()) {
        check_.Violate(name + "/" + std::to_string(lane) + " " + key.second +
                       (there ? " should be gone" : " is missing"));
      } else if (there && *value != *found->second.record->value) {
        check_.Violate(Place(*found->second.record) + " " + key.second +
                       ": another state follows from the commands (" +
                       FirstDifference(dump_.topics, name, *value, *found->second.record->value) +
                       ")");
      }
    }
    for (const auto& [key, last] : kept) {
      if (last.moving || !last.record->value || state.count({&name, key}) > 0) continue;
      check_.Violate(Place(*last.record) + " " + key + " follows from no command");
    }
  }

  void CompareOutputs(const TopicDump& topic) {
    for (const auto& [partition, records] : topic.records) {
      for (const kafka::Record& record : records) {
        const std::optional<Origin> origin = OriginOf(dump_, record);
        if (!origin || !Settled(dump_, *origin) || Partial(origin->lane)) continue;
        const std::string name = NameOf(record.topic, record.headers);
        const auto found = outputs_.find(name);
        if (found == outputs_.end()) {
          check_.Violate(Place(record) + " follows from no command, or is there twice");
          continue;
        }
        const std::string difference = WhatDiffers(dump_.topics, found->second, record);
        if (!difference.empty()) {
          check_.Violate(Place(record) + ": " + difference + " should be another");
        }
        outputs_.erase(found);
      }
    }
  }

  // What was deleted when its time was over cannot be missed.
  bool MayBeGone(const kafka::OutRecord& record) const {
    for (const auto& [name, topic] : {std::pair{&dump_.topics.decisions, &dump_.decisions},
                                      std::pair{&dump_.topics.delivery, &dump_.delivery},
                                      std::pair{&dump_.topics.sla, &dump_.sla},
                                      std::pair{&dump_.topics.dead_letters, &dump_.dead_letters}}) {
      if (record.topic == *name) return !topic->Complete(record.partition);
    }
    return false;
  }

  void ReportMissing() {
    int64_t gone = 0;
    for (const auto& [name, record] : outputs_) {
      if (MayBeGone(record)) {
        ++gone;
      } else {
        check_.Violate(name + " is missing (key " + record.key + ")");
      }
    }
    if (gone > 0) check_.Note(std::to_string(gone) + " outputs are older than what is kept");
  }

  const History& history_;
  const Dump& dump_;
  Check& check_;
  router::Router router_;
  Outputs outputs_;
  std::vector<int32_t> partial_;
};

}  // namespace

Check CheckOracle(const History& history) {
  Check check("I2", "deciding all over again gives the same outputs and state");
  Oracle(history, check).Run();
  return check;
}

}  // namespace plazo::cli
