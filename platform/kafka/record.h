#pragma once

// What goes over Kafka: records read, records to be written, and where they stand. Plain values, no
// ownership beyond themselves. Offsets and partitions are Kafka's; timestamps are milliseconds
// since the Unix epoch.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::kafka {

struct Header {
  std::string key;
  std::string value;

  friend bool operator==(const Header&, const Header&) = default;
};

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;

  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// Logical offsets, as librdkafka numbers them.
inline constexpr int64_t kBeginning = -2;
inline constexpr int64_t kEnd = -1;
inline constexpr int64_t kNoOffset = -1001;  // "none committed", "no record as late as that"

struct PartitionOffset {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = kNoOffset;  // always the next offset to be read

  TopicPartition Partition() const { return {topic, partition}; }
  friend bool operator==(const PartitionOffset&, const PartitionOffset&) = default;
};

// The value of the header `key` in `headers` (the last one wins), nullptr when there is none.
const std::string* FindHeader(const std::vector<Header>& headers, std::string_view key);

// A record that was read. `value` is nullopt for a tombstone; a missing key reads as an empty one.
struct Record {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;  // the broker's append time on topics with LogAppendTime
  std::string key;
  std::optional<std::string> value;
  std::vector<Header> headers;

  TopicPartition Partition() const { return {topic, partition}; }
  const std::string* FindHeader(std::string_view name) const {
    return kafka::FindHeader(headers, name);
  }
  friend bool operator==(const Record&, const Record&) = default;
};

inline constexpr int32_t kPartitionByKey = -1;

// A record to be written. The broker gives offset and time.
struct OutRecord {
  std::string topic;
  int32_t partition =
      kPartitionByKey;  // kPartitionByKey: murmur2 of the key over the topic's partitions
  std::string key;
  std::optional<std::string> value;  // nullopt: a tombstone
  std::vector<Header> headers;

  // An upper bound of what the record costs against the topic's max.message.bytes, uncompressed.
  size_t SizeBound() const;
  friend bool operator==(const OutRecord&, const OutRecord&) = default;
};

// The partition Java's default partitioner chooses for a record with this key (an empty key is
// hashed, too). Requires partitions > 0.
int32_t MurmurPartition(std::string_view key, int32_t partitions);

}  // namespace plazo::kafka
