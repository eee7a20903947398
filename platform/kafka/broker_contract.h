#pragma once

// What every Broker promises, as tests. Instantiated for the fake (unit) and for a real cluster
// (system):
//
//   INSTANTIATE_TEST_SUITE_P(Fake, BrokerContract, ::testing::Values(&MakeFake));

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "platform/kafka/broker.h"

namespace plazo::kafka {

class BrokerContract : public ::testing::TestWithParam<std::unique_ptr<Broker> (*)()> {
 protected:
  void SetUp() override;

  // A name nobody else uses, in this run or a former one.
  static std::string Unique(const std::string& name);
  // Makes a topic with append times set by the broker and returns its name.
  std::string NewTopic(int32_t partitions, std::map<std::string, std::string> config = {});
  // Writes one record and returns where it is.
  Delivered Send(const std::string& topic, int32_t partition, const std::string& value);
  // All that is visible in a partition from its beginning up to its present end.
  std::vector<Record> ReadAll(const TopicPartition& partition,
                              Isolation isolation = Isolation::kReadCommitted);
  std::vector<std::string> ReadValues(const TopicPartition& partition,
                                      Isolation isolation = Isolation::kReadCommitted);
  std::unique_ptr<TransactionalProducer> NewTransactional(
      const std::string& id, const std::string& topic,
      absl::Duration transaction_timeout = absl::Seconds(20));

  std::unique_ptr<Broker> broker_;
};

}  // namespace plazo::kafka
