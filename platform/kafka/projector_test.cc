#include "platform/kafka/projector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Notes what it is told, as lines such as "assigned 2", "t/0 a", "caught up t/0".
struct Notes final : ProjectorHandler {
  absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(
      std::span<const TopicPartition> partitions) override {
    ++assignments;
    owned.assign(partitions.begin(), partitions.end());
    if (!assign_errors.empty()) {
      absl::Status status = assign_errors.front();
      assign_errors.pop_front();
      return status;
    }
    return starts;
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override {
    ++revocations;
    for (const TopicPartition& each : partitions) std::erase(owned, each);
    if (on_revoked) on_revoked();
  }
  absl::Status OnRecords(const TopicPartition& partition,
                         std::span<const Record> records) override {
    ++calls;
    if (refuse[partition] > 0) {
      --refuse[partition];
      return absl::UnavailableError("not now");
    }
    for (const Record& each : records) {
      EXPECT_EQ(each.Partition(), partition);
      values[partition].push_back(*each.value);
    }
    if (on_records) on_records(partition, records);
    return absl::OkStatus();
  }
  void OnCaughtUp(const TopicPartition& partition) override {
    ++caught_up[partition];
    seen_when_caught_up[partition] = values[partition].size();
  }
  void OnEnd(const TopicPartition& partition, int64_t next) override { ends[partition] = next; }
  int64_t OnOutOfRange(const TopicPartition&, int64_t asked, const Watermarks&) override {
    out_of_range.push_back(asked);
    return kBeginning;
  }
  void OnIdle() override { ++idles; }

  std::vector<PartitionOffset> starts;
  std::deque<absl::Status> assign_errors;
  std::map<TopicPartition, int> refuse;
  std::function<void()> on_revoked;
  std::function<void(const TopicPartition&, std::span<const Record>)> on_records;

  std::vector<TopicPartition> owned;
  std::map<TopicPartition, std::vector<std::string>> values;
  std::map<TopicPartition, int> caught_up;
  std::map<TopicPartition, size_t> seen_when_caught_up;
  std::map<TopicPartition, int64_t> ends;
  std::vector<int64_t> out_of_range;
  int assignments = 0;
  int revocations = 0;
  int calls = 0;
  int idles = 0;
};

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() : clock_(int64_t{1'000'000}), fake_(clock_), broker_(fake_) {
    fake_.CreateTopic("t", 2);
  }

  void Feed(int32_t partition, const std::string& value) {
    fake_.Append({.topic = "t", .partition = partition, .key = "k", .value = value});
  }
  void Pump(std::initializer_list<Projector*> projectors, int turns = 10) {
    for (int turn = 0; turn < turns; ++turn) {
      for (Projector* each : projectors) each->RunOnce();
      clock_.Advance(absl::Milliseconds(300));
    }
  }
  static ProjectorOptions All() { return {.topics = {"t"}}; }
  static ProjectorOptions Grouped(const std::string& instance = "") {
    return {.topics = {"t"}, .group = "g", .instance = instance};
  }

  const TopicPartition p0_{"t", 0};
  const TopicPartition p1_{"t", 1};
  ManualClock clock_;
  FakeBroker fake_;
  BreakableBroker broker_;
  Notes notes_;
};

TEST_F(ProjectorTest, WithoutAGroupItReadsAllPartitionsFromTheBeginning) {
  Feed(0, "a");
  Feed(1, "b");
  Projector projector(broker_, clock_, notes_, All());
  EXPECT_FALSE(projector.CaughtUp());
  Pump({&projector});
  Feed(0, "c");
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a", "c"));
  EXPECT_THAT(notes_.values[p1_], ElementsAre("b"));
  EXPECT_TRUE(projector.CaughtUp());
  EXPECT_EQ(notes_.caught_up[p0_], 1);
  EXPECT_EQ(notes_.seen_when_caught_up[p0_], 1U) << "the end seen at the start, not a later one";
  EXPECT_GT(notes_.idles, 0);
  EXPECT_EQ(projector.counters().partitions, 2);
}

TEST_F(ProjectorTest, IsCaughtUpWithTheLastRecordSeenAtTheStart) {
  for (const char* value : {"a", "b", "c"}) Feed(0, value);
  auto options = All();
  options.max_records = 1;
  Projector projector(broker_, clock_, notes_, options);
  Pump({&projector}, 3);
  EXPECT_FALSE(projector.CaughtUp());
  Feed(0, "d");
  Pump({&projector}, 10);
  EXPECT_TRUE(projector.CaughtUp());
  EXPECT_EQ(notes_.seen_when_caught_up[p0_], 3U);
}

TEST_F(ProjectorTest, AnEmptyPartitionIsCaughtUpAtOnce) {
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector}, 3);
  EXPECT_TRUE(projector.CaughtUp());
  EXPECT_EQ(notes_.caught_up[p0_], 1);
}

TEST_F(ProjectorTest, BeginsWhereTheHandlerSays) {
  for (const char* value : {"a", "b", "c"}) Feed(0, value);
  Feed(1, "x");
  notes_.starts = {{"t", 0, 2}, {"t", 1, kEnd}};
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector});
  Feed(1, "y");
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("c"));
  EXPECT_THAT(notes_.values[p1_], ElementsAre("y"));
}

