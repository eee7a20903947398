#pragma once

// Reads stretches of a topic: from where one says to the end seen at the start, or on and on.
// Lifetime: the broker outlives the call. Reads only.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/kafka/broker.h"

namespace plazo::cli {

struct ScanStart {
  enum class Kind { kBeginning, kEnd, kOffset, kTime };
  Kind kind = Kind::kBeginning;
  int64_t value = 0;  // an offset, or milliseconds since the Unix epoch
};

// "beginning", "end", an offset, a time in RFC 3339, or how long ago: "10m". kInvalidArgument.
absl::StatusOr<ScanStart> ParseScanStart(std::string_view text, absl::Time now);

struct ScanOptions {
  std::string topic;
  std::vector<int32_t> partitions;  // empty = all
  ScanStart from;
  bool follow = false;
  kafka::Isolation isolation = kafka::Isolation::kReadCommitted;
  absl::Duration call_timeout = absl::Seconds(10);
  // Without a record or an end for so long: kDeadlineExceeded.
  absl::Duration stall_timeout = absl::Seconds(30);
};

// `each` sees records in order per partition, those of one poll in the order of their times; it
// returns false to end the scan (OK). kNotFound when there is no such topic. `begins` gets the
// first offset of every partition.
absl::Status Scan(kafka::Broker& broker, const ScanOptions& options,
                  const std::function<bool(kafka::Record&)>& each,
                  std::map<int32_t, int64_t>* begins = nullptr);

// Next offsets at the end of every partition of a topic, as a read_committed reader sees them.
absl::StatusOr<std::map<int32_t, int64_t>> EndOffsets(kafka::Broker& broker,
                                                      const std::string& topic,
                                                      absl::Duration timeout);

}  // namespace plazo::cli
