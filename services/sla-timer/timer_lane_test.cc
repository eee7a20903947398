#include "services/sla-timer/timer_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/base/fake/manual_clock.h"
#include "platform/observability/fake/log_capture.h"
#include "services/sla-timer/fake/fake_deadline_index.h"
#include "services/sla-timer/testing/state_records.h"

namespace plazo::sla_timer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'900'000'000'000;
constexpr int64_t kMinute = 60'000;

// A lane of partition 0, with the log it reads played by the test.
class TimerLaneTest : public ::testing::Test {
 protected:
  // What the log holds; Read gives the lane everything from its cursor on.
  void Ticket(const std::string& id, const Armed& armed) {
    Append("ticket/" + id, TicketValue(id, armed));
  }
  void Gone(const std::string& id) { Append("ticket/" + id, std::nullopt); }
  void Checkpoint(int64_t next) { Append("lane", LaneValue(next)); }
  void Append(std::string key, std::optional<std::string> value) {
    kafka::Record record;
    record.topic = "plazo.state.tickets.v1";
    record.offset = static_cast<int64_t>(log_.size());
    record.key = std::move(key);
    record.value = std::move(value);
    log_.push_back(std::move(record));
  }

  void Assign(TimerLane& lane) {
    const auto offset = lane.Assign();
    ASSERT_TRUE(offset.ok()) << offset.status();
    next_ = *offset == kafka::kBeginning ? 0 : *offset;
    if (next_ > static_cast<int64_t>(log_.size())) {
      ASSERT_EQ(lane.OutOfRange(), kafka::kBeginning);
      next_ = 0;
    }
  }
  void Follow(TimerLane& lane) {
    if (const auto offset = lane.TakeMove()) next_ = *offset == kafka::kBeginning ? 0 : *offset;
  }
  absl::Status ReadSome(TimerLane& lane) {
    const std::span<const kafka::Record> unread =
        std::span<const kafka::Record>(log_).subspan(static_cast<size_t>(next_));
    const absl::Status status = unread.empty() ? absl::OkStatus() : lane.Take(unread);
    if (status.ok()) next_ = static_cast<int64_t>(log_.size());
    Follow(lane);
    return status;
  }
  // Until all is read and told.
  void Read(TimerLane& lane) {
    for (int i = 0; i < 5 && !ReadSome(lane).ok(); ++i) {
    }
    ASSERT_EQ(next_, static_cast<int64_t>(log_.size()));
    lane.CaughtUp();
    lane.AtEnd(next_);
    Follow(lane);
  }
  std::vector<Firing> Pump(TimerLane& lane) {
    std::vector<Firing> firings = lane.Pump();
    Follow(lane);
    return firings;
  }
  // Fires all that is due; each is written at the next offset of the command topic.
  std::vector<std::string> Fire(TimerLane& lane) {
    std::vector<std::string> fired;
    for (const Firing& firing : Pump(lane)) {
      fired.push_back(firing.aggregate + " " + firing.deadline_id);
      lane.Written(firing, commands_++);
    }
    return fired;
  }
  void Start() {
    Assign(lane_);
    Read(lane_);
  }
  double Count(observability::Counter& counter) { return counter.Value(); }

  observability::LogCapture quiet_;
  ManualClock clock_{kNow};
  FakeDeadlineIndex index_;
  BrokerTime broker_time_{clock_};
  observability::Metrics registry_;
  TimerMetrics metrics_{registry_};
  const LaneWorld world_{
      index_, clock_, broker_time_, metrics_, {.max_in_flight = 4, .max_apply_records = 3}};
  TimerLane lane_{world_, 0};
  std::vector<kafka::Record> log_;
  int64_t next_ = 0;
  int64_t commands_ = 1000;
};

// --- I6: once, never before it is due ---

TEST_F(TimerLaneTest, FiresADeadlineOnceWhenItHasCome) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  EXPECT_THAT(Fire(lane_), IsEmpty());
  clock_.Advance(absl::Minutes(1) - absl::Milliseconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
  clock_.Advance(absl::Hours(5));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(lane_.in_flight(), 1u);
  Gone("a");
  Read(lane_);
  EXPECT_EQ(lane_.in_flight(), 0u);
  EXPECT_THAT(Fire(lane_), IsEmpty());
}

TEST_F(TimerLaneTest, SleepsUntilTheNextDeadline) {
  Ticket("a", {{"x", kNow + 300}});
  Start();
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(lane_.UntilPump(), absl::Milliseconds(300));
  Ticket("b", {{"x", kNow + 200}});
  Read(lane_);
  EXPECT_EQ(lane_.UntilPump(), absl::Milliseconds(200));
  const int64_t calls = index_.calls();
  clock_.Advance(absl::Milliseconds(199));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(index_.calls(), calls);  // the head is known
}

