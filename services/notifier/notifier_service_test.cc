// The notifier as a whole: what a mail goes through, and what is left of it when something breaks.

#include "services/notifier/notifier_service.h"

#include "services/notifier/notifier_fixture.h"

namespace plazo::notifier {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(NotifierTest, AnAcknowledgementReachesTheRelayAndTheRouterIsTold) {
  Decide(Ack("n1"), 1);
  Settle();
  ASSERT_THAT(Addressees(), ElementsAre("ana@home.example"));
  ASSERT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
  const kafka::Record record = fake_.Records(topics_.inbound).at(0);
  EXPECT_EQ(record.partition, 1);
  EXPECT_EQ(record.key, "ticket/t1");
  const core::v1::Command command = Commands().at(0);
  EXPECT_EQ(command.aggregate(), "ticket/t1");
  EXPECT_EQ(command.tenant(), "acme");
  EXPECT_EQ(command.actor().kind(), core::v1::ACTOR_KIND_SYSTEM);
  EXPECT_EQ(FromProto(command.delivery_reported().relay_time()), clock_.Now());
  Pass(absl::Seconds(1));
  EXPECT_EQ(Committed(1), 1);
}

// Order of the steps ----------------------------------------------------------------------------

TEST_F(NotifierTest, KilledBeforeAnythingTheMailIsSentByTheNextProcess) {
  Settle();
  Decide(Ack("n1"));
  Kill();
  Start();
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, KilledBetweenStartedAndTheFinalDotTheFateOfTheMailIsUnknown) {
  ASSERT_TRUE(ledger_.Start({"n1", AddressKey("ana@home.example")}, {1, "dead-1"}).ok());
  Decide(Ack("n1"));
  Settle();
  EXPECT_THAT(Addressees(), IsEmpty());
  EXPECT_THAT(Reports(), ElementsAre("n1/1 IN_DOUBT lost_after_final_dot"));
}

TEST_F(NotifierTest, KilledAfterTheFinalDotASecondCopyComesOnlyWithTheNextAttempt) {
  inbox_.OnKept([this] { GoDark(); });
  Decide(Ack("n1"));
  Settle();
  Kill();
  inbox_.OnKept(nullptr);
  Start();
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  ASSERT_THAT(Reports(), ElementsAre("n1/1 IN_DOUBT lost_after_final_dot"));

  core::v1::DeliveryIntent again = Ack("n1");
  again.set_attempt(2);
  Decide(again);
  Settle();
  EXPECT_THAT(Reports(), ElementsAre("n1/1 IN_DOUBT lost_after_final_dot", "n1/2 ACCEPTED"));
  ASSERT_THAT(Addressees(), SizeIs(2));
  EXPECT_EQ(inbox_.mails()[0].message, inbox_.mails()[1].message);  // with the same Message-ID
  EXPECT_EQ(notifier_metrics_.repeated.Value(), 1);
}

TEST_F(NotifierTest, KilledBeforeTheReportTheNextProcessOnlyReportsWithTheTimeOfThen) {
  inbox_.OnKept([this] { broker_.SetDown(true); });
  Decide(Ack("n1"));
  Settle();
  const absl::Time taken = clock_.Now();
  Kill();
  clock_.Advance(absl::Minutes(3));
  Start();
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  ASSERT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
  EXPECT_EQ(FromProto(Commands().at(0).delivery_reported().relay_time()), taken);
}

TEST_F(NotifierTest, KilledBeforeTheCommitTheReportIsRepeatedWithTheSameId) {
  inbox_.OnKept([this] { broker_.FailNext(kafka::Fault::kSend); });  // written, and nobody knows
  Decide(Ack("n1"));
  Settle();
  Kill();
  Start();
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  ASSERT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED", "n1/1 ACCEPTED"));
  EXPECT_EQ(Commands()[0].command_id(), Commands()[1].command_id());
}

TEST_F(NotifierTest, AWipedLedgerWithinTheUnreportedWindowRepeatsTheMailWithTheSameMessageId) {
  inbox_.OnKept([this] { broker_.SetDown(true); });
  Decide(Ack("n1"));
  Settle();
  Kill();
  ledger_.Wipe();
  inbox_.OnKept(nullptr);
  Start();
  Settle();
  ASSERT_THAT(Addressees(), SizeIs(2));
  EXPECT_EQ(inbox_.mails()[0].message, inbox_.mails()[1].message);
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, TheSameAttemptAskedForAgainIsReportedAgainAndNotSent) {
  Decide(Ack("n1"));
  Settle();
  Decide(Ack("n1"));
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED", "n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, AReportThatKafkaDoesNotTakeIsSentUntilItDoes) {
  inbox_.OnKept([this] { broker_.FailNext(kafka::Fault::kSendLost); });
  Decide(Ack("n1"));
  Settle();
  EXPECT_THAT(Reports(), IsEmpty());
  EXPECT_EQ(Committed(), kafka::kNoOffset);
  Pass(absl::Seconds(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
  EXPECT_THAT(Addressees(), SizeIs(1));
  Pass(absl::Seconds(1));
  EXPECT_EQ(Committed(), 1);
}

// The ledger ------------------------------------------------------------------------------------

TEST_F(NotifierTest, WithoutTheLedgerNothingIsSentAndNothingIsLost) {
  ledger_.SetOutage(absl::UnavailableError("down"));
  Decide(Ack("n1"));
  Settle();
  for (int i = 0; i < 10; ++i) Pass(absl::Seconds(30));
  EXPECT_EQ(inbox_.tries(), 0);
  EXPECT_THAT(Reports(), IsEmpty());
  EXPECT_EQ(Committed(), kafka::kNoOffset);
  ledger_.SetOutage(absl::OkStatus());
  Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), SizeIs(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, AProcessRecognisesItsOwnEntryAfterALostReply) {
  Settle();
  Decide(Reply("n1"));
  // Look is asked first; the reply of Start is lost.
  ledger_.LoseReplyAfter(1);
  Settle();
  EXPECT_THAT(Addressees(), IsEmpty());
  Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), SizeIs(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, AnEntryThatCannotBeWrittenAfterTheMailWentDoesNotSendItAgain) {
  PutCustomer("ana", R"pb(
    notification_addresses {
      type: NOTIFICATION_TYPE_SUPPORT
      addresses: "one@home.example"
      addresses: "two@home.example"
    }
  )pb");
  inbox_.OnKept([this] { ledger_.SetOutage(absl::UnavailableError("down")); });
  Decide(Reply("n1"));
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("one@home.example"));
  ledger_.SetOutage(absl::OkStatus());
  inbox_.OnKept(nullptr);
  Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), ElementsAre("one@home.example", "two@home.example"));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, DoubtAboutOneCopyOutlivesAnOutageBeforeTheNext) {
  PutCustomer("ana", R"pb(
    notification_addresses {
      type: NOTIFICATION_TYPE_SUPPORT
      addresses: "one@home.example"
      addresses: "two@home.example"
    }
  )pb");
  inbox_.AnswerOnce("one@home.example", Answer::kKeptAndLost);
  inbox_.OnKept([this] { ledger_.SetOutage(absl::UnavailableError("down")); });
  Decide(Reply("n1"));
  Settle();
  ledger_.SetOutage(absl::OkStatus());
  inbox_.OnKept(nullptr);
  Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), ElementsAre("one@home.example", "two@home.example"));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 IN_DOUBT lost_after_final_dot"));
}

