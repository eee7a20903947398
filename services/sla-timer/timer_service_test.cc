// The whole service in one process, pumped by hand: a broker with honest transactions, an index
// that fails in every way Redis does, and a router of thirty lines.

#include "services/sla-timer/timer_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "domain/core/proto_time.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/observability/fake/log_capture.h"
#include "plazo/core/v1/command.pb.h"
#include "services/sla-timer/fake/fake_deadline_index.h"
#include "services/sla-timer/redis_keys.h"
#include "services/sla-timer/testing/state_records.h"

namespace plazo::sla_timer {
namespace {

constexpr int64_t kNow = 1'900'000'000'000;
constexpr int32_t kLanes = 2;
constexpr char kCommands[] = "plazo.cmd.inbound.v1";
constexpr char kStates[] = "plazo.state.tickets.v1";

using Occasion = std::tuple<std::string, std::string, int64_t>;  // aggregate, deadline id, due time

// Decides firings as the real router does, and nothing else.
class MiniRouter {
 public:
  explicit MiniRouter(kafka::FakeBroker& broker) : broker_(broker) {
    auto made = broker.MakeTransactionalProducer({.id = "router"});
    EXPECT_TRUE(made.ok());
    producer_ = *std::move(made);
    EXPECT_TRUE(producer_->Init({kStates}, absl::Seconds(1)).ok());
  }

  // Somebody changed a ticket: these are its deadlines now.
  void Set(const std::string& ticket, const std::map<std::string, int64_t>& deadlines) {
    const std::string key = "ticket/" + ticket;
    const int32_t lane = kafka::MurmurPartition(key, kLanes);
    for (const auto& [id, due] : deadlines) promised.insert({key, id, due});
    deadlines_[lane][key] = deadlines;
    Commit({StateOf(lane, key)});
  }

  // Decides what has come in. True when there was anything.
  bool Decide() {
    bool any = false;
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      const std::vector<kafka::Record> inbound = broker_.Records(kCommands, lane);
      std::set<std::string> touched;
      for (; next_[lane] < static_cast<int64_t>(inbound.size()); ++next_[lane]) {
        touched.insert(DecideOne(lane, inbound[static_cast<size_t>(next_[lane])]));
      }
      if (touched.empty()) continue;
      std::vector<kafka::OutRecord> out;
      for (const std::string& key : touched) out.push_back(StateOf(lane, key));
      const kafka::OutRecord checkpoint{kStates, lane, "lane", LaneValue(next_[lane]), {}};
      // In either order: nothing is promised within a transaction.
      out.insert(checkpoint_first ? out.begin() : out.end(), checkpoint);
      Commit(out);
      any = true;
    }
    return any;
  }

  std::vector<DueDeadline> Armed(int32_t lane) const {
    std::vector<DueDeadline> all;
    const auto found = deadlines_.find(lane);
    if (found == deadlines_.end()) return all;
    for (const auto& [key, deadlines] : found->second) {
      for (const auto& [id, due] : deadlines) all.push_back({key, id, due});
    }
    std::sort(all.begin(), all.end(), [](const DueDeadline& a, const DueDeadline& b) {
      return std::tuple(a.due_ms, DueMember(a.aggregate, a.id)) <
             std::tuple(b.due_ms, DueMember(b.aggregate, b.id));
    });
    return all;
  }

  bool checkpoint_first = false;
  std::set<Occasion> promised;
  std::map<Occasion, int> news;  // how often each was decided as news
  int early = 0;
  int stale = 0;

 private:
  std::string DecideOne(int32_t lane, const kafka::Record& record) {
    core::v1::Command command;
    EXPECT_TRUE(command.ParseFromString(*record.value));
    const std::string& id = command.timer_fired().deadline_id();
    const int64_t due = absl::ToUnixMillis(FromProto(command.timer_fired().due_time()));
    std::map<std::string, int64_t>& deadlines = deadlines_[lane][record.key];
    const auto found = deadlines.find(id);
    if (found == deadlines.end() || found->second != due) {
      ++stale;
    } else if (due > record.timestamp_ms) {
      ++early;
    } else {
      ++news[{record.key, id, due}];
      deadlines.erase(found);
    }
    return record.key;
  }