TEST_F(TimerLaneTest, WaitsForTheEndOfTheLogBeforeItFires) {
  Ticket("a", {{"x", kNow}});
  Gone("a");
  Assign(lane_);
  ASSERT_TRUE(lane_.Take(std::span(log_).first(1)).ok());
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_FALSE(lane_.live());
  next_ = 1;
  Read(lane_);
  EXPECT_TRUE(lane_.live());
  EXPECT_THAT(Fire(lane_), IsEmpty());
}

TEST_F(TimerLaneTest, FiresByTheBrokersTime) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  broker_time_.Observe(kNow, kNow, kNow - 5000);  // ours is 5 s ahead
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

TEST_F(TimerLaneTest, AnEarlyFiringIsMadeAgainWhenItsTimeHasCome) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));  // at 1000, too early by the broker's clock
  broker_time_.Observe(kNow, kNow, kNow - 2000);
  Ticket("a", {{"x", kNow}});  // as it was, says the router
  Checkpoint(1001);
  Read(lane_);
  const std::vector<Firing> again = Pump(lane_);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].cause, FiringCause::kUnchanged);
  EXPECT_EQ(again[0].attempt, 1);
}

// --- I7: nothing for what was moved or satisfied ---

TEST_F(TimerLaneTest, AMovedDeadlineFiresAtItsNewTimeOnly) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  Ticket("a", {{"x", kNow + 3 * kMinute}});
  Read(lane_);
  clock_.Advance(absl::Minutes(2));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

TEST_F(TimerLaneTest, ADeadlineMovedWhileInFlightFiresAgain) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
  Ticket("a", {{"x", kNow + kMinute}});
  Read(lane_);
  EXPECT_EQ(lane_.in_flight(), 0u);
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

// --- firing again ---

TEST_F(TimerLaneTest, ANewCheckpointMayStandBeforeItsStates) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  Checkpoint(1001);
  ASSERT_TRUE(ReadSome(lane_).ok());
  EXPECT_THAT(Fire(lane_), IsEmpty());  // its answer may be the next record
  Gone("a");
  Read(lane_);
  EXPECT_THAT(Fire(lane_), IsEmpty());
}

TEST_F(TimerLaneTest, FiresAgainWhenTheRouterHasPassedItAndItIsStillThere) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  Checkpoint(1000);  // not yet decided
  Read(lane_);
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  Checkpoint(1001);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
  Checkpoint(1002);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), IsEmpty());  // a pause, so that nothing spins
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

TEST_F(TimerLaneTest, FiresAgainWhatWasNotDelivered) {
  Ticket("a", {{"x", kNow}});
  Start();
  const std::vector<Firing> first = Pump(lane_);
  ASSERT_THAT(first, SizeIs(1));
  lane_.Failed(first[0]);
  const std::vector<Firing> second = Pump(lane_);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].attempt, 1);
  EXPECT_EQ(second[0].cause, FiringCause::kUndelivered);
}

TEST_F(TimerLaneTest, KeepsAtMostSoManyInFlight) {
  for (int i = 0; i < 10; ++i) Ticket(std::to_string(i), {{"x", kNow + i}});
  Start();
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/0 x", "ticket/1 x", "ticket/2 x", "ticket/3 x"));
  clock_.Advance(absl::Hours(1));  // nobody decides
  for (int i = 0; i < 100; ++i) EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_GT(lane_.UntilPump(), absl::ZeroDuration() - absl::Seconds(1));
  Gone("1");
  Gone("2");
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/4 x", "ticket/5 x"));
  // One that comes late but is due earlier than all.
  Ticket("z", {{"x", kNow - 5}});
  Gone("0");
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/z x"));
}