TEST_F(NotifierTest, WhatTheRelayDidNotTakeIsNoDoubtForTheNextProcess) {
  inbox_.AnswerOnce("ana@home.example", Answer::kDeferredAtEnd);
  broker_.FailNext(kafka::Fault::kSendLost);
  Decide(Ack("n1"));
  Settle();
  ASSERT_THAT(Reports(), IsEmpty());
  Kill();
  Start();
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

// What the relay says ---------------------------------------------------------------------------

struct RelayCase {
  Answer answer;
  const char* report;
  int code;
};

class RelayAnswers : public NotifierTest, public ::testing::WithParamInterface<RelayCase> {};

TEST_P(RelayAnswers, AreReportedAndTheNextAttemptIsFree) {
  inbox_.AnswerOnce("ana@home.example", GetParam().answer);
  Decide(Ack("n1"));
  Settle();
  ASSERT_THAT(Reports(), ElementsAre(GetParam().report));
  EXPECT_EQ(Commands().at(0).delivery_reported().smtp_code(), GetParam().code);
  EXPECT_FALSE(Commands().at(0).delivery_reported().has_relay_time());
  core::v1::DeliveryIntent again = Ack("n1");
  again.set_attempt(2);
  Decide(again);
  Settle();
  EXPECT_THAT(Reports(), ElementsAre(GetParam().report, "n1/2 ACCEPTED"));
}

INSTANTIATE_TEST_SUITE_P(
    All, RelayAnswers,
    ::testing::Values(RelayCase{Answer::kGreylisted, "n1/1 DEFERRED smtp_451", 451},
                      RelayCase{Answer::kDeferredAtEnd, "n1/1 DEFERRED smtp_451", 451},
                      RelayCase{Answer::kRefused, "n1/1 FAILED smtp_550", 550},
                      RelayCase{Answer::kRefusedAtEnd, "n1/1 FAILED smtp_550", 550},
                      RelayCase{Answer::kLost, "n1/1 IN_DOUBT lost_after_final_dot", 0},
                      RelayCase{Answer::kKeptAndLost, "n1/1 IN_DOUBT lost_after_final_dot", 0},
                      RelayCase{Answer::kNoConnection, "n1/1 DEFERRED connect_failed", 0}));

}  // namespace
}  // namespace plazo::notifier
