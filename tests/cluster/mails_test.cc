// Mails between the router's decision and the relay: put off, refused, in doubt, reported late.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using notifier::Answer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kManagement[] = "management@introserv.example";

class MailsTest : public ::testing::Test {
 protected:
  MailsTest() { cluster_.Ask(ana_.Register()); }

  std::string OpenTicket() { return cluster_.Open(ana_, {.body = "Mi VPS va muy lento"}); }
  // How long after the start of the cluster each mail to the customer was taken.
  std::vector<absl::Duration> Taken() const {
    std::vector<absl::Duration> times;
    for (const Mail& mail : cluster_.MailsTo(ana_.address())) {
      times.push_back(mail.time - TuesdayMorning());
    }
    return times;
  }
  // The notifier as kill -9 leaves it, at the moment the relay has a mail.
  void DieAtTheNextMail() {
    cluster_.relay().OnKept([this] {
      cluster_.ledger().SetOutage(absl::UnavailableError("gone"));
      cluster_.notifier().broker.SetDown(true);
    });
  }
  void Restart() {
    cluster_.relay().OnKept(nullptr);
    cluster_.StartNotifier();
    cluster_.Settle();
  }

  Cluster cluster_;
  Customer ana_{"ana", "es"};
  Agent bea_{"bea"};
};

TEST_F(MailsTest, ADeferredMailIsSentAgainAndTheClockStopsWithIt) {
  cluster_.relay().AnswerOnce(ana_.address(), Answer::kGreylisted);
  const std::string ticket = OpenTicket();
  EXPECT_THAT(Taken(), IsEmpty());
  EXPECT_THAT(cluster_.Facts(ticket), IsEmpty());
  cluster_.Advance(absl::Minutes(1));
  // 30 s, give or take a fifth.
  ASSERT_THAT(Taken(), ElementsAre(AllOf(Ge(absl::Seconds(24)), Le(absl::Seconds(36)))));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre(cluster_.At(TuesdayMorning() + Taken()[0]) + " MET acknowledgement"));
  ExpectInvariants(cluster_);
}

// F1, I10: no relay, no acknowledgement; the promise is missed and kept later.
TEST_F(MailsTest, AnAcknowledgementThatTheRelayDefersTooLongIsLate) {
  cluster_.relay().AnswerOnce(ana_.address(), Answer::kGreylisted);
  cluster_.relay().AnswerOnce(ana_.address(), Answer::kDeferredAtEnd);
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(5));
  ASSERT_THAT(Taken(), ElementsAre(AllOf(Ge(absl::Seconds(120)), Le(absl::Seconds(180)))));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("02:00 BREACHED acknowledgement",
                          cluster_.At(TuesdayMorning() + Taken()[0]) + " LATE acknowledgement"));
  EXPECT_THAT(cluster_.MailLines(kManagement), ElementsAre("02:00 breach_management"));
  ExpectInvariants(cluster_);
}

TEST_F(MailsTest, ARefusedMailFailsAndIsNotSentAgain) {
  cluster_.relay().AnswerOnce(ana_.address(), Answer::kRefused);
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Hours(1));
  EXPECT_THAT(Taken(), IsEmpty());
  std::vector<DeliveryOutcome> outcomes;
  for (const Decision& decision : cluster_.DecisionsOn(ticket)) {
    for (const Event& event : decision.events()) {
      if (event.notification_settled().reason() == "smtp_550") {
        outcomes.push_back(event.notification_settled().outcome());
      }
    }
  }
  EXPECT_THAT(outcomes, ElementsAre(DELIVERY_OUTCOME_FAILED));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("02:00 BREACHED acknowledgement"));
  ExpectInvariants(cluster_);
}

TEST_F(MailsTest, WithoutARelayMailsWaitAndGoOnceWhenItIsBack) {
  cluster_.relay().AnswerAll(Answer::kNoConnection);
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(45), absl::Seconds(10));
  EXPECT_THAT(cluster_.AllMails(), IsEmpty());
  cluster_.relay().AnswerAll(Answer::kAccepted);
  cluster_.Advance(absl::Hours(3), absl::Minutes(1));
  EXPECT_THAT(Taken(), SizeIs(1));
  EXPECT_THAT(cluster_.MailsTo(kManagement), Not(IsEmpty()));
  ExpectInvariants(cluster_);
}

