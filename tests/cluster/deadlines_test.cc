// Promises kept and missed: who hears of it, when, and how often.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kManagement[] = "management@introserv.example";
constexpr char kFirstTeam[] = "level1@introserv.example";
constexpr absl::Duration kMoment = absl::Milliseconds(1);

class DeadlinesTest : public ::testing::Test {
 protected:
  DeadlinesTest() { cluster_.Ask(ana_.Register()); }
  ~DeadlinesTest() override { ExpectInvariants(cluster_); }

  void Ask(Command command) {
    const Decision decision = cluster_.Ask(std::move(command));
    EXPECT_EQ(decision.outcome(), OUTCOME_APPLIED) << decision.reason();
  }
  std::string OpenTicket() { return cluster_.Open(ana_, {.body = "Mi VPS va muy lento"}); }

  Cluster cluster_;
  Customer ana_{"ana", "es"};
  Agent bea_{"bea"}, boss_{"boss"};
};

// F4, I6: ticket opened, ten minutes pass, the breach reaches management once.
TEST_F(DeadlinesTest, AMissedFirstAnswerIsWarnedOfThenReachesManagementOnce) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(10) - kMoment);
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "07:00 WARNED first_response"));
  EXPECT_THAT(cluster_.MailLines(kFirstTeam), ElementsAre("07:00 warning_team"));
  EXPECT_THAT(cluster_.MailLines(kManagement), IsEmpty());

  cluster_.Advance(kMoment);
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "07:00 WARNED first_response",
                          "10:00 BREACHED first_response"));
  EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("10:00 breach_management"));
  cluster_.Advance(absl::Minutes(50));
  EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("10:00 breach_management"));
}

TEST_F(DeadlinesTest, AnAnswerInTheLastMomentIsInTime) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(10) - kMoment);
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Hours(24));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("09:59.999 MET first_response"));
  EXPECT_THAT(cluster_.MailLines(kManagement), IsEmpty());
}

// I7
TEST_F(DeadlinesTest, WhatWasAnsweredBeforeIsNeitherWarnedOfNorBreached) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(7) - kMoment);
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Hours(48));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "06:59.999 MET first_response",
                          "06:59.999 MET update"));
  EXPECT_THAT(cluster_.MailLines(kFirstTeam), IsEmpty());
}

TEST_F(DeadlinesTest, AnInternalNoteIsNoAnswer) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(5));
  Ask(bea_.Note(ticket, "…"));
  cluster_.Advance(absl::Minutes(5));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("10:00 BREACHED first_response"));
}

// F4: every hour until a person says that they know, however late the answer came meanwhile.
TEST_F(DeadlinesTest, ManagementIsRemindedUntilTheBreachIsAcknowledged) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(15));
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Minutes(135));
  const std::vector<std::string> so_far = {"10:00 breach_management", "1:10:00 breach_reminder",
                                           "2:10:00 breach_reminder"};
  EXPECT_EQ(cluster_.MailLines(kManagement), so_far);
  Ask(boss_.AcknowledgeBreach(ticket));
  cluster_.Advance(absl::Hours(72));
  EXPECT_EQ(cluster_.MailLines(kManagement), so_far);
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "07:00 WARNED first_response",
                          "10:00 BREACHED first_response", "15:00 LATE first_response",
                          "15:00 MET update", "2:30:00 ACKNOWLEDGED first_response"));
  EXPECT_THAT(cluster_.Ask(boss_.AcknowledgeBreach(ticket)).reason(), "NO_OPEN_BREACH");
}

TEST_F(DeadlinesTest, RemindersEndWhereThePolicySaysSo) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(15));
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Hours(24 * 7));
  const std::vector<std::string> mails = cluster_.MailLines(kManagement);
  EXPECT_THAT(mails, SizeIs(1 + 24));
  EXPECT_EQ(mails.back(), "24:10:00 breach_reminder");
  EXPECT_THAT(cluster_.Ticket(ticket).open_breaches(), SizeIs(1));
}

// F22: what the customer calls critical warns sooner, twice.
TEST_F(DeadlinesTest, ACriticalTicketWarnsSooner) {
  const std::string ticket =
      cluster_.Open(ana_, {.body = "Mi VPS va muy lento", .priority = PRIORITY_HIGH});
  cluster_.Advance(absl::Minutes(10));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "05:00 WARNED first_response",
                          "08:00 WARNED first_response", "10:00 BREACHED first_response"));
}