TEST_F(ProjectorTest, TheEndIsToldBehindMarkersAndAbortedRecords) {
  auto producer = *fake_.MakeTransactionalProducer({.id = "p"});
  ASSERT_TRUE(producer->Init({"t"}, absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce({.topic = "t", .partition = 0, .key = "k", .value = "a"}).ok());
  ASSERT_TRUE(producer->Commit(absl::ZeroDuration()).ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce({.topic = "t", .partition = 0, .key = "k", .value = "b"}).ok());
  ASSERT_TRUE(producer->Init({"t"}, absl::ZeroDuration()).ok());  // aborts
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a"));
  EXPECT_EQ(notes_.ends[p0_], 4);
  EXPECT_TRUE(projector.CaughtUp());
}

TEST_F(ProjectorTest, RecordsNotTakenComeAgainWhileOtherPartitionsGoOn) {
  Feed(0, "a");
  Feed(0, "b");
  notes_.refuse[p0_] = 3;
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector}, 2);
  Feed(1, "x");
  Pump({&projector}, 1);
  EXPECT_THAT(notes_.values[p0_], IsEmpty());
  EXPECT_THAT(notes_.values[p1_], ElementsAre("x"));
  EXPECT_FALSE(projector.CaughtUp());
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a", "b"));
  EXPECT_EQ(projector.counters().retries, 3U);
}

TEST_F(ProjectorTest, ACallHoldsAtMostSoManyRecords) {
  for (int i = 0; i < 25; ++i) Feed(0, std::to_string(i));
  auto options = All();
  options.max_records = 10;
  Projector projector(broker_, clock_, notes_, options);
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], SizeIs(25));
  EXPECT_GE(notes_.calls, 3);
}

TEST_F(ProjectorTest, APartitionThatIsNotTakenIsNotReadOnWithoutBound) {
  auto options = All();
  options.max_records = 10;
  options.max_pending = 20;
  for (int i = 0; i < 200; ++i) Feed(0, std::to_string(i));
  notes_.refuse[p0_] = 50;
  Projector projector(broker_, clock_, notes_, options);
  Pump({&projector}, 40);
  Feed(1, "x");
  Pump({&projector}, 2);
  EXPECT_THAT(notes_.values[p1_], ElementsAre("x"));
  EXPECT_THAT(notes_.values[p0_], IsEmpty());
  EXPECT_GT(projector.counters().waiting, 20);
  EXPECT_LE(projector.counters().waiting, 40);
  Pump({&projector}, 60);
  ASSERT_THAT(notes_.values[p0_], SizeIs(200));
  for (size_t i = 0; i < 200; ++i) EXPECT_EQ(notes_.values[p0_][i], std::to_string(i));
}

TEST_F(ProjectorTest, MovesTheCursorBack) {
  for (const char* value : {"a", "b", "c"}) Feed(0, value);
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector});
  projector.MoveTo(p0_, 1);
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a", "b", "c", "b", "c"));
  EXPECT_EQ(notes_.caught_up[p0_], 2);
  EXPECT_EQ(notes_.assignments, 1) << "moving is not a rebalance";
}

TEST_F(ProjectorTest, AMoveDropsWhatIsWaiting) {
  for (const char* value : {"a", "b", "c"}) Feed(0, value);
  notes_.refuse[p0_] = 100;
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector});
  notes_.refuse[p0_] = 0;
  projector.MoveTo(p0_, 2);
  Pump({&projector});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("c"));
}

TEST_F(ProjectorTest, AMoveWithinTheCallTakesEffectBeforeTheNext) {
  for (const char* value : {"a", "b", "c", "d"}) Feed(0, value);
  auto options = All();
  options.max_records = 1;
  Projector projector(broker_, clock_, notes_, options);
  bool moved = false;
  notes_.on_records = [&](const TopicPartition& partition, std::span<const Record> records) {
    if (records[0].offset == 2 && !std::exchange(moved, true)) projector.MoveTo(partition, 0);
  };
  Pump({&projector}, 20);
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a", "b", "c", "a", "b", "c", "d"));
}

TEST_F(ProjectorTest, AStartBeyondTheEndIsTheHandlersToJudge) {
  Feed(0, "a");
  notes_.starts = {{"t", 0, 17}, {"t", 1, 0}};
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector});
  EXPECT_THAT(notes_.out_of_range, ElementsAre(17));
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a"));
}

TEST_F(ProjectorTest, AFailedAssignmentIsTriedAgain) {
  Feed(0, "a");
  notes_.assign_errors = {absl::UnavailableError("redis is away"),
                          absl::UnavailableError("redis is away")};
  Projector projector(broker_, clock_, notes_, All());
  Pump({&projector}, 20);
  EXPECT_EQ(notes_.assignments, 3);
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a"));
  EXPECT_EQ(projector.counters().restarts, 2U);
  EXPECT_TRUE(projector.LastError().ok());
}

