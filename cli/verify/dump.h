#pragma once

// Everything the log holds at one time, in memory, and its decisions read. The cluster may be
// running: what is judged ends at the offsets that the router had committed when the reading began,
// and everything that follows from those commands is visible by then (one transaction). What is
// newer is left out, and state that has moved on since is not compared.
//
// Plain values; a History points into its Dump, which must outlive it and stay as it is.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/topics.h"
#include "platform/kafka/broker.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::cli {

// One topic: the records of each partition in offset order.
struct TopicDump {
  std::map<int32_t, std::vector<kafka::Record>> records;
  // First offset that is still kept; above 0 the past is gone.
  std::map<int32_t, int64_t> begins;

  const std::vector<kafka::Record>& Of(int32_t partition) const;
  bool Complete(int32_t partition) const;
  // nullptr when there is no record at that offset.
  const kafka::Record* At(int32_t partition, int64_t offset) const;
  int64_t size() const;
};

struct Dump {
  explicit Dump(const Topics& topics) : topics(topics) {}

  Topics topics;
  int32_t lanes = kPartitions;
  TopicDump inbound, decisions, tickets, directory, delivery, sla, dead_letters;
  // Of the router's group; lanes that were never committed are absent.
  std::map<int32_t, int64_t> committed;
  absl::Time begin_time = absl::InfiniteFuture();  // before anything was read
  absl::Time read_time;

  // Commands below it are decided.
  int64_t DecidedBefore(int32_t lane) const;
};

// Reads all of it. `prefix` is that of topics and groups.
absl::StatusOr<Dump> ReadDump(kafka::Broker& broker, const std::string& prefix,
                              absl::Duration timeout);

// The command that a record follows from.
struct Origin {
  int32_t lane = 0;
  int64_t offset = 0;
  int64_t index = -1;  // of the output; -1 for dead letters

  friend auto operator<=>(const Origin&, const Origin&) = default;
};
// nullopt when the record does not follow from a command on the inbound topic.
std::optional<Origin> OriginOf(const Dump& dump, const kafka::Record& record);
// It follows from a command that is judged.
bool Settled(const Dump& dump, const Origin& origin);
// "plazo.evt.tickets.v1/3/17"
std::string Place(const kafka::Record& record);

struct Decided {
  const kafka::Record* record = nullptr;
  Origin origin;
  core::v1::Decision decision;
  // Empty where the input is gone or cannot be read.
  core::v1::Command command;
};

struct History {
  explicit History(const Dump& dump);

  const Dump& dump;
  // Those that are judged, by lane, in the order in which they stand.
  std::map<int32_t, std::vector<Decided>> decisions;
  // Judged by their origin, but no Decision inside.
  std::vector<const kafka::Record*> unreadable;
};

// What is kept under a key, as far as it may be judged.
struct Kept {
  const kafka::Record* record = nullptr;  // the last one; a tombstone has no value
  bool moving = false;                    // it has changed since
};
// The last record of every key of a compacted topic, the tombstones included.
std::map<std::string, Kept> LastOfKeys(const Dump& dump, const TopicDump& topic, int32_t lane);

}  // namespace plazo::cli