  kafka::OutRecord StateOf(int32_t lane, const std::string& key) {
    const std::map<std::string, int64_t>& deadlines = deadlines_[lane][key];
    kafka::OutRecord record{kStates, lane, key, std::nullopt, {}};
    if (!deadlines.empty()) {
      record.value = TicketValue(key, {deadlines.begin(), deadlines.end()});
    }
    return record;
  }

  void Commit(const std::vector<kafka::OutRecord>& records) {
    ASSERT_TRUE(producer_->Begin().ok());
    for (const kafka::OutRecord& record : records) ASSERT_TRUE(producer_->Produce(record).ok());
    ASSERT_TRUE(producer_->Flush(absl::Seconds(1)).ok());
    ASSERT_TRUE(producer_->Commit(absl::Seconds(1)).ok());
  }

  kafka::FakeBroker& broker_;
  std::unique_ptr<kafka::TransactionalProducer> producer_;
  std::map<int32_t, int64_t> next_;
  std::map<int32_t, std::map<std::string, std::map<std::string, int64_t>>> deadlines_;
};

class TimerServiceTest : public ::testing::Test {
 protected:
  TimerServiceTest() {
    fake_.CreateTopic(kCommands, kLanes, {{"message.timestamp.type", "LogAppendTime"}});
    fake_.CreateTopic(kStates, kLanes);
    router_ = std::make_unique<MiniRouter>(fake_);
  }

  std::unique_ptr<TimerService> Make(const std::string& instance = "plazo-sla-timer-0") {
    TimerOptions options;
    options.instance = instance;
    options.own_thread = false;
    options.poll_timeout = absl::ZeroDuration();
    return std::make_unique<TimerService>(TimerWorld{broker_, index_, clock_, metrics_}, options);
  }
  // Everybody works until nothing happens any more, or for so many rounds.
  void Settle(int rounds = 200) {
    for (int idle = 0; idle < 3 && rounds > 0; --rounds) {
      bool did = false;
      for (TimerService* service : {service_.get(), other_.get()}) {
        if (service != nullptr) did |= service->RunOnce();
      }
      if (router_up_) did |= router_->Decide();
      idle = did ? 0 : idle + 1;
    }
  }
  void RunFor(absl::Duration duration, absl::Duration step = absl::Milliseconds(100)) {
    for (absl::Duration passed; passed < duration; passed += step) {
      clock_.Advance(step);
      Settle();
    }
  }
  void ExpectIndexEqualsState() {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      EXPECT_EQ(index_.Members(lane), router_->Armed(lane)) << "lane " << lane;
    }
  }
  void ExpectEachDecidedAtMostOnce() {
    for (const auto& [occasion, times] : router_->news) EXPECT_EQ(times, 1);
  }
  size_t Fired() const { return fake_.Records(kCommands).size(); }
  // How many tickets, each with one deadline at `due_ms`.
  void OpenMany(int count, int64_t due_ms) {
    for (int i = 0; i < count; ++i) router_->Set("m" + std::to_string(i), {{"breach", due_ms}});
  }

  observability::LogCapture quiet_;
  ManualClock clock_{kNow};
  kafka::FakeBroker fake_{clock_};
  kafka::BreakableBroker broker_{fake_};
  FakeDeadlineIndex index_;
  observability::Metrics registry_;
  TimerMetrics metrics_{registry_};
  std::unique_ptr<MiniRouter> router_;
  bool router_up_ = true;
  std::unique_ptr<TimerService> service_ = nullptr;
  std::unique_ptr<TimerService> other_ = nullptr;
};