TEST_F(ProjectorTest, AGroupSharesThePartitions) {
  Notes other;
  Projector first(broker_, clock_, notes_, Grouped("a"));
  Projector second(broker_, clock_, other, Grouped("b"));
  Pump({&first, &second});
  EXPECT_THAT(notes_.owned, ElementsAre(p0_));
  EXPECT_THAT(other.owned, ElementsAre(p1_));
  Feed(0, "a");
  Feed(1, "b");
  Pump({&first, &second});
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a"));
  EXPECT_THAT(other.values[p1_], ElementsAre("b"));
}

TEST_F(ProjectorTest, WatermarksAreCommittedInTimeAndNeverBackwards) {
  for (const char* value : {"a", "b", "c"}) Feed(0, value);
  Projector projector(broker_, clock_, notes_, Grouped());
  Pump({&projector});
  EXPECT_EQ(fake_.CommittedOffset("g", "t", 0), kNoOffset);
  projector.Commit(p0_, 2);
  projector.Commit(p0_, 1);
  Pump({&projector}, 5);
  EXPECT_EQ(fake_.CommittedOffset("g", "t", 0), 2);
  projector.Commit(p0_, 1);
  Pump({&projector}, 5);
  EXPECT_EQ(fake_.CommittedOffset("g", "t", 0), 2);
}

TEST_F(ProjectorTest, WhatTheHandlerCommitsWhenRevokedIsCommittedBeforeThePartitionGoes) {
  for (const char* value : {"a", "b"}) Feed(0, value);
  {
    Projector projector(broker_, clock_, notes_, Grouped());
    notes_.on_revoked = [&] { projector.Commit(p0_, 2); };
    Pump({&projector});
  }
  EXPECT_EQ(fake_.CommittedOffset("g", "t", 0), 2);
  notes_.on_revoked = nullptr;
  Notes next;
  Projector projector(broker_, clock_, next, Grouped());
  Feed(0, "c");
  Pump({&projector});
  EXPECT_THAT(next.values[p0_], ElementsAre("c")) << "from the group's offset";
}

TEST_F(ProjectorTest, WhatTheHandlerCommitsWhenAnotherMemberJoinsIsCommittedToo) {
  for (const char* value : {"a", "b"}) Feed(0, value);
  Projector first(broker_, clock_, notes_, Grouped());
  notes_.on_revoked = [&] { first.Commit(p0_, 2); };
  Pump({&first});
  Notes next;
  Projector second(broker_, clock_, next, Grouped());
  Pump({&first, &second});
  notes_.on_revoked = nullptr;
  EXPECT_EQ(notes_.revocations, 1);
  EXPECT_EQ(fake_.CommittedOffset("g", "t", 0), 2);
}

TEST_F(ProjectorTest, ADeadHandleIsReplacedAndNothingIsLost) {
  Projector projector(broker_, clock_, notes_, Grouped());
  Feed(0, "a");
  Pump({&projector});
  projector.Commit(p0_, 1);
  Pump({&projector}, 5);
  broker_.FailNext(Fault::kPollFatal);
  Feed(0, "b");
  Pump({&projector}, 20);
  EXPECT_THAT(notes_.values[p0_], ElementsAre("a", "b"));
  EXPECT_EQ(notes_.revocations, 1);
  EXPECT_EQ(projector.counters().restarts, 1U);
}

TEST_F(ProjectorTest, ARestartGivesEverythingUpAndJoinsAgain) {
  Projector projector(broker_, clock_, notes_, Grouped());
  Feed(0, "a");
  Pump({&projector});
  projector.Restart();
  Pump({&projector}, 1);
  EXPECT_FALSE(projector.CaughtUp());
  EXPECT_THAT(notes_.owned, IsEmpty());
  Pump({&projector});
  EXPECT_EQ(notes_.assignments, 2);
  EXPECT_TRUE(projector.CaughtUp());
}

TEST_F(ProjectorTest, AFencedInstanceStaysAwayForMoreThanASession) {
  Projector projector(broker_, clock_, notes_, Grouped("a"));
  Pump({&projector});
  broker_.FailNext(Fault::kPollInstanceFenced);
  projector.RunOnce();
  EXPECT_TRUE(IsFencedInstance(projector.LastError()));
  clock_.Advance(absl::Seconds(30));
  projector.RunOnce();
  EXPECT_EQ(notes_.assignments, 1);
  clock_.Advance(absl::Seconds(31));
  Pump({&projector}, 5);
  EXPECT_EQ(notes_.assignments, 2);
}

TEST_F(ProjectorTest, ATopicThatIsNotThereYetIsWaitedFor) {
  auto options = All();
  options.topics = {"later"};
  Projector projector(broker_, clock_, notes_, options);
  Pump({&projector}, 5);
  EXPECT_FALSE(projector.CaughtUp());
  EXPECT_FALSE(projector.LastError().ok());
  fake_.CreateTopic("later", 1);
  fake_.Append({.topic = "later", .key = "k", .value = "a"});
  Pump({&projector}, 60);
  EXPECT_THAT(notes_.values[(TopicPartition{"later", 0})], ElementsAre("a"));
}

}  // namespace
}  // namespace plazo::kafka
