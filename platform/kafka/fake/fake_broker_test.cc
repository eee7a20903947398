#include "platform/kafka/fake/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/broker_contract.h"

namespace plazo::kafka {
namespace {

const SystemClock kSystemClock;

std::unique_ptr<Broker> MakeFake() { return std::make_unique<FakeBroker>(kSystemClock); }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Fake, BrokerContract, ::testing::Values(&MakeFake));

TEST(FakeBrokerTest, AppendTimeIsTheClocks) {
  ManualClock clock(int64_t{1000});
  FakeBroker broker(clock);
  broker.CreateTopic("t", 1);
  broker.Append({.topic = "t", .key = "k", .value = "a"});
  clock.Advance(absl::Seconds(5));
  broker.Append({.topic = "t", .key = "k", .value = "b"});
  const std::vector<Record> records = broker.Records("t");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].timestamp_ms, 1'000);
  EXPECT_EQ(records[1].timestamp_ms, 6'000);
}

TEST(FakeBrokerTest, AnOpenTransactionIsAbortedWhenTheClockPassesItsTimeout) {
  ManualClock clock(int64_t{0});
  FakeBroker broker(clock);
  broker.CreateTopic("t", 1);
  auto producer =
      *broker.MakeTransactionalProducer({.id = "p", .transaction_timeout = absl::Seconds(8)});
  ASSERT_TRUE(producer->Init({"t"}, absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce({.topic = "t", .key = "k", .value = "a"}).ok());
  broker.Append({.topic = "t", .key = "k", .value = "b"});
  clock.Advance(absl::Seconds(8));
  EXPECT_EQ(broker.Records("t").size(), 0U);
  clock.Advance(absl::Milliseconds(1));
  EXPECT_EQ(broker.Records("t").size(), 1U);
  EXPECT_EQ(ErrorKindOf(producer->Commit(absl::ZeroDuration())), ErrorKind::kFenced);
}

TEST(FakeBrokerTest, ADeadStaticMemberKeepsItsPartitionsForASession) {
  ManualClock clock(int64_t{0});
  FakeBroker broker(clock);
  broker.CreateTopic("t", 2);
  std::vector<TopicPartition> owned;
  const auto join = [&](const std::string& instance) {
    auto consumer = *broker.MakeGroupConsumer(
        {.group = "g", .instance = instance, .session_timeout = absl::Seconds(30)});
    EXPECT_TRUE(consumer
                    ->Subscribe({"t"}, {.assigned = [&](const std::vector<TopicPartition>& given)
                                            -> absl::StatusOr<std::vector<PartitionOffset>> {
                                          owned = given;
                                          return std::vector<PartitionOffset>{};
                                        },
                                        .revoked = [](const auto&) {},
                                        .lost = [](const auto&) {}})
                    .ok());
    return consumer;
  };
  auto dies = join("a");
  auto stays = join("b");
  const auto pump = [&] {
    if (dies) (void)dies->Poll(absl::ZeroDuration(), 10);
    (void)stays->Poll(absl::ZeroDuration(), 10);
  };
  for (int i = 0; i < 4; ++i) pump();
  ASSERT_EQ(owned.size(), 1U);
  dies.reset();
  clock.Advance(absl::Seconds(30));
  for (int i = 0; i < 4; ++i) pump();
  EXPECT_EQ(owned.size(), 1U);
  clock.Advance(absl::Milliseconds(1));
  for (int i = 0; i < 4; ++i) pump();
  EXPECT_EQ(owned.size(), 2U);
}

}  // namespace plazo::kafka