TEST_F(TimerServiceTest, DeadlinesAreDecidedOnceAndNotBeforeTheirTime) {
  service_ = Make();
  RunFor(absl::Seconds(1));
  EXPECT_TRUE(service_->live());
  router_->Set("a", {{"warn", kNow + 60'000}, {"breach", kNow + 120'000}});
  router_->Set("b", {{"breach", kNow + 60'050}});
  RunFor(absl::Seconds(58));
  EXPECT_EQ(Fired(), 0u);
  ExpectIndexEqualsState();
  RunFor(absl::Minutes(5));
  EXPECT_EQ(router_->news.size(), 3u);
  EXPECT_EQ(Fired(), 3u);
  EXPECT_EQ(router_->early, 0);
  EXPECT_EQ(router_->stale, 0);
  ExpectEachDecidedAtMostOnce();
  ExpectIndexEqualsState();
}

TEST_F(TimerServiceTest, ARouterThatIsDownForAnHourFindsNoFlood) {
  service_ = Make();
  OpenMany(2000, kNow + 1000);
  router_up_ = false;
  RunFor(absl::Hours(1), absl::Seconds(10));
  // And neither a wipe nor a restart of the reader makes it one.
  index_.Wipe();
  RunFor(absl::Seconds(5));
  broker_.FailNext(kafka::Fault::kPollFatal);
  RunFor(absl::Seconds(30), absl::Seconds(1));
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    EXPECT_EQ(fake_.Records(kCommands, lane).size(), 512u);
    EXPECT_EQ(service_->in_flight(lane), 512u);
  }
  router_up_ = true;
  RunFor(absl::Seconds(2));
  EXPECT_EQ(router_->news.size(), 2000u);
  EXPECT_EQ(Fired(), 2000u);
  EXPECT_EQ(router_->stale, 0);
  ExpectIndexEqualsState();
}

TEST_F(TimerServiceTest, AKilledProcessLosesNothing) {
  service_ = Make();
  OpenMany(100, kNow + 1000);
  router_up_ = false;
  RunFor(absl::Seconds(2));
  EXPECT_EQ(Fired(), 100u);
  router_->Set("late", {{"breach", kNow + 5000}});
  service_.reset();
  service_ = Make();
  RunFor(absl::Seconds(10));
  EXPECT_EQ(Fired(), 201u);  // it does not know that they are on their way
  router_up_ = true;
  RunFor(absl::Seconds(1));
  EXPECT_EQ(router_->news.size(), 101u);
  EXPECT_EQ(router_->stale, 100);
  ExpectEachDecidedAtMostOnce();
  ExpectIndexEqualsState();
}

TEST_F(TimerServiceTest, ACheckpointBeforeItsStatesCausesNoSecondFiring) {
  router_->checkpoint_first = true;
  service_ = Make();
  OpenMany(300, kNow + 1000);
  RunFor(absl::Seconds(10));
  EXPECT_EQ(Fired(), 300u);
  EXPECT_EQ(router_->news.size(), 300u);
}

TEST_F(TimerServiceTest, EarlyAnswersHeal) {
  service_ = Make();
  router_->Set("a", {{"breach", kNow + 1000}});
  RunFor(absl::Seconds(1));
  ASSERT_EQ(router_->news.size(), 1u);
  // A firing that somebody else made too early.
  router_->Set("b", {{"breach", kNow + 60'000}});
  Settle();
  const Firing early{.partition = kafka::MurmurPartition("ticket/b", kLanes),
                     .aggregate = "ticket/b",
                     .deadline_id = "breach",
                     .due_ms = kNow + 60'000};
  fake_.Append(MakeTimerFired(kCommands, early, clock_.Now()));
  RunFor(absl::Minutes(2));
  EXPECT_EQ(router_->early, 1);
  EXPECT_EQ(router_->news.size(), 2u);
  ExpectEachDecidedAtMostOnce();
}

TEST_F(TimerServiceTest, TwoProcessesShareTheLanes) {
  service_ = Make("plazo-sla-timer-0");
  OpenMany(50, kNow + 5000);
  RunFor(absl::Seconds(1));
  other_ = Make("plazo-sla-timer-1");
  RunFor(absl::Seconds(2));
  EXPECT_TRUE(service_->live());
  EXPECT_TRUE(other_->live());
  RunFor(absl::Seconds(10));
  EXPECT_EQ(Fired(), 50u);
  EXPECT_EQ(router_->news.size(), 50u);
  ExpectIndexEqualsState();
}

// I15: the one that was replaced, but does not know it yet, fires nothing and writes nothing.
TEST_F(TimerServiceTest, AReplacedProcessIsHarmless) {
  service_ = Make();
  OpenMany(20, kNow + 5000);
  RunFor(absl::Seconds(1));
  other_ = std::move(service_);  // hangs
  TimerService* const hung = other_.release();
  service_ = Make();  // the same id: takes its place
  RunFor(absl::Seconds(2));
  ASSERT_TRUE(service_->live());
  clock_.Advance(absl::Seconds(10));
  hung->RunOnce();  // wakes up when all is due
  EXPECT_EQ(Fired(), 0u);
  EXPECT_GT(metrics_.stale_epochs.Value(), 0);
  delete hung;
  RunFor(absl::Minutes(2), absl::Seconds(1));
  EXPECT_EQ(router_->news.size(), 20u);
  ExpectEachDecidedAtMostOnce();
  ExpectIndexEqualsState();
}

TEST_F(TimerServiceTest, TwoProcessesWithOneIdDoNotThrowEachOtherOut) {
  service_ = Make();
  OpenMany(20, kNow + 10'000);
  RunFor(absl::Seconds(1));
  other_ = Make();
  RunFor(absl::Seconds(25));
  EXPECT_FALSE(service_->live());
  EXPECT_TRUE(other_->live());
  EXPECT_EQ(Fired(), 20u);
  EXPECT_LE(metrics_.stale_epochs.Value(), kLanes);
  EXPECT_TRUE(quiet_.Contains("another process has our instance id"));
}

// An index that was thrown back to an earlier owner is taken over again, after a while.
TEST_F(TimerServiceTest, AnEpochThatWentBackIsHealed) {
  service_ = Make();
  OpenMany(20, kNow + 10'000);
  RunFor(absl::Seconds(1));
  const FakeDeadlineIndex::Data old = index_.Snapshot();
  service_.reset();
  service_ = Make();
  RunFor(absl::Seconds(1));
  index_.Restore(old);
  RunFor(absl::Seconds(20));
  EXPECT_TRUE(service_->live());
  EXPECT_EQ(router_->news.size(), 20u);
  ExpectIndexEqualsState();
}

TEST_F(TimerServiceTest, UndeliveredFiringsAreMadeAgain) {
  service_ = Make();
  OpenMany(5, kNow + 1000);
  RunFor(absl::Milliseconds(500));
  broker_.FailNext(kafka::Fault::kSendLost, 1);
  broker_.FailNext(kafka::Fault::kSend, 3);
  RunFor(absl::Seconds(5));
  EXPECT_EQ(router_->news.size(), 5u);
  EXPECT_EQ(Fired(), 6u);  // one was written although it was reported as lost
  EXPECT_EQ(router_->stale, 1);
  EXPECT_EQ(metrics_.refired_undelivered.Value(), 2);
}

TEST_F(TimerServiceTest, ShowsItsLagInTheGroup) {
  service_ = Make();
  OpenMany(5, kNow + 100'000);
  RunFor(absl::Seconds(5));
  for (int32_t lane = 0; lane < kLanes; ++lane) {
    EXPECT_EQ(fake_.CommittedOffset("plazo-sla-timer", kStates, lane),
              fake_.EndOffset(kStates, lane));
  }
}

// A wipe at each of the calls made while a thousand and more records are taken. The projector may
// tell of the end of the log as it saw it before the cursor was moved back.
class TimerServiceWipe : public TimerServiceTest, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Calls, TimerServiceWipe, ::testing::Range(0, 18));

TEST_P(TimerServiceWipe, WhileCatchingUpFiresNothingSuperseded) {
  const auto set_many = [&](int count, const std::map<std::string, int64_t>& deadlines) {
    for (int i = 0, done = 0; done < count; ++i) {
      const std::string ticket = "m" + std::to_string(i);
      if (kafka::MurmurPartition("ticket/" + ticket, kLanes) != 0) continue;
      router_->Set(ticket, deadlines);
      ++done;
    }
  };
  set_many(400, {{"breach", kNow + 10}});
  service_ = Make();
  index_.SetOutage(absl::UnavailableError("down"), /*after_calls=*/2 * kLanes);  // own, reset
  RunFor(absl::Seconds(1));
  set_many(700, {{"breach", kNow + 10}});
  set_many(700, {});
  RunFor(absl::Seconds(1));
  index_.SetOutage(absl::OkStatus());
  index_.WipeAfter(GetParam());
  RunFor(absl::Seconds(10));
  EXPECT_TRUE(service_->live());
  EXPECT_GT(metrics_.rebuilt_wiped.Value(), 0);
  EXPECT_EQ(Fired(), 0u);
  ExpectIndexEqualsState();
}

// Faults of every kind at random moments; afterwards nothing is missing and nothing was decided
// twice, and whenever all is quiet the index equals the state (I6, I7, I8).
class TimerServiceChaos : public TimerServiceTest, public ::testing::WithParamInterface<int> {
 protected:
  int Dice(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }

  void ChangeATicket() {
    std::map<std::string, int64_t> deadlines;
    for (const char* id : {"warn.0", "breach", "notify_retry.n"}) {
      if (Dice(2) == 0) deadlines[id] = clock_.NowMs() + 100 * Dice(100);
    }
    const std::string ticket = std::to_string(Dice(30));
    // What is set here replaces what was armed before it was decided: no longer promised.
    for (auto it = router_->promised.begin(); it != router_->promised.end();) {
      const bool replaced = std::get<0>(*it) == "ticket/" + ticket && !router_->news.contains(*it);
      it = replaced ? router_->promised.erase(it) : std::next(it);
    }
    router_->Set(ticket, deadlines);
  }

  void Strike() {
    switch (Dice(12)) {
      case 0:
        return index_.Wipe();
      case 1:
        return index_.LoseNextReply();
      case 2:
        return index_.SetOutage(absl::UnavailableError("down"), Dice(3));
      case 3:
        snapshot_ = index_.Snapshot();
        return;
      case 4:
        if (!snapshot_.empty()) index_.Restore(snapshot_);
        return;
      case 5:
        return broker_.FailNext(kafka::Fault::kSend, 1 + Dice(3));
      case 6:
        return broker_.FailNext(kafka::Fault::kSendLost, 1 + Dice(3));
      case 7:
        return broker_.FailNext(kafka::Fault::kSendFatal, 1 + Dice(3));
      case 8:
        return broker_.FailNext(kafka::Fault::kPoll, 1);
      case 9:
        return broker_.FailNext(kafka::Fault::kPollFatal, 1);
      case 10:
        service_.reset();
        service_ = Make();
        return;
      default:
        router_up_ = !router_up_;
    }
  }

  void Heal() {
    index_.SetOutage(absl::OkStatus());
    router_up_ = true;
    RunFor(absl::Seconds(60), absl::Seconds(1));
    RunFor(absl::Seconds(2));
    EXPECT_TRUE(service_->live());
    ExpectIndexEqualsState();
    ExpectEachDecidedAtMostOnce();
    for (const auto& [key, id, due] : router_->promised) {
      if (due <= clock_.NowMs()) {
        EXPECT_TRUE(router_->news.contains({key, id, due})) << key << " " << id << " " << due;
      }
    }
  }

  std::mt19937 random_{static_cast<uint32_t>(GetParam())};
  FakeDeadlineIndex::Data snapshot_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, TimerServiceChaos, ::testing::Range(1, 11));

TEST_P(TimerServiceChaos, HealsAndDecidesEachDeadlineOnce) {
  service_ = Make();
  for (int round = 0; round < 4; ++round) {
    for (int step = 0; step < 40; ++step) {
      for (int i = Dice(3); i > 0; --i) ChangeATicket();
      if (Dice(4) == 0) Strike();
      clock_.Advance(absl::Milliseconds(Dice(1500)));
      Settle(Dice(12));
    }
    Heal();
    if (HasFailure()) return;
  }
  EXPECT_EQ(router_->early, 0);
}

}  // namespace
}  // namespace plazo::sla_timer