TEST_F(TimerLaneTest, EarlierDeadlinesThatComeLateMakeNoMoreThanThat) {
  for (int i = 0; i < 3; ++i) Ticket(std::to_string(i), {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(3));
  for (int i = 3; i < 8; ++i) Ticket(std::to_string(i), {{"x", kNow - 1000}});
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/3 x"));
  EXPECT_EQ(lane_.in_flight(), 4u);
}

// --- I8: any fault of the index heals ---

TEST_F(TimerLaneTest, NoticesAWipeWhileIdle) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  const std::vector<DueDeadline> before = index_.Members(0);
  index_.Wipe();
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_THAT(index_.Members(0), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_FALSE(lane_.live());
  EXPECT_EQ(next_, 0);
  Read(lane_);
  EXPECT_EQ(index_.Members(0), before);
  EXPECT_EQ(Count(metrics_.rebuilt_wiped), 1);
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

TEST_F(TimerLaneTest, NoticesAWipeWhileBusy) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  index_.Wipe();
  Ticket("b", {{"x", kNow + 2 * kMinute}});
  EXPECT_FALSE(ReadSome(lane_).ok());
  EXPECT_EQ(next_, 0);
  Read(lane_);
  EXPECT_THAT(index_.Members(0), SizeIs(2));
}

TEST_F(TimerLaneTest, NoticesThatOnlySomeEntriesAreGone) {
  Ticket("a", {{"x", kNow + kMinute}});
  Ticket("b", {{"x", kNow + kMinute}});
  Start();
  FakeDeadlineIndex::Data data = index_.Snapshot();
  data[0].armed.erase("ticket/a");
  index_.Restore(data);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  Read(lane_);
  EXPECT_EQ(Count(metrics_.rebuilt_mismatch), 1);
  EXPECT_THAT(index_.Members(0), SizeIs(2));
}

// What Kafka already has is not fired again because Redis forgot something.
TEST_F(TimerLaneTest, AWipeFiresNothingTwice) {
  Ticket("a", {{"earlier", kNow}});  // a state without x, that will be read again
  Ticket("a", {{"x", kNow}});
  Ticket("b", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(2));
  index_.Wipe();
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  Gone("b");
  Read(lane_);
  EXPECT_TRUE(lane_.live());
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(lane_.in_flight(), 1u);
  Checkpoint(1001);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

TEST_F(TimerLaneTest, ARollbackRereadsAndFiresNothingSuperseded) {
  Ticket("a", {{"x", kNow + kMinute}});
  Ticket("b", {{"x", kNow + kMinute}});
  Start();
  const FakeDeadlineIndex::Data old = index_.Snapshot();
  Gone("a");
  Read(lane_);
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/b x"));
  Gone("b");
  Read(lane_);
  Ticket("c", {{"x", kNow}});
  Read(lane_);
  index_.Restore(old);                  // both a and b are in it, and due
  EXPECT_THAT(Fire(lane_), IsEmpty());  // c is due, but the answer shows another offset
  EXPECT_EQ(next_, 2);
  EXPECT_FALSE(lane_.live());
  Read(lane_);
  EXPECT_EQ(Count(metrics_.rollbacks), 1);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/c x"));
  EXPECT_THAT(index_.Members(0), ElementsAre(DueDeadline{"ticket/c", "x", kNow}));
}

TEST_F(TimerLaneTest, ALostReplyIsAdopted) {
  Start();
  Fire(lane_);
  Ticket("a", {{"x", kNow + 10}});
  index_.LoseNextReply();
  EXPECT_FALSE(ReadSome(lane_).ok());
  EXPECT_THAT(index_.Members(0), SizeIs(1));
  Read(lane_);
  EXPECT_EQ(Count(metrics_.rollbacks), 0);
  clock_.Advance(absl::Milliseconds(10));
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
}

// The check may adopt it before the records come again.
TEST_F(TimerLaneTest, ALostReplyFoundByTheCheckStillCountsAsRead) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  Gone("a");
  index_.LoseNextReply();
  EXPECT_FALSE(ReadSome(lane_).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(lane_.in_flight(), 1u);
  Read(lane_);
  EXPECT_EQ(lane_.in_flight(), 0u);
}

TEST_F(TimerLaneTest, ALostReplyInTheMiddleOfABatch) {
  for (int i = 0; i < 8; ++i) Ticket(std::to_string(i), {{"x", kNow + kMinute}});
  Assign(lane_);
  ASSERT_TRUE(lane_.Take(std::span(log_).first(1)).ok());
  index_.LoseNextReply();
  EXPECT_FALSE(lane_.Take(std::span(log_)).ok());
  Read(lane_);
  EXPECT_THAT(index_.Members(0), SizeIs(8));
}

TEST_F(TimerLaneTest, AnOutageDelaysAndLosesNothing) {
  Ticket("a", {{"x", kNow + 10}});
  Start();
  index_.SetOutage(absl::UnavailableError("down"));
  Ticket("b", {{"x", kNow + 20}});
  clock_.Advance(absl::Minutes(10));
  EXPECT_FALSE(ReadSome(lane_).ok());
  for (int i = 0; i < 100; ++i) EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_GT(Count(metrics_.index_errors), 0);
  EXPECT_LT(Count(metrics_.index_errors), 10);  // no storm while it is down
  index_.SetOutage(absl::OkStatus());
  clock_.Advance(absl::Seconds(1));
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x", "ticket/b x"));
}

TEST_F(TimerLaneTest, AnOutageDuringTheResetDelaysIt) {
  Ticket("a", {{"x", kNow}});
  Start();
  index_.Wipe();
  clock_.Advance(absl::Seconds(1));
  index_.SetOutage(absl::UnavailableError("down"), /*after_calls=*/1);
  EXPECT_THAT(Fire(lane_), IsEmpty());  // the check sees the wipe, the reset does not get through
  EXPECT_FALSE(lane_.live());
  clock_.Advance(absl::Seconds(10));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  index_.SetOutage(absl::OkStatus());
  index_.LoseNextReply();  // and now it does, but we do not hear of it
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_EQ(next_, 0);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/a x"));
  EXPECT_EQ(Count(metrics_.rebuilt_wiped), 1);
}

// --- I15: takeover ---

TEST_F(TimerLaneTest, AReplacedLaneStopsAndSaysSoOnce) {
  Ticket("a", {{"x", kNow + kMinute}});
  Start();
  TimerLane other(world_, 0);
  Assign(other);
  Ticket("b", {{"x", kNow + kMinute}});
  Read(other);
  next_ = 1;
  EXPECT_FALSE(ReadSome(lane_).ok());
  EXPECT_TRUE(lane_.TakeReplaced());
  EXPECT_FALSE(lane_.TakeReplaced());
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_FALSE(lane_.live());
  EXPECT_EQ(Count(metrics_.stale_epochs), 1);
  EXPECT_THAT(Fire(other), SizeIs(2));
}

TEST_F(TimerLaneTest, AReplacedLaneDoesNotFireWhatItHadReadBefore) {
  Ticket("a", {{"x", kNow + 500}});
  Start();
  EXPECT_THAT(Fire(lane_), IsEmpty());
  TimerLane other(world_, 0);
  Assign(other);
  clock_.Advance(absl::Milliseconds(500));  // before the next check
  EXPECT_THAT(Fire(lane_), IsEmpty());
  EXPECT_TRUE(lane_.TakeReplaced());
}

TEST_F(TimerLaneTest, AParkedLaneGoesOnWhereItWas) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  lane_.Park();
  EXPECT_THAT(Pump(lane_), IsEmpty());
  Assign(lane_);
  EXPECT_EQ(next_, 1);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), IsEmpty());  // is on its way
  EXPECT_EQ(lane_.in_flight(), 1u);
}