// F2 and F26 as the policy joins them: warned of at 10 minutes, late at 30.
TEST_F(DeadlinesTest, AMailIsWarnedOfAtTenMinutesAndLateAfterHalfAnHour) {
  const std::string ticket = cluster_.Open(
      ana_, {.subject = "VPS", .body = "Mi VPS va muy lento", .channel = CHANNEL_EMAIL});
  cluster_.Advance(absl::Minutes(30) - kMoment);
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "10:00 WARNED first_response"));
  cluster_.Advance(kMoment);
  EXPECT_THAT(cluster_.Facts(ticket), Contains("30:00 BREACHED first_response"));
  EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("30:00 breach_management"));
}

// F1, F25, I10: the conversation is the customer's own channel.
TEST_F(DeadlinesTest, AChatIsAcknowledgedInTheConversationAndNotByMail) {
  cluster_.KillNotifier();
  const std::string chat =
      cluster_.Open(ana_, {.body = "Mi VPS va muy lento", .channel = CHANNEL_CHAT});
  EXPECT_THAT(cluster_.Facts(chat), ElementsAre("00:00 MET acknowledgement"));
  EXPECT_THAT(cluster_.Story(chat), Contains("00:00 acknowledgement"));
  cluster_.Advance(absl::Minutes(10));
  EXPECT_THAT(cluster_.Facts(chat),
              ElementsAre("00:00 MET acknowledgement", "02:00 WARNED first_response",
                          "07:00 WARNED first_response", "10:00 BREACHED first_response"));
  cluster_.StartNotifier();
  cluster_.Settle();
  EXPECT_THAT(cluster_.MailLines(ana_.address()), IsEmpty());
  EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("10:00 breach_management"));
}

// F38: what the customer adds is waited for, too.
TEST_F(DeadlinesTest, AFollowUpStartsTheNextClock) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(5));
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Hours(10));
  Ask(ana_.Write(ticket, "…"));
  cluster_.Advance(absl::Minutes(31));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("10:25:00 WARNED next_response"));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("10:35:00 BREACHED next_response"));
}

// F8: a night, a weekend and the change to summer time, in the billing team's hours.
TEST(BusinessHours, NothingIsDueWhileTheBillingTeamIsAtHome) {
  const absl::Time friday = absl::FromUnixSeconds(1'774'629'900);  // 2026-03-27, 17:45 in Madrid
  Cluster cluster(friday);
  Customer ana("ana", "es");
  Agent bea("bea");
  cluster.Ask(ana.Register());
  const std::string ticket = cluster.Open(ana, {.body = "¿Por qué me han cobrado dos veces?"});
  cluster.Advance(absl::Minutes(2));
  cluster.Ask(bea.Reply(ticket, "…"));
  cluster.Advance(absl::Minutes(3));
  const Decision handed_over = cluster.Ask(bea.Escalate(ticket, "billing-review", "billing"));
  ASSERT_EQ(handed_over.outcome(), OUTCOME_APPLIED) << handed_over.reason();
  cluster.Advance(absl::Hours(62));
  EXPECT_THAT(cluster.Facts(ticket), ElementsAre("00:00 MET acknowledgement",
                                                 "02:00 MET first_response", "02:00 MET update"));
  // 15 of the 30 minutes were left at closing time. Monday 09:00 is 62 h 15 min after Friday 17:45,
  // since Sunday has 23 hours.
  cluster.Advance(absl::Hours(1));
  EXPECT_THAT(cluster.Facts(ticket), Contains("62:20:00 WARNED estimate"));
  EXPECT_THAT(cluster.Facts(ticket), Contains("62:30:00 BREACHED estimate"));
  // F18: the customer was told ahead of time; an estimate is no promise to management.
  EXPECT_THAT(cluster.MailLines(ana.address()), Contains("62:20:00 estimate_overrun"));
  EXPECT_THAT(cluster.MailLines(kManagement), IsEmpty());
  cluster.Advance(absl::Hours(4));
  // The next update was promised at 17:47: 13 minutes of Friday count, the others on Monday.
  const auto* update = sla::Find(cluster.Ticket(ticket), CLOCK_KIND_UPDATE);
  const absl::Duration monday = absl::Hours(62) + absl::Minutes(15);
  const std::string due =
      cluster.At(friday + monday + FromProto(update->limit()) - absl::Minutes(13));
  EXPECT_EQ(update->calendar(), "billing-hours");
  EXPECT_THAT(cluster.Facts(ticket), Contains(due + " BREACHED update"));
  ExpectInvariants(cluster);
}

}  // namespace
}  // namespace plazo::cluster
