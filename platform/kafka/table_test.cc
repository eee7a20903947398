#include "platform/kafka/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::kafka {
namespace {

using ::testing::ElementsAre;

class TableTest : public ::testing::Test {
 protected:
  TableTest() : clock_(int64_t{1'000'000}), fake_(clock_), broker_(fake_) {
    fake_.CreateTopic("t", 3);
  }

  void Put(int32_t partition, const std::string& key, std::optional<std::string> value) {
    fake_.Append({.topic = "t", .partition = partition, .key = key, .value = std::move(value)});
  }
  void Pump(Table& table, int turns = 10) {
    for (int turn = 0; turn < turns; ++turn) {
      table.RunOnce();
      clock_.Advance(absl::Milliseconds(300));
    }
  }
  static std::string ValueOf(const std::optional<TableEntry>& entry) {
    return entry ? *entry->value : "(none)";
  }

  ManualClock clock_;
  FakeBroker fake_;
  BreakableBroker broker_;
};

TEST_F(TableTest, HoldsTheLatestValueOfEveryKey) {
  Put(0, "a", "1");
  Put(1, "b", "1");
  Put(0, "a", "2");
  Put(1, "b", std::nullopt);
  Table table(broker_, clock_, {.topic = "t"});
  EXPECT_FALSE(table.Ready());
  Pump(table);
  EXPECT_TRUE(table.Ready());
  const auto entry = table.Get("a");
  ASSERT_TRUE(entry);
  EXPECT_EQ(*entry->value, "2");
  EXPECT_EQ(entry->partition, 0);
  EXPECT_EQ(entry->offset, 1);
  EXPECT_EQ(ValueOf(table.Get("b")), "(none)");
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(TableTest, AKeyOfEveryPartitionIsReadByPartition) {
  for (int32_t p = 0; p < 3; ++p) Put(p, "lane", std::to_string(p));
  Table table(broker_, clock_, {.topic = "t"});
  Pump(table);
  EXPECT_EQ(ValueOf(table.Get(0, "lane")), "0");
  EXPECT_EQ(ValueOf(table.Get(1, "lane")), "1");
  EXPECT_EQ(ValueOf(table.Get("lane")), "2");
  EXPECT_EQ(ValueOf(table.Get(7, "lane")), "(none)");
  std::map<std::string, int> keys;
  table.ForEach([&](std::string_view key, const TableEntry&) { ++keys[std::string(key)]; });
  EXPECT_EQ(keys["lane"], 3);
}

TEST_F(TableTest, ListenersSeeChangesOnceTheyAreInTheTable) {
  Put(0, "a", "1");
  Table table(broker_, clock_, {.topic = "t"});
  std::vector<std::string> seen;
  table.Listen([&](const TableChange& change) {
    seen.push_back(change.record.key + "=" + change.record.value.value_or("-") +
                   (change.caught_up ? "" : " (filling)"));
    EXPECT_EQ(table.Get(change.record.key).has_value(), change.record.value.has_value());
  });
  Pump(table);
  Put(0, "a", "2");
  Put(0, "a", std::nullopt);
  Pump(table);
  EXPECT_THAT(seen, ElementsAre("a=1 (filling)", "a=2", "a=-"));
}

TEST_F(TableTest, ItIsPastARecordOnlyWhenTheListenersHaveHeardOfIt) {
  Table table(broker_, clock_, {.topic = "t"});
  Pump(table);
  Put(1, "a", "1");
  const auto ends = table.AskEnds(absl::Seconds(1));
  ASSERT_TRUE(ends.ok());
  int heard = 0;
  table.Listen([&](const TableChange&) {
    ++heard;
    EXPECT_FALSE(table.WaitUntilPast(*ends, absl::ZeroDuration()).ok());
  });
  Pump(table);
  EXPECT_EQ(heard, 1);
  EXPECT_TRUE(table.WaitUntilPast(*ends, absl::ZeroDuration()).ok());
}

TEST_F(TableTest, AnUnknownKeyIsLookedForAgainOnceTheEndSeenAtArrivalIsPassed) {
  Table table(broker_, clock_, {.topic = "t"});
  Pump(table);
  Put(2, "customer/7", "new");
  EXPECT_EQ(ValueOf(table.Get("customer/7")), "(none)");
  const auto ends = table.AskEnds(absl::Seconds(1));
  ASSERT_TRUE(ends.ok());
  EXPECT_EQ(table.WaitUntilPast(*ends, absl::ZeroDuration()).code(),
            absl::StatusCode::kDeadlineExceeded);
  std::jthread reader([&](const std::stop_token& stop) { table.Run(stop); });
  EXPECT_TRUE(table.WaitUntilPast(*ends, absl::Seconds(10)).ok());
  EXPECT_EQ(ValueOf(table.Get("customer/7")), "new");
}

TEST_F(TableTest, TheEndIsPassedAlthoughOnlyAMarkerFollows) {
  auto producer = *fake_.MakeTransactionalProducer({.id = "p"});
  ASSERT_TRUE(producer->Init({"t"}, absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce({.topic = "t", .partition = 0, .key = "k", .value = "a"}).ok());
  ASSERT_TRUE(producer->Commit(absl::ZeroDuration()).ok());
  Table table(broker_, clock_, {.topic = "t"});
  Pump(table);
  const auto ends = table.AskEnds(absl::Seconds(1));
  ASSERT_TRUE(ends.ok());
  EXPECT_THAT(*ends, ElementsAre(PartitionOffset{"t", 0, 2}, PartitionOffset{"t", 1, 0},
                                 PartitionOffset{"t", 2, 0}));
  EXPECT_TRUE(table.WaitUntilPast(*ends, absl::ZeroDuration()).ok());
  EXPECT_EQ(table.Position(), *ends);
}

TEST_F(TableTest, ARecordOfATransactionThatIsStillOpenLiesBeforeTheEnd) {
  Table table(broker_, clock_, {.topic = "t"});
  auto producer = *fake_.MakeTransactionalProducer({.id = "p"});
  ASSERT_TRUE(producer->Init({"t"}, absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce({.topic = "t", .partition = 0, .key = "k", .value = "a"}).ok());
  Pump(table);
  const auto ends = table.AskEnds(absl::Seconds(1));
  ASSERT_TRUE(ends.ok());
  EXPECT_FALSE(table.WaitUntilPast(*ends, absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Commit(absl::ZeroDuration()).ok());
  Pump(table);
  EXPECT_TRUE(table.WaitUntilPast(*ends, absl::ZeroDuration()).ok());
  EXPECT_EQ(ValueOf(table.Get("k")), "a");
}

TEST_F(TableTest, AnOutageLeavesTheTableAndItGoesOnFromThere) {
  Put(0, "a", "1");
  Table table(broker_, clock_, {.topic = "t"});
  Pump(table);
  broker_.SetDown(true);
  Put(0, "a", "2");
  Pump(table);
  EXPECT_EQ(ValueOf(table.Get("a")), "1");
  EXPECT_TRUE(table.Ready());
  broker_.SetDown(false);
  Pump(table);
  EXPECT_EQ(ValueOf(table.Get("a")), "2");
}

}  // namespace
}  // namespace plazo::kafka
