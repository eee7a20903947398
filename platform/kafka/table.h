#pragma once

// A compacted topic as a map in memory, all partitions, kept up to date: the latest value of every
// key, read_committed.
//
//   Table table(broker, clock, {.topic = "plazo.state.directory.v1"});
//   std::jthread reader([&](std::stop_token stop) { table.Run(stop); });
//   if (auto entry = table.Get("customer/t/42")) Parse(*entry->value);
//
// Thread-safety: reads from any thread; Run and RunOnce on one, where listeners are called after
// the change is visible. Lifetime: broker and clock outlive it. Errors: an outage leaves the table
// as it was.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/clock.h"
#include "platform/kafka/broker.h"

namespace plazo::kafka {

struct TableEntry {
  std::shared_ptr<const std::string> value;
  int32_t partition = 0;
  int64_t offset = 0;  // of the record that holds the value
  int64_t timestamp_ms = 0;
};

struct TableChange {
  const Record& record;  // nullopt value: the key is gone
  bool caught_up;        // false while the table is being filled
};

struct TableOptions {
  std::string topic;
  absl::Duration poll_timeout = absl::Milliseconds(100);
  absl::Duration call_timeout = absl::Seconds(10);
};

class Table {
 public:
  Table(Broker& broker, const Clock& clock, TableOptions options);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void Run(std::stop_token stop);
  bool RunOnce(absl::Duration wait = absl::ZeroDuration());
  // Before Run: called for every change, on the reading thread; must not block.
  void Listen(std::function<void(const TableChange&)> listener);

  // Caught up with the end seen at start; stays true.
  bool Ready() const;
  // The key in whichever partition holds it (the highest-numbered one when several do: name the
  // partition for keys that every partition has).
  std::optional<TableEntry> Get(std::string_view key) const;
  std::optional<TableEntry> Get(int32_t partition, std::string_view key) const;
  // Every entry, in no order, under the lock: must not block nor call the table.
  void ForEach(const std::function<void(std::string_view key, const TableEntry&)>& visit) const;
  size_t size() const;

  // Next offset to be read of every partition: all before it is in the table, and its listeners
  // have heard of it.
  std::vector<PartitionOffset> Position() const;
  // The ends (high watermarks: past everything that anybody may have been told of) of the topic at
  // this moment, asked of the broker. Blocks, <= timeout.
  absl::StatusOr<std::vector<PartitionOffset>> AskEnds(absl::Duration timeout);
  // Waits until the table has passed all these offsets. kDeadlineExceeded when it has not in time.
  absl::Status WaitUntilPast(const std::vector<PartitionOffset>& offsets, absl::Duration timeout);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::kafka
