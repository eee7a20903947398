#pragma once

// Everything a topic has shown to a read_committed reader so far, decoded, in offset order per
// partition. One owner.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "domain/core/topics.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::cluster {

template <typename Value>
struct Logged {
  kafka::Record record;
  Value value;  // empty for a tombstone, and for what cannot be decoded
};

template <typename Value>
class TopicLog {
 public:
  TopicLog(kafka::FakeBroker& broker, const std::string& topic) {
    reader_ = *broker.MakeReader(kafka::Isolation::kReadCommitted);
    std::vector<kafka::PartitionOffset> positions;
    for (int32_t p = 0; p < kPartitions; ++p) positions.push_back({topic, p, kafka::kBeginning});
    EXPECT_TRUE(reader_->Assign(positions).ok());
  }

  // Reads what is there.
  void Pump() {
    constexpr size_t kMaxRecords = 100'000;
    auto polled = reader_->Poll(absl::ZeroDuration(), kMaxRecords);
    EXPECT_TRUE(polled.ok()) << polled.status();
    if (!polled.ok()) return;
    for (kafka::Record& record : polled->records) {
      Logged<Value>& entry = entries_.emplace_back();
      entry.record = std::move(record);
      if (entry.record.value && !entry.value.ParseFromString(*entry.record.value)) {
        entry.value.Clear();
      }
    }
  }

  const std::vector<Logged<Value>>& entries() const { return entries_; }

 private:
  std::unique_ptr<kafka::Reader> reader_;
  std::vector<Logged<Value>> entries_;
};

}  // namespace plazo::cluster