TEST_F(TimerLaneTest, AParkedLaneForgetsWhenAnotherHadThePartition) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  lane_.Park();
  TimerLane other(world_, 0);
  Assign(other);
  Assign(lane_);
  Read(lane_);
  EXPECT_THAT(Fire(lane_), SizeIs(1));
}

TEST_F(TimerLaneTest, AnOffsetThatTheLogDoesNotHaveIsNotBelieved) {
  for (int i = 0; i < 5; ++i) Ticket("a", {{"x", kNow}});
  Start();
  log_.clear();
  Ticket("b", {{"x", kNow}});
  lane_.Park();
  Assign(lane_);
  EXPECT_EQ(next_, 0);
  Read(lane_);
  EXPECT_THAT(index_.Members(0), ElementsAre(DueDeadline{"ticket/b", "x", kNow}));
  EXPECT_EQ(Count(metrics_.rebuilt_beyond_end), 1);
}

TEST_F(TimerLaneTest, AnOffsetAheadOfTheLogIsFoundWhileRunning) {
  Ticket("a", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), SizeIs(1));
  FakeDeadlineIndex::Data data = index_.Snapshot();
  data[0].offset = 500;
  data[0].armed = {{"ticket/zombie", {{"x", kNow + kMinute}}}};
  index_.Restore(data);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Fire(lane_), IsEmpty());
  lane_.AtEnd(1);
  Follow(lane_);
  EXPECT_FALSE(lane_.live());
  Read(lane_);
  EXPECT_THAT(index_.Members(0), ElementsAre(DueDeadline{"ticket/a", "x", kNow}));
}

TEST_F(TimerLaneTest, PassesOverWhatItCannotRead) {
  Append("ticket/a", "\xff\xff");
  Ticket("b", {{"x", kNow}});
  Start();
  EXPECT_THAT(Fire(lane_), ElementsAre("ticket/b x"));
  EXPECT_EQ(Count(metrics_.unreadable), 1);
  EXPECT_TRUE(quiet_.Contains("state record passed over"));
}

}  // namespace
}  // namespace plazo::sla_timer
