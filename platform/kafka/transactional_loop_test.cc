#include "platform/kafka/transactional_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/kafka/loop/numbering_fixture.h"

namespace plazo::kafka {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int32_t kLanes = 4;
constexpr int64_t kNow = 1'700'000'000'000;

// One process: its faults, its state, its loop.
struct Process {
  Process(FakeBroker& fake, const Clock& clock, TransactionalLoopOptions options)
      : broker(fake),
        loop(broker, clock, processor, std::move(options),
             [this](const Alarm& alarm) { alarms.push_back(alarm); }) {}

  std::set<AlarmKind> Kinds() const {
    std::set<AlarmKind> kinds;
    for (const Alarm& alarm : alarms) kinds.insert(alarm.kind);
    return kinds;
  }

  BreakableBroker broker;
  NumberingProcessor processor;
  std::vector<Alarm> alarms;
  TransactionalLoop loop;
};

class TransactionalLoopTest : public ::testing::Test {
 protected:
  TransactionalLoopTest() : clock_(kNow), fake_(clock_) {
    fake_.CreateTopic("in", kLanes);
    fake_.CreateTopic("out", kLanes);
    fake_.CreateTopic("state", kLanes);
  }

  static TransactionalLoopOptions Options(const std::string& instance = "loop-0") {
    return {.input_topic = "in",
            .group = "loop",
            .instance = instance,
            .state_topics = {"state"},
            .output_topics = {"out", "state"},
            .pace = absl::ZeroDuration(),
            .poll_timeout = absl::ZeroDuration()};
  }

  std::unique_ptr<Process> Start(const std::string& instance = "loop-0") {
    return std::make_unique<Process>(fake_, clock_, Options(instance));
  }

  void Feed(int count) {
    for (int i = 0; i < count; ++i, ++fed_) {
      fake_.Append({.topic = "in",
                    .partition = fed_ % kLanes,
                    .key = "key-" + std::to_string(fed_ % 7),
                    .value = std::to_string(fed_)});
    }
  }

  // Lets the processes take turns until nothing happens, the clock moving on.
  void Pump(const std::vector<Process*>& processes, int turns = 60) {
    for (int turn = 0; turn < turns; ++turn) {
      for (Process* process : processes) process->loop.RunOnce();
      clock_.Advance(absl::Milliseconds(200));
    }
  }

  // Every input of the lane was answered once, in order; the offsets fit.
  void ExpectExactlyOnce(int32_t lane) const {
    const std::vector<Record> in = fake_.Records("in", lane);
    const std::vector<Record> out = fake_.Records("out", lane);
    ASSERT_EQ(out.size(), in.size()) << "lane " << lane;
    for (size_t i = 0; i < in.size(); ++i) {
      EXPECT_EQ(*out[i].FindHeader("x-origin"), std::to_string(in[i].offset));
      EXPECT_EQ(out[i].key, in[i].key);
      EXPECT_TRUE(out[i].value->starts_with(std::to_string(i + 1) + "/")) << *out[i].value;
    }
    if (!in.empty()) {
      EXPECT_EQ(fake_.CommittedOffset("loop", "in", lane), in.back().offset + 1);
    }
  }
  void ExpectExactlyOnce() const {
    for (int32_t lane = 0; lane < kLanes; ++lane) ExpectExactlyOnce(lane);
  }

