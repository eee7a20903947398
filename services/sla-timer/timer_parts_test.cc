// The small parts: what a state record says, the command that is sent, the guess of the broker's
// time, what is in flight.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "platform/base/fake/manual_clock.h"
#include "plazo/core/v1/command.pb.h"
#include "services/sla-timer/broker_time.h"
#include "services/sla-timer/firing.h"
#include "services/sla-timer/in_flight.h"
#include "services/sla-timer/state_change.h"
#include "services/sla-timer/testing/state_records.h"

namespace plazo::sla_timer {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNow = 1'900'000'000'000;

kafka::Record RecordOf(const std::string& key, std::optional<std::string> value) {
  kafka::Record record;
  record.offset = 17;
  record.key = key;
  record.value = std::move(value);
  return record;
}

// --- state_change.h ---

TEST(StateChange, TicketSetsItsDeadlines) {
  const auto change = ReadStateChange(
      RecordOf("ticket/a", TicketValue("a", {{"breach.update", kNow}, {"auto_close", kNow + 1}})));
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->offset, 17);
  EXPECT_EQ(std::get<AggregateDeadlines>(change->what),
            (AggregateDeadlines{"ticket/a", {{"breach.update", kNow}, {"auto_close", kNow + 1}}}));
}

TEST(StateChange, TombstoneAndAggregateWithoutDeadlinesClear) {
  for (const char* key : {"ticket/a", "incident/i", "notice/n"}) {
    EXPECT_EQ(std::get<AggregateDeadlines>(ReadStateChange(RecordOf(key, std::nullopt))->what),
              (AggregateDeadlines{key, {}}));
  }
  core::v1::StateRecord state;
  state.mutable_incident()->set_asset("dc1");
  const auto change = ReadStateChange(RecordOf("incident/i", state.SerializeAsString()));
  EXPECT_EQ(std::get<AggregateDeadlines>(change->what), (AggregateDeadlines{"incident/i", {}}));
}

TEST(StateChange, CheckpointTellsProgressAndPoliciesNothing) {
  EXPECT_EQ(
      std::get<LaneProgress>(ReadStateChange(RecordOf("lane", LaneValue(99)))->what).next_offset,
      99);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(
      ReadStateChange(RecordOf("policy/abc", "not even a message"))->what));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(
      ReadStateChange(RecordOf("lane", std::nullopt))->what));
}

TEST(StateChange, RefusesWhatItCannotRead) {
  EXPECT_FALSE(ReadStateChange(RecordOf("ticket/a", "\xff\xff")).ok());
  EXPECT_FALSE(ReadStateChange(RecordOf("ticket/a", TicketValue("a", {{"a|b", kNow}}))).ok());
  EXPECT_FALSE(ReadStateChange(RecordOf("ticket/a", TicketValue("a", {{"a\nb", kNow}}))).ok());
  core::v1::StateRecord state;
  state.mutable_ticket()->add_deadlines()->set_id("x");  // without a due time
  EXPECT_FALSE(ReadStateChange(RecordOf("ticket/a", state.SerializeAsString())).ok());
}

// --- firing.h ---

TEST(Firing, IsACommandToThePartitionOfItsAggregate) {
  const Firing firing{.partition = 5, .aggregate = "ticket/a", .deadline_id = "x", .due_ms = kNow};
  const kafka::OutRecord record =
      MakeTimerFired("plazo.cmd.inbound.v1", firing, absl::FromUnixMillis(kNow + 3));
  core::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(*record.value));
  EXPECT_EQ(record.topic, "plazo.cmd.inbound.v1");
  EXPECT_EQ(record.partition, 5);
  EXPECT_EQ(record.key, "ticket/a");
  EXPECT_EQ(command.aggregate(), "ticket/a");
  EXPECT_EQ(command.tenant(), "");
  EXPECT_EQ(command.actor().kind(), core::v1::ACTOR_KIND_SYSTEM);
  EXPECT_EQ(command.actor().id(), "sla-timer");
  EXPECT_EQ(FromProto(command.received_time()), absl::FromUnixMillis(kNow + 3));
  EXPECT_EQ(command.timer_fired().deadline_id(), "x");
  EXPECT_EQ(FromProto(command.timer_fired().due_time()), absl::FromUnixMillis(kNow));
  const auto header = [&](const char* name) {
    const std::string* value = kafka::FindHeader(record.headers, name);
    return value == nullptr ? std::string("(none)") : *value;
  };
  EXPECT_EQ(header("ce_id"), command.command_id());
  EXPECT_EQ(header("ce_subject"), "ticket/a");
  EXPECT_EQ(header("ce_source"), "sla-timer");
  EXPECT_EQ(header("ce_type"), "plazo.core.v1.Command");
  EXPECT_EQ(header("ce_specversion"), "1.0");
  EXPECT_EQ(header("ce_time"), "2030-03-17T17:46:40.003Z");
  EXPECT_EQ(header("content-type"), "application/protobuf");
}

TEST(Firing, IdFollowsFromTheOccasion) {
  const auto id = [](Firing firing, int64_t now_ms) {
    core::v1::Command command;
    command.ParseFromString(*MakeTimerFired("t", firing, absl::FromUnixMillis(now_ms)).value);
    return command.command_id();
  };
  const Firing firing{.partition = 5, .aggregate = "ticket/a", .deadline_id = "x", .due_ms = kNow};
  Firing other = firing;
  EXPECT_EQ(id(firing, kNow), id(firing, kNow + 1000));
  other.attempt = 1;
  EXPECT_NE(id(firing, kNow), id(other, kNow));
  other = firing;
  other.due_ms++;
  EXPECT_NE(id(firing, kNow), id(other, kNow));
  other = firing;
  other.deadline_id = "y";
  EXPECT_NE(id(firing, kNow), id(other, kNow));
}

