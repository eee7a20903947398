#pragma once

// A log for tests: commands decided by a real router, their outputs laid out as the broker would.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/verify/dump.h"
#include "domain/core/proto_time.h"
#include "services/router/router.h"

namespace plazo::cli {

class SmallLog {
 public:
  SmallLog() : dump(Topics("test.")), router_(dump.topics, kPartitions) {
    dump.read_time = now;
    for (TopicDump* topic : {&dump.inbound, &dump.decisions, &dump.tickets, &dump.directory,
                             &dump.delivery, &dump.sla, &dump.dead_letters}) {
      for (int32_t lane = 0; lane < kPartitions; ++lane) topic->begins[lane] = 0;
    }
  }

  // Appends the command at `now`, then decides it and all that follows from it.
  void Do(core::v1::Command command) {
    command.set_command_id("c" + std::to_string(++commands_));
    kafka::OutRecord record{dump.topics.inbound,
                            kafka::kPartitionByKey,
                            command.aggregate(),
                            command.SerializeAsString(),
                            {}};
    Append(std::move(record));
    Decide();
  }

  // Each topic by its name.
  TopicDump& Topic(const std::string& name) {
    for (auto& [topic, target] : std::initializer_list<std::pair<const std::string&, TopicDump&>>{
             {dump.topics.inbound, dump.inbound},
             {dump.topics.decisions, dump.decisions},
             {dump.topics.tickets, dump.tickets},
             {dump.topics.directory, dump.directory},
             {dump.topics.delivery, dump.delivery},
             {dump.topics.sla, dump.sla}}) {
      if (topic == name) return target;
    }
    return dump.dead_letters;
  }

  core::v1::TicketState Ticket(const std::string& key) const {
    core::v1::StateRecord state;
    for (const auto& [lane, records] : dump.tickets.records) {
      for (const kafka::Record& record : records) {
        if (record.key == key && record.value) state.ParseFromString(*record.value);
      }
    }
    return state.ticket();
  }

  Dump dump;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);

 private:
  void Append(kafka::OutRecord out) {
    const int32_t partition = out.partition == kafka::kPartitionByKey
                                  ? kafka::MurmurPartition(out.key, kPartitions)
                                  : out.partition;
    int64_t& next = ends_[{out.topic, partition}];
    kafka::Record record{out.topic,
                         partition,
                         next++,
                         absl::ToUnixMillis(now),
                         out.key,
                         std::move(out.value),
                         std::move(out.headers)};
    if (out.topic == dump.topics.inbound) waiting_.push_back(record);
    Topic(out.topic).records[partition].push_back(std::move(record));
  }

  void Decide() {
    while (!waiting_.empty()) {
      const kafka::Record input = std::move(waiting_.front());
      waiting_.pop_front();
      kafka::BatchOutput output = router_.Process({&input, 1}, {.max_output_bytes = 1 << 20});
      router_.Keep();
      dump.committed[input.partition] = input.offset + 1;
      for (kafka::BatchOutput::Item& item : output.items) Append(std::move(item.record));
      // The transaction's marker takes an offset, too.
      for (auto& [partition, end] : ends_) {
        if (partition.first != dump.topics.inbound) ++end;
      }
    }
    dump.read_time = now;
  }

  router::Router router_;
  std::map<std::pair<std::string, int32_t>, int64_t> ends_;
  std::deque<kafka::Record> waiting_;
  int commands_ = 0;
};

}  // namespace plazo::cli