// I9, window (a): nobody knows whether the relay has it; once more, as the same mail.
TEST_F(MailsTest, ALostAnswerCausesOneSecondCopyWithTheSameMessageId) {
  cluster_.relay().AnswerOnce(ana_.address(), Answer::kKeptAndLost);
  OpenTicket();
  cluster_.Advance(absl::Hours(1));
  const std::vector<Mail> mails = cluster_.MailsTo(ana_.address());
  ASSERT_THAT(mails, SizeIs(2));
  EXPECT_EQ(mails[1].time - mails[0].time, absl::Minutes(5));
  EXPECT_EQ(mails[0].message_id, mails[1].message_id);
  EXPECT_EQ(mails[0].text, mails[1].text);
  ExpectInvariants(cluster_);
}

TEST_F(MailsTest, ANotifierThatDiesBehindTheFinalDotMakesOneSecondCopy) {
  DieAtTheNextMail();
  OpenTicket();
  Restart();
  EXPECT_THAT(Taken(), SizeIs(1));
  cluster_.Advance(absl::Hours(1));
  EXPECT_THAT(Taken(), ElementsAre(absl::ZeroDuration(), absl::Minutes(5)));
  ExpectInvariants(cluster_);
}

// Window (b)
TEST_F(MailsTest, ALedgerWipedBeforeTheReportMakesOneSecondCopyWithTheSameMessageId) {
  DieAtTheNextMail();
  OpenTicket();
  cluster_.KillNotifier();
  cluster_.ledger().Wipe();
  Restart();
  cluster_.Advance(absl::Hours(1));
  EXPECT_THAT(Taken(), ElementsAre(absl::ZeroDuration(), absl::ZeroDuration()));
  ExpectInvariants(cluster_, {.repeated_mail = true});
}

TEST_F(MailsTest, ALedgerWipedAtRestRepeatsNothing) {
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Seconds(1));  // the notifier has committed its offset
  cluster_.ledger().Wipe();
  cluster_.StartNotifier();
  cluster_.Advance(absl::Minutes(5));
  cluster_.Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.ledger().Wipe();
  cluster_.Advance(absl::Hours(1));
  EXPECT_THAT(cluster_.MailLines(ana_.address()),
              ElementsAre("00:00 acknowledgement", "05:01 agent_reply"));
  ExpectInvariants(cluster_);
}

TEST_F(MailsTest, ADeadNotifierIsAskedAgainAndStillSendsOneMail) {
  cluster_.KillNotifier();
  const std::string ticket = OpenTicket();
  cluster_.Advance(absl::Minutes(11));  // asked for again after 5 and 10 minutes
  cluster_.StartNotifier();
  cluster_.Settle();
  EXPECT_THAT(Taken(), ElementsAre(absl::Minutes(11)));
  EXPECT_THAT(cluster_.Facts(ticket), Contains("11:00 LATE acknowledgement"));
  ExpectInvariants(cluster_);
}

// The relay's time counts, not the report's: a breach that was none is withdrawn.
TEST_F(MailsTest, AReportThatComesLateWithdrawsTheBreach) {
  cluster_.relay().OnKept([this] { cluster_.notifier().broker.SetDown(true); });
  const std::string ticket = OpenTicket();
  cluster_.relay().OnKept(nullptr);
  cluster_.Advance(absl::Minutes(3));
  EXPECT_THAT(cluster_.Facts(ticket), ElementsAre("02:00 BREACHED acknowledgement"));
  cluster_.notifier().broker.SetDown(false);
  cluster_.Advance(absl::Milliseconds(500));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("02:00 BREACHED acknowledgement", "03:00.500 WITHDRAWN acknowledgement",
                          "03:00.500 MET acknowledgement"));
  EXPECT_THAT(cluster_.Ticket(ticket).open_breaches(), IsEmpty());
  cluster_.Advance(absl::Minutes(120));
  EXPECT_THAT(cluster_.MailLines(kManagement), Not(Contains("1:02:00 breach_reminder")));
  ExpectInvariants(cluster_);
}

}  // namespace
}  // namespace plazo::cluster