// --- broker_time.h ---

TEST(BrokerTime, IsOurClockUntilMeasured) {
  ManualClock clock(kNow);
  BrokerTime time(clock);
  EXPECT_EQ(time.NowMs(), kNow);
  time.Observe(kNow, kNow + 5, -1);  // a report without a time
  EXPECT_EQ(time.NowMs(), kNow);
}

TEST(BrokerTime, StaysOnTheLaterSideAndTightens) {
  ManualClock clock(kNow);
  BrokerTime time(clock);
  // We are 2 s ahead; the report took 40 ms.
  time.Observe(kNow, kNow + 40, kNow - 2000 + 20);
  EXPECT_EQ(time.Skew(), absl::Milliseconds(2020));
  time.Observe(kNow, kNow + 4, kNow - 2000 + 2);
  EXPECT_EQ(time.Skew(), absl::Milliseconds(2002));
  time.Observe(kNow, kNow + 500, kNow - 2000 + 250);  // says nothing new
  EXPECT_EQ(time.Skew(), absl::Milliseconds(2002));
  EXPECT_EQ(time.NowMs(), kNow - 2002);
}

// A record that waited three seconds to be sent says nothing against our clock.
TEST(BrokerTime, ASlowReportMovesNothing) {
  ManualClock clock(kNow);
  BrokerTime time(clock);
  time.Observe(kNow, kNow + 3001, kNow + 3000);
  EXPECT_EQ(time.Skew(), absl::ZeroDuration());
  time.Observe(kNow, kNow + 3001, kNow + 1);
  EXPECT_EQ(time.Skew(), absl::ZeroDuration());
  time.Observe(kNow, kNow + 2, kNow + 1);
  EXPECT_EQ(time.Skew(), absl::Milliseconds(1));
}

TEST(BrokerTime, FollowsAClockThatWasSet) {
  ManualClock clock(kNow);
  BrokerTime time(clock);
  time.Observe(kNow, kNow + 2, kNow + 1);
  time.Observe(kNow + 60'000, kNow + 60'002, kNow + 1);  // ours was put forward
  EXPECT_EQ(time.Skew(), absl::Milliseconds(60'001));
  time.Observe(kNow, kNow + 2, kNow + 1);  // and back
  EXPECT_EQ(time.Skew(), absl::Milliseconds(1));
  // A report that took a minute must not make us a minute late.
  time.Observe(kNow, kNow + 60'000, kNow - 5'000);
  EXPECT_EQ(time.Skew(), absl::Milliseconds(5'100));
}

// --- in_flight.h ---

absl::Duration Ms(int64_t ms) { return absl::Milliseconds(ms); }

TEST(InFlight, UndeliveredIsSentAgainWithGrowingPauses) {
  InFlight in_flight(0);
  Firing firing = in_flight.Add({"ticket/a", "x", kNow});
  absl::Duration now = Ms(1000);
  for (const int64_t pause : {0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000}) {
    in_flight.Failed(firing, now);
    if (pause > 0) {
      EXPECT_THAT(in_flight.Again(0, now + Ms(pause - 1)), IsEmpty());
    }
    EXPECT_EQ(in_flight.AgainAt(), now + Ms(pause));
    now += Ms(pause);
    const std::vector<Firing> again = in_flight.Again(0, now);
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].attempt, firing.attempt + 1);
    EXPECT_EQ(again[0].cause, FiringCause::kUndelivered);
    EXPECT_THAT(in_flight.Again(0, now + Ms(100'000)), IsEmpty());
    firing = again[0];
  }
  EXPECT_EQ(in_flight.size(), 1u);
}

TEST(InFlight, WrittenIsSentAgainOnlyWhenDecided) {
  InFlight in_flight(0);
  const Firing firing = in_flight.Add({"ticket/a", "x", kNow});
  EXPECT_THAT(in_flight.Again(100, Ms(0)), IsEmpty());  // no report yet
  in_flight.Written(firing, 100);
  EXPECT_THAT(in_flight.Again(100, Ms(3'600'000)), IsEmpty());
  const std::vector<Firing> again = in_flight.Again(101, Ms(3'600'000));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].cause, FiringCause::kUnchanged);
  in_flight.Written(firing, 50);  // a report on the former attempt
  EXPECT_THAT(in_flight.Again(102, Ms(7'200'000)), IsEmpty());
  // Decided before its report came.
  in_flight.Written(again[0], 101);
  EXPECT_THAT(in_flight.Again(102, Ms(7'200'000)), SizeIs(0));
  EXPECT_EQ(in_flight.AgainAt(), Ms(7'200'100));
}

TEST(InFlight, LeavesWhenTheDeadlineIsGoneOrHasMoved) {
  InFlight in_flight(0);
  in_flight.Add({"ticket/a", "x", kNow});
  in_flight.Add({"ticket/a", "y", kNow});
  in_flight.Add({"ticket/a", "z", kNow});
  in_flight.Add({"ticket/ab", "x", kNow});
  in_flight.Answered({"ticket/a", {{"x", kNow}, {"y", kNow + 1}}});
  EXPECT_TRUE(in_flight.Holds({"ticket/a", "x", kNow}));
  EXPECT_FALSE(in_flight.Holds({"ticket/a", "y", kNow}));
  EXPECT_FALSE(in_flight.Holds({"ticket/a", "z", kNow}));
  EXPECT_TRUE(in_flight.Holds({"ticket/ab", "x", kNow}));
  EXPECT_EQ(in_flight.size(), 2u);
}

}  // namespace
}  // namespace plazo::sla_timer
