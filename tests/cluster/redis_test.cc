// The deadline index is disposable: whatever is lost of it, the same deadlines are decided, and
// none twice as news (I6, I8).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kManagement[] = "management@introserv.example";

class RedisTest : public ::testing::Test {
 protected:
  RedisTest() { cluster_.Ask(ana_.Register()); }
  ~RedisTest() override { ExpectInvariants(cluster_); }

  std::string OpenTicket() { return cluster_.Open(ana_, {.body = "it is slow"}); }
  // Firings that the router found to be no news: "10:00 STALE breach.first_response".
  std::vector<std::string> StaleFirings() const {
    std::map<std::string, std::string> fired;
    for (const auto& entry : cluster_.commands().entries()) {
      fired[OriginPrefix(entry.record)] = entry.value.timer_fired().deadline_id();
    }
    std::vector<std::string> stale;
    for (const auto& entry : cluster_.decisions().entries()) {
      if (entry.value.command() != "timer_fired" || entry.value.reason().empty()) continue;
      const std::string origin = *entry.record.FindHeader("x-origin");
      stale.push_back(cluster_.At(FromProto(entry.value.decided_time())) + " " +
                      entry.value.reason() + " " + fired[origin.substr(0, origin.rfind('/'))]);
    }
    return stale;
  }
  static std::string OriginPrefix(const kafka::Record& input) {
    return input.topic + "/" + std::to_string(input.partition) + "/" + std::to_string(input.offset);
  }
  void ExpectWarnedAndBreachedOnce(const std::string& ticket) const {
    EXPECT_THAT(cluster_.Facts(ticket),
                ElementsAre("00:00 MET acknowledgement", "07:00 WARNED first_response",
                            "10:00 BREACHED first_response"));
    EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("10:00 breach_management"));
  }

  Cluster cluster_{TuesdayMorning(), IntroservReadingLittle()};
  Customer ana_{"ana"};
  Agent bea_{"bea"};
};

TEST_F(RedisTest, WipedInTheMiddleItIsRebuiltAndNothingFiresTwice) {
  const std::string ticket = OpenTicket();
  for (int minute = 0; minute < 12; ++minute) {
    cluster_.Advance(absl::Seconds(30));
    cluster_.index().Wipe();
    cluster_.Advance(absl::Seconds(30));
  }
  ExpectWarnedAndBreachedOnce(ticket);
  EXPECT_THAT(StaleFirings(), IsEmpty());
}

TEST_F(RedisTest, WipedAtTheVeryMomentTheDeadlineComes) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(10) - absl::Milliseconds(1));
  cluster_.index().Wipe();
  cluster_.Advance(absl::Minutes(2), absl::Milliseconds(500));
  EXPECT_THAT(cluster_.MailsTo(kManagement), SizeIs(1));
  EXPECT_THAT(cluster_.Facts(ticket), SizeIs(3));
  EXPECT_THAT(StaleFirings(), IsEmpty());
}

// Wiped between a firing and its decision, when the timer has it in flight.
TEST_F(RedisTest, WipedWhileFiringsWaitForTheRouter) {
  const std::string ticket = OpenTicket();
  cluster_.KillRouter();
  cluster_.Advance(absl::Minutes(30), absl::Minutes(1));
  cluster_.index().Wipe();
  cluster_.Advance(absl::Minutes(30), absl::Minutes(1));
  cluster_.StartRouter();
  cluster_.Advance(absl::Seconds(10), absl::Seconds(1));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("07:00 WARNED first_response"));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("10:00 BREACHED first_response"));
  EXPECT_THAT(cluster_.MailsTo(kManagement), SizeIs(1));
  // Both mails were decided at the firings' time, long ago: that nobody has reported on them yet
  // came due at once, together with the reports.
  EXPECT_THAT(StaleFirings(), Each(HasSubstr("1:00:00 STALE delivery_stuck")));
}

TEST_F(RedisTest, AnOutageDelaysFiringsAndLosesNone) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(6));
  cluster_.index().SetOutage(absl::UnavailableError("down"));
  cluster_.Advance(absl::Minutes(6), absl::Seconds(10));
  EXPECT_THAT(cluster_.Facts(ticket), SizeIs(1));
  cluster_.index().SetOutage(absl::OkStatus());
  cluster_.Advance(absl::Seconds(10), absl::Seconds(1));
  EXPECT_THAT(cluster_.Facts(ticket), SizeIs(3));
  EXPECT_THAT(cluster_.MailsTo(kManagement), SizeIs(1));
}

// I7: what an older snapshot still arms was answered since; it is not fired.
TEST_F(RedisTest, ThrownBackToAnOlderSnapshotItCatchesUpBeforeItFires) {
  const std::string ticket = OpenTicket();
  const sla_timer::FakeDeadlineIndex::Data old = cluster_.index().Snapshot();
  cluster_.Advance(absl::Minutes(6));
  cluster_.Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Minutes(3));
  cluster_.index().Restore(old);
  cluster_.Advance(absl::Minutes(5), absl::Seconds(1));
  EXPECT_THAT(cluster_.Facts(ticket), ElementsAre("00:00 MET acknowledgement",
                                                  "06:00 MET first_response", "06:00 MET update"));
  EXPECT_THAT(StaleFirings(), IsEmpty());
}

TEST_F(RedisTest, ATimerThatIsKilledAtAnyMomentFiresNothingTwiceAsNews) {
  const std::string ticket = OpenTicket();
  for (int i = 0; i < 24; ++i) {
    cluster_.Advance(absl::Seconds(30));
    cluster_.StartTimer();
    cluster_.PumpOnce();
  }
  ExpectWarnedAndBreachedOnce(ticket);
}

}  // namespace
}  // namespace plazo::cluster