  ManualClock clock_;
  FakeBroker fake_;
  int fed_ = 0;
};

TEST_F(TransactionalLoopTest, EveryInputIsAnsweredOnceAndInOrder) {
  auto process = Start();
  Feed(50);
  Pump({process.get()}, 5);
  Feed(50);
  Pump({process.get()}, 5);
  ExpectExactlyOnce();
  EXPECT_THAT(process->alarms, IsEmpty());
  const LoopCounters& counters = process->loop.counters();
  EXPECT_EQ(counters.inputs, 100U);
  EXPECT_EQ(counters.outputs, 100U * 2 + kLanes * 2U);
  EXPECT_EQ(counters.transactions, 2U);
  EXPECT_EQ(counters.lanes, kLanes);
  EXPECT_EQ(counters.fresh_starts, 0U);
  EXPECT_TRUE(process->loop.Running());
}

TEST_F(TransactionalLoopTest, ARestartGoesOnFromTheRestoredState) {
  auto process = Start();
  Feed(50);
  Pump({process.get()}, 5);
  const auto before = process->processor.lanes();
  process.reset();
  process = Start();
  Pump({process.get()}, 5);
  for (const auto& [lane, state] : process->processor.lanes()) {
    EXPECT_EQ(state.next, before.at(lane).next);
    EXPECT_EQ(state.keys, before.at(lane).keys);
  }
  Feed(50);
  Pump({process.get()}, 5);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, ARestoreSkipsWhatAnAbortedTransactionLeft) {
  auto process = Start();
  Feed(20);
  process->broker.FailNext(Fault::kSendOffsets);
  Pump({process.get()}, 10);
  process = Start();
  Feed(20);
  Pump({process.get()}, 10);
  ExpectExactlyOnce();
}

// --- every failure, at its first, second and third occasion

class FaultTest : public TransactionalLoopTest,
                  public ::testing::WithParamInterface<std::tuple<Fault, int>> {};

TEST_P(FaultTest, DoesNotLoseDoubleOrReorder) {
  const auto [fault, occasion] = GetParam();
  auto process = Start();
  process->broker.FailNext(fault, occasion);
  // Reading committed offsets matters in doubt, too.
  if (fault == Fault::kCommitted) process->broker.FailNext(Fault::kCommitLostAnswer, 2);
  for (int i = 0; i < 8; ++i) {
    Feed(13);
    Pump({process.get()}, 3);
  }
  Pump({process.get()}, 500);  // a fenced instance stays away for more than a session
  EXPECT_EQ(process->broker.Struck(fault), 1);
  ExpectExactlyOnce();
  EXPECT_THAT(process->Kinds(), Not(Contains(AlarmKind::kLaneHalted)));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultTest,
    ::testing::Combine(::testing::Values(Fault::kBegin, Fault::kProduce, Fault::kDelivery,
                                         Fault::kFlush, Fault::kSendOffsets,
                                         Fault::kSendOffsetsFenced, Fault::kCommitLostRequest,
                                         Fault::kCommitLostAnswer, Fault::kCommitFenced,
                                         Fault::kPoll, Fault::kPollFatal,
                                         Fault::kPollInstanceFenced),
                       ::testing::Values(1, 2, 3)));
INSTANTIATE_TEST_SUITE_P(StartFaults, FaultTest,
                         ::testing::Values(std::tuple(Fault::kInit, 1),
                                           std::tuple(Fault::kReaderPoll, 1),
                                           std::tuple(Fault::kCommitted, 1),
                                           std::tuple(Fault::kCommitted, 2)));

// --- doubt

TEST_F(TransactionalLoopTest, ADoubtfulCommitThatHappenedIsNotRunAgain) {
  auto process = Start();
  Feed(10);
  process->broker.FailNext(Fault::kCommitLostAnswer);
  Pump({process.get()});
  EXPECT_EQ(process->processor.processed, 1);
  EXPECT_EQ(process->loop.counters().doubts, 1U);
  EXPECT_EQ(process->loop.counters().doubts_committed, 1U);
  EXPECT_EQ(process->loop.counters().fresh_starts, 0U);
  EXPECT_EQ(process->processor.restored, kLanes);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, ADoubtfulCommitThatDidNotHappenIsRunAgain) {
  auto process = Start();
  Feed(10);
  Pump({process.get()}, 5);
  Feed(10);
  process->broker.FailNext(Fault::kCommitLostRequest);
  Pump({process.get()});
  EXPECT_EQ(process->processor.processed, 4);  // in two halves
  EXPECT_EQ(process->loop.counters().doubts_aborted, 1U);
  EXPECT_EQ(process->loop.counters().fresh_starts, 0U);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, NoOffsetYetCountsAsTheStartOfTheBatch) {
  auto process = Start();
  Feed(10);
  process->broker.FailNext(Fault::kCommitLostRequest);
  Pump({process.get()});
  EXPECT_EQ(process->loop.counters().doubts_aborted, 1U);
  EXPECT_EQ(process->processor.processed, 3);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, MixedOffsetsStartAfreshAndOnlyTheContradictedLaneIsHalted) {
  auto process = Start();
  Feed(8);
  Pump({process.get()}, 5);
  Feed(8);
  process->broker.FailNext(Fault::kCommitLostRequest);
  process->broker.FailNext(Fault::kInit, 1);  // stay in doubt for a moment
  process->loop.RunOnce();
  ASSERT_FALSE(process->loop.Running());
  fake_.MoveOffset("loop", "in", 2, 4);
  Pump({process.get()});
  EXPECT_EQ(process->loop.counters().fresh_starts, 1U);
  EXPECT_EQ(process->loop.counters().halted_lanes, 1);
  EXPECT_THAT(process->Kinds(), Contains(AlarmKind::kLaneHalted));
  Feed(8);
  Pump({process.get()});
  for (const int32_t lane : {0, 1, 3}) ExpectExactlyOnce(lane);
}

TEST_F(TransactionalLoopTest, FencingInDoubtStartsAfreshWithoutLossOrRepeat) {
  auto process = Start();
  Feed(8);
  process->broker.FailNext(Fault::kCommitFenced);
  Pump({process.get()});
  EXPECT_EQ(process->loop.counters().fresh_starts, 1U);
  EXPECT_EQ(process->loop.counters().doubts, 0U);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, AnotherProducerWithOurIdFencesUs) {
  auto process = Start();
  Feed(8);
  Pump({process.get()}, 5);
  auto rival = *fake_.MakeTransactionalProducer({.id = "loop-0"});
  ASSERT_TRUE(rival->Init({"out"}, absl::ZeroDuration()).ok());
  Feed(8);
  Pump({process.get()});
  EXPECT_GE(process->loop.counters().doubts + process->loop.counters().fresh_starts, 1U);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, ALongOutageInDoubtEndsWithItsResolution) {
  auto process = Start();
  Feed(8);
  Pump({process.get()}, 5);
  Feed(8);
  process->broker.FailNext(Fault::kCommitLostAnswer);
  process->loop.RunOnce();
  process->broker.SetDown(true);
  Pump({process.get()}, 300);
  EXPECT_FALSE(process->loop.Running());
  process->broker.SetDown(false);
  Pump({process.get()}, 100);
  EXPECT_TRUE(process->loop.Running());
  EXPECT_EQ(process->loop.counters().doubts_committed, 1U);
  Feed(8);
  Pump({process.get()}, 5);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, AFencedInstanceStaysAwayForMoreThanASession) {
  auto process = Start();
  Feed(4);
  Pump({process.get()}, 5);
  process->broker.FailNext(Fault::kPollInstanceFenced);
  process->loop.RunOnce();
  EXPECT_THAT(process->Kinds(), Contains(AlarmKind::kInstanceFenced));
  clock_.Advance(absl::Seconds(30));
  process->loop.RunOnce();
  EXPECT_FALSE(process->loop.Running());
  clock_.Advance(absl::Seconds(31));
  Feed(4);
  Pump({process.get()}, 10);
  ExpectExactlyOnce();
}

// --- rebalance

TEST_F(TransactionalLoopTest, LanesMoveBetweenProcessesWithoutLossOrRepeat) {
  auto first = Start("loop-0");
  Feed(20);
  Pump({first.get()}, 5);
  auto second = Start("loop-1");
  for (int i = 0; i < 10; ++i) {
    Feed(5);
    Pump({first.get(), second.get()}, 2);
  }
  Pump({first.get(), second.get()}, 10);
  EXPECT_EQ(first->loop.counters().lanes, 2);
  EXPECT_EQ(second->loop.counters().lanes, 2);
  EXPECT_EQ(first->loop.counters().fresh_starts, 0U);
  second.reset();
  fake_.ExpireSessions();
  Feed(20);
  Pump({first.get()}, 20);
  EXPECT_EQ(first->loop.counters().lanes, kLanes);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, AParkedLaneThatComesBackIsNotRestored) {
  auto first = Start("loop-0");
  Feed(20);
  Pump({first.get()}, 5);
  ASSERT_EQ(first->processor.restored, kLanes);
  auto second = Start("loop-1");
  Pump({first.get(), second.get()}, 10);
  ASSERT_EQ(first->loop.counters().lanes, 2);
  EXPECT_EQ(first->processor.restored, kLanes) << "the two it keeps were only parked";
  EXPECT_EQ(first->processor.lanes().size(), 2U) << "the two it lost are forgotten";
  EXPECT_EQ(second->processor.restored, 2);
  Feed(20);
  Pump({first.get(), second.get()}, 10);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, WhatWasPolledBeforeARevocationIsLeftToTheNextOwner) {
  auto options = Options("loop-0");
  options.pace = absl::Milliseconds(3);
  Process first(fake_, clock_, options);
  Feed(8);
  Pump({&first}, 5);
  Feed(4);
  first.loop.RunOnce();
  Feed(8);
  first.loop.RunOnce();  // polled, and the pace does not allow a transaction yet
  ASSERT_EQ(first.loop.counters().inputs, 12U);
  auto second = Start("loop-1");
  second->loop.RunOnce();
  second->loop.RunOnce();  // asks for its share
  Pump({&first, second.get()}, 20);
  EXPECT_EQ(first.loop.counters().lanes, 2);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, APartitionTakenAwayInDoubtStartsAfresh) {
  auto first = Start("loop-0");
  Feed(8);
  Pump({first.get()}, 5);
  Feed(8);
  first->broker.FailNext(Fault::kCommitLostAnswer);
  for (int n = 1; n <= 3; ++n) first->broker.FailNext(Fault::kInit, n);
  first->loop.RunOnce();
  auto second = Start("loop-1");
  Pump({second.get(), first.get()}, 40);
  EXPECT_GE(first->loop.counters().fresh_starts, 1U);
  EXPECT_EQ(first->loop.counters().doubts_committed, 0U) << "it is not ours to say";
  Feed(8);
  Pump({second.get(), first.get()}, 40);
  ExpectExactlyOnce();
}

// --- restore

TEST_F(TransactionalLoopTest, AStateThatContradictsTheOffsetHaltsItsLaneAlone) {
  auto process = Start();
  Feed(20);
  Pump({process.get()}, 5);
  process.reset();
  fake_.Append({.topic = "state", .partition = 1, .key = "lane", .value = "3:3"});
  process = Start();
  Feed(20);
  Pump({process.get()}, 10);
  EXPECT_EQ(process->loop.counters().halted_lanes, 1);
  ASSERT_EQ(process->alarms.size(), 1U);
  EXPECT_EQ(process->alarms[0].kind, AlarmKind::kLaneHalted);
  EXPECT_EQ(process->alarms[0].lane, 1);
  for (const int32_t lane : {0, 2, 3}) ExpectExactlyOnce(lane);
  EXPECT_EQ(fake_.Records("out", 1).size(), 5U) << "what it did before";
}

TEST_F(TransactionalLoopTest, ARestoreWaitsForTheOpenTransactionOfADeadProcess) {
  auto process = Start();
  Feed(20);
  Pump({process.get()}, 5);
  process.reset();
  fake_.ExpireSessions();
  auto dead =
      *fake_.MakeTransactionalProducer({.id = "loop-7", .transaction_timeout = absl::Seconds(8)});
  ASSERT_TRUE(dead->Init({"state"}, absl::ZeroDuration()).ok());
  ASSERT_TRUE(dead->Begin().ok());
  ASSERT_TRUE(
      dead->Produce({.topic = "state", .partition = 0, .key = "lane", .value = "99:99"}).ok());
  process = Start();
  Feed(20);
  Pump({process.get()}, 10);
  EXPECT_EQ(process->loop.counters().lanes, 0) << "the mark is out of reach";
  Pump({process.get()}, 100);
  EXPECT_EQ(process->loop.counters().lanes, kLanes);
  EXPECT_EQ(process->loop.counters().halted_lanes, 0);
  ExpectExactlyOnce();
}

// --- sizes

TEST_F(TransactionalLoopTest, AnInputWithATooLargeOutputIsRefusedByName) {
  auto options = Options();
  options.max_record_bytes = {{"out", 1000}};
  Process process(fake_, clock_, options);
  Feed(5);
  fake_.Append({.topic = "in", .partition = 1, .key = "big", .value = std::string(2000, 'x')});
  Feed(5);
  Pump({&process}, 5);
  EXPECT_EQ(process.loop.counters().too_large, 1U);
  EXPECT_THAT(process.Kinds(), Contains(AlarmKind::kInputTooLarge));
  ExpectExactlyOnce();
  int refused = 0;
  for (const Record& each : fake_.Records("out", 1)) refused += each.value->ends_with("/too large");
  EXPECT_EQ(refused, 1);
}

TEST_F(TransactionalLoopTest, AnInputThatCannotEvenBeRefusedHaltsItsLane) {
  auto options = Options();
  options.max_record_bytes = {{"out", 200}};
  Process process(fake_, clock_, options);
  Feed(4);
  fake_.Append({.topic = "in", .partition = 1, .key = std::string(300, 'k'), .value = "x"});
  Feed(4);
  Pump({&process}, 10);
  EXPECT_EQ(process.loop.counters().halted_lanes, 1);
  for (const int32_t lane : {0, 2, 3}) ExpectExactlyOnce(lane);
}

TEST_F(TransactionalLoopTest, AProcessorThatStopsEarlyGetsTheRestInTheNextBatch) {
  auto options = Options();
  options.max_batch_output_bytes = 1000;
  Process process(fake_, clock_, options);
  Feed(60);
  Pump({&process}, 40);
  EXPECT_GT(process.loop.counters().transactions, 5U);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, ABatchHoldsAtMostSoManyInputs) {
  auto options = Options();
  options.max_batch_inputs = 7;
  Process process(fake_, clock_, options);
  Feed(70);
  Pump({&process}, 30);
  EXPECT_GE(process.loop.counters().transactions, 10U);
  ExpectExactlyOnce();
}

// A broker that is too slow for a large batch would be too slow for the same one again, for ever.
TEST_F(TransactionalLoopTest, ABatchThatAbortsIsTriedWithHalfOfItsInputs) {
  auto process = Start();
  Feed(64);
  for (int n = 1; n <= 3; ++n) process->broker.FailNext(Fault::kCommitLostRequest, n);
  for (int turn = 0; turn < 60 && process->loop.counters().transactions == 0; ++turn) {
    Pump({process.get()}, 1);
  }
  EXPECT_EQ(process->loop.counters().last_batch_inputs, 8);
  for (const int64_t inputs : {16, 32, 8}) {
    process->loop.RunOnce();
    EXPECT_EQ(process->loop.counters().last_batch_inputs, inputs);
  }
  ExpectExactlyOnce();
}

// --- time

TEST_F(TransactionalLoopTest, ARecordFromTheFutureWaitsWhileOtherLanesGoOn) {
  ManualClock behind(kNow - 90'000);  // ours
  Process process(fake_, behind, Options());
  clock_.Set(kNow - 90'000);
  fake_.Append({.topic = "in", .partition = 0, .key = "a", .value = "now"});
  clock_.Set(kNow);
  fake_.Append({.topic = "in", .partition = 0, .key = "a", .value = "ahead"});
  clock_.Set(kNow - 90'000);
  fake_.Append({.topic = "in", .partition = 0, .key = "a", .value = "behind it"});
  fake_.Append({.topic = "in", .partition = 1, .key = "a", .value = "other"});
  const auto pump = [&] {
    for (int i = 0; i < 5; ++i) process.loop.RunOnce();
  };
  pump();
  EXPECT_EQ(fake_.Records("out", 0).size(), 1U);
  EXPECT_EQ(fake_.Records("out", 1).size(), 1U);
  EXPECT_EQ(process.loop.counters().waiting_lanes, 1);
  EXPECT_THAT(process.Kinds(), Contains(AlarmKind::kRecordAhead));
  behind.Advance(absl::Seconds(29));
  pump();
  EXPECT_EQ(fake_.Records("out", 0).size(), 1U);
  behind.Advance(absl::Seconds(1));
  pump();
  EXPECT_EQ(process.loop.counters().waiting_lanes, 0);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, TimeThatWentBackIsAlarmedOnce) {
  auto process = Start();
  Feed(1);
  clock_.Set(kNow - 5'000);
  for (int i = 0; i < 3; ++i) {
    fake_.Append({.topic = "in", .partition = 0, .key = "a", .value = "x"});
  }
  Pump({process.get()}, 5);
  int alarms = 0;
  for (const Alarm& alarm : process->alarms) alarms += alarm.kind == AlarmKind::kTimeWentBack;
  EXPECT_EQ(alarms, 1);
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, InputsPolledAgainAfterAFreshStartAreNotTimeGoingBack) {
  auto process = Start();
  Feed(4);
  Pump({process.get()}, 5);
  process->broker.FailNext(Fault::kSendOffsetsFenced);
  Feed(4);
  clock_.Advance(absl::Seconds(5));
  Feed(4);
  Pump({process.get()});
  EXPECT_EQ(process->loop.counters().fresh_starts, 1U);
  EXPECT_THAT(process->Kinds(), Not(Contains(AlarmKind::kTimeWentBack)));
  ExpectExactlyOnce();
}

TEST_F(TransactionalLoopTest, ABatchWaitsForThePace) {
  auto options = Options();
  options.pace = absl::Milliseconds(3);
  Process process(fake_, clock_, options);
  for (int i = 0; i < 3; ++i) process.loop.RunOnce();
  Feed(1);
  process.loop.RunOnce();
  EXPECT_EQ(process.loop.counters().transactions, 1U) << "an idle loop starts at once";
  Feed(1);
  process.loop.RunOnce();
  EXPECT_EQ(process.loop.counters().transactions, 1U);
  clock_.Advance(absl::Milliseconds(3));
  process.loop.RunOnce();
  EXPECT_EQ(process.loop.counters().transactions, 2U);
}

// --- poison

TEST_F(TransactionalLoopTest, AnInputTheProcessDiedOverTwiceIsRefusedUndecided) {
  char pattern[] = "/tmp/plazo-loop-XXXXXX";
  const std::string dir = mkdtemp(pattern);
  std::ofstream(dir + "/poison") << "1 2 2 2\nend\n";
  auto options = Options();
  options.poison_file = dir + "/poison";
  Feed(20);
  Process process(fake_, clock_, options);
  Pump({&process}, 20);
  EXPECT_THAT(process.Kinds(), Contains(AlarmKind::kUndecidable));
  EXPECT_EQ(process.loop.counters().undecidable, 1U);
  ExpectExactlyOnce();
  EXPECT_TRUE(fake_.Records("out", 1)[2].value->ends_with("/undecidable"));
  EXPECT_FALSE(fake_.Records("out", 1)[1].value->ends_with("/undecidable"));
  std::filesystem::remove_all(dir);
}

// --- all of it together

TEST_F(TransactionalLoopTest, ManyFaultsRestartsAndRebalancesLoseNothing) {
  constexpr Fault kAll[] = {Fault::kInit,        Fault::kBegin,
                            Fault::kProduce,     Fault::kDelivery,
                            Fault::kFlush,       Fault::kSendOffsets,
                            Fault::kCommitted,   Fault::kSendOffsetsFenced,
                            Fault::kReaderPoll,  Fault::kCommitLostRequest,
                            Fault::kPollFatal,   Fault::kCommitLostAnswer,
                            Fault::kCommitFenced};
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::unique_ptr<Process> processes[2] = {Start("loop-0"), Start("loop-1")};
  for (int round = 0; round < 300; ++round) {
    Feed(draw(30));
    Process& victim = *processes[draw(2)];
    victim.broker.FailNext(kAll[draw(std::size(kAll))], 1 + draw(3));
    const int which = draw(2);
    if (draw(10) == 0) {
      processes[which].reset();  // dies where it stands, transaction open or not
      if (draw(2) == 0) fake_.ExpireSessions();
      processes[which] = Start("loop-" + std::to_string(which));
    }
    Pump({processes[0].get(), processes[1].get()}, 1 + draw(6));
  }
  processes[0] = Start("loop-0");
  processes[1] = Start("loop-1");
  Pump({processes[0].get(), processes[1].get()}, 100);
  ExpectExactlyOnce();
  for (const auto& process : processes) {
    EXPECT_THAT(process->Kinds(), Not(Contains(AlarmKind::kLaneHalted)));
  }
}

}  // namespace
}  // namespace plazo::kafka
