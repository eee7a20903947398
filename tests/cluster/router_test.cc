// The one arbiter under rebalances, faults and kills: exactly once, whatever happens to it
// (I1-I5, I15).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using kafka::Fault;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kStep = absl::Milliseconds(500);

// Many customers write, agents answer some of them; nothing is waited for.
class Crowd {
 public:
  explicit Crowd(Cluster& cluster) : cluster_(cluster) {
    for (int i = 0; i < 12; ++i) customers_.emplace_back("c" + std::to_string(i));
    for (Customer& customer : customers_) cluster_.Send(customer.Register());
  }

  void WriteAll() {
    for (Customer& customer : customers_) {
      const Command open = customer.Open({.body = "it is slow"});
      cluster_.Send(open);
      tickets_.push_back(TicketIdOf(open));
    }
  }
  void AnswerAll() {
    for (const std::string& ticket : tickets_) {
      cluster_.Send(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
    }
  }
  const std::vector<std::string>& tickets() const { return tickets_; }

 private:
  Cluster& cluster_;
  std::vector<Customer> customers_;
  Agent bea_{"bea"};
  std::vector<std::string> tickets_;
};

TEST(Routers, TwoShareTheLanesAndARebalanceInTheMiddleLosesNothing) {
  Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
  Crowd crowd(cluster);
  crowd.WriteAll();
  cluster.PumpOnce();
  crowd.WriteAll();
  cluster.StartRouter(1);  // joins while commands are under way
  for (int i = 0; i < 3; ++i) cluster.PumpOnce();
  crowd.AnswerAll();
  cluster.Advance(absl::Minutes(1), kStep);
  EXPECT_EQ(cluster.router(0).loop.counters().lanes, kPartitions / 2);
  EXPECT_EQ(cluster.router(1).loop.counters().lanes, kPartitions / 2);

  crowd.WriteAll();
  cluster.PumpOnce();
  cluster.KillRouter(0);  // and does not come back
  crowd.AnswerAll();
  cluster.ExpireSessions();
  cluster.Advance(absl::Minutes(12), absl::Seconds(10));
  EXPECT_EQ(cluster.router(1).loop.counters().lanes, kPartitions);
  EXPECT_GT(cluster.router(1).loop.counters().inputs, 0u);
  for (const std::string& ticket : crowd.tickets()) {
    EXPECT_THAT(cluster.Facts(ticket), Not(IsEmpty())) << ticket;
  }
  ExpectInvariants(cluster);
}

TEST(Routers, ASecondOneWithTheSameIdFencesTheFirst) {
  Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
  Crowd crowd(cluster);
  cluster.Settle();
  RouterProcess twin(cluster.broker(), cluster.clock(), 0);
  crowd.WriteAll();
  for (int i = 0; i < 5; ++i) {
    twin.loop.RunOnce();
    cluster.PumpOnce();
  }
  EXPECT_GE(cluster.router(0).loop.counters().fresh_starts, 1u);
  for (int i = 0; i < 5; ++i) {
    twin.loop.RunOnce();
    cluster.PumpOnce();
  }
  EXPECT_EQ(twin.loop.counters().lanes, kPartitions);
  ExpectOneDecisionPerCommand(cluster);
}

TEST(Routers, ALaneWhoseStateContradictsItsOffsetIsHaltedAndTheOthersGoOn) {
  Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
  Customer ana("ana");
  cluster.Ask(ana.Register());
  const std::string ticket = cluster.Open(ana, {.body = "it is slow"});
  const int32_t lane = kafka::MurmurPartition("ticket/" + ticket, kPartitions);
  cluster.KillRouter();
  cluster.broker().MoveOffset(std::string(kRouterGroup), Topics().inbound, lane, 0);
  cluster.StartRouter();
  cluster.Settle();
  EXPECT_EQ(cluster.router().loop.counters().halted_lanes, 1);
  EXPECT_EQ(cluster.router().loop.counters().lanes, kPartitions - 1);
  ASSERT_FALSE(cluster.router().alarms.empty());
  EXPECT_EQ(cluster.router().alarms[0].kind, kafka::AlarmKind::kLaneHalted);
  EXPECT_EQ(cluster.router().alarms[0].lane, lane);
}

// What reaches the log undecodable is kept for people, and the lane goes on.
TEST(Routers, PoisonGoesToTheDeadLettersWithADecisionOfItsOwn) {
  Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
  Customer ana("ana");
  cluster.Ask(ana.Register());
  const Command open = ana.Open({.body = "it is slow"});
  const std::string& key = open.aggregate();
  const Topics topics;
  cluster.broker().Append({.topic = topics.inbound, .key = key, .value = "\xff\xff"});
  cluster.broker().Append({.topic = topics.inbound, .key = key, .value = std::nullopt});
  Command stray = open;
  stray.set_aggregate("ticket/another");
  cluster.broker().Append(
      {.topic = topics.inbound, .key = key, .value = stray.SerializeAsString()});
  EXPECT_EQ(cluster.Ask(open).outcome(), OUTCOME_APPLIED);
  std::vector<std::string> reasons;
  for (const kafka::Record& record : cluster.broker().Records(topics.dead_letters)) {
    EXPECT_EQ(record.key, key);
    reasons.push_back(*record.FindHeader("x-error"));
  }
  EXPECT_THAT(reasons, ElementsAre("UNDECODABLE", "UNDECODABLE", "KEY_MISMATCH"));
  ExpectOneDecisionPerCommand(cluster);
}

// A client that is not sure sends again; it gets the first outcome, and one ticket.
TEST(Routers, ARepeatedRequestIsAnsweredWithTheFirstOutcome) {
  Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
  Customer ana("ana");
  cluster.Ask(ana.Register());
  const Command open = ana.Open({.body = "it is slow"});
  cluster.Send(open);
  cluster.Send(open);
  cluster.Settle();
  cluster.StartRouter();
  EXPECT_EQ(cluster.Ask(open).outcome(), OUTCOME_REPEATED);
  Command other = open;
  other.mutable_open_ticket()->mutable_content()->set_body("something else");
  other.set_command_id("other");
  EXPECT_EQ(cluster.Ask(other).reason(), "REQUEST_ID_REUSED");
  EXPECT_THAT(cluster.MailLines(ana.address()), ElementsAre("00:00 acknowledgement"));
  ExpectInvariants(cluster);
}

// --- every step of the loop ---

struct Row {
  const char* name;
  Fault fault;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class RouterFaults : public ::testing::TestWithParam<Row> {
 protected:
  // A ticket from its opening to a missed promise and on; `n` = at which call the fault strikes.
  // False when there were not so many calls.
  bool Play(Cluster& cluster, int n, bool kill) {
    int struck = 0;
    if (n > 0) cluster.router().broker.FailNext(GetParam().fault, n);
    cluster.AfterEachStep([&] {
      if (n == 0 || cluster.router().broker.Struck(GetParam().fault) == 0) return;
      ++struck;
      n = 0;
      if (kill) cluster.StartRouter();
    });
    Customer ana("ana"), ben("ben");
    Agent bea("bea");
    cluster.Send(ana.Register());
    cluster.Send(ben.Register());
    const Command first = ana.Open({.body = "it is slow"});
    const Command second = ben.Open({.body = "it is slow"});
    cluster.Send(first);
    cluster.Send(second);
    // One that lives on backs off and needs time; one that was killed is back at once.
    const absl::Duration step = kill ? absl::InfiniteDuration() : absl::Seconds(20);
    cluster.Advance(absl::Minutes(8), step);
    cluster.Send(bea.Reply(TicketIdOf(first), "…"));
    cluster.Send(bea.Escalate(TicketIdOf(first), "server-access"));
    cluster.Advance(absl::Minutes(4), step);
    cluster.Send(bea.Resolve(TicketIdOf(second), "…"));
    cluster.Advance(absl::Seconds(30), step);
    cluster.AfterEachStep(nullptr);
    return struck > 0;
  }

  static std::map<std::string, std::string> StatesOf(const Cluster& cluster) {
    std::map<std::string, std::string> states;
    for (const auto& [key, state] : cluster.States()) states[key] = state.ShortDebugString();
    return states;
  }
  std::map<std::string, std::string> Undisturbed() {
    Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
    Play(cluster, 0, /*kill=*/true);
    return StatesOf(cluster);
  }
};

// Dropped at any step and started again at once, it leaves what it would have left.
TEST_P(RouterFaults, ARouterKilledThereLeavesTheSameStates) {
  const std::map<std::string, std::string> undisturbed = Undisturbed();
  int strikes = 0;
  for (int n : {1, 2, 4, 8, 16}) {
    Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
    if (!Play(cluster, n, /*kill=*/true)) break;
    ++strikes;
    SCOPED_TRACE("call " + std::to_string(n));
    EXPECT_EQ(StatesOf(cluster), undisturbed);
    ExpectInvariants(cluster);
    if (HasFailure()) return;
  }
  EXPECT_GT(strikes, 0);
}

// Left alone, it finds out by itself what became of its transaction.
TEST_P(RouterFaults, ARouterThatLivesOnResolvesIt) {
  int strikes = 0;
  for (int n : {1, 2, 4, 8, 16}) {
    Cluster cluster(TuesdayMorning(), IntroservReadingLittle());
    if (!Play(cluster, n, /*kill=*/false)) break;
    ++strikes;
    SCOPED_TRACE("call " + std::to_string(n));
    cluster.Advance(absl::Seconds(60), absl::Seconds(3));
    EXPECT_TRUE(cluster.router().loop.Running());
    ExpectInvariants(cluster);
    if (HasFailure()) return;
  }
  EXPECT_GT(strikes, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Steps, RouterFaults,
    ::testing::Values(Row{"poll", Fault::kPoll}, Row{"poll_fatal", Fault::kPollFatal},
                      Row{"fenced_instance", Fault::kPollInstanceFenced},
                      Row{"begin", Fault::kBegin}, Row{"produce", Fault::kProduce},
                      Row{"delivery", Fault::kDelivery}, Row{"flush", Fault::kFlush},
                      Row{"send_offsets", Fault::kSendOffsets},
                      Row{"send_offsets_fenced", Fault::kSendOffsetsFenced},
                      Row{"commit_request_lost", Fault::kCommitLostRequest},
                      Row{"commit_answer_lost", Fault::kCommitLostAnswer},
                      Row{"commit_fenced", Fault::kCommitFenced}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace plazo::cluster
