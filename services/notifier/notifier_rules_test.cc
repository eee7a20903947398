// Who gets a mail, when it is held back, and what one recipient can do to the others.

#include <absl/time/clock.h>

#include <thread>

#include "services/notifier/notifier_fixture.h"

namespace plazo::notifier {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kTwoAddresses[] = R"pb(
  email: "ana@home.example"
  notification_addresses {
    type: NOTIFICATION_TYPE_SUPPORT
    addresses: "one@home.example"
    addresses: "two@home.example"
  }
)pb";

core::v1::DeliveryIntent Attempt(core::v1::DeliveryIntent intent, int attempt) {
  intent.set_attempt(attempt);
  return intent;
}

// Several addresses ------------------------------------------------------------------------------

TEST_F(NotifierTest, EachAddressGetsItsCopyOfOneMail) {
  PutCustomer("ana", kTwoAddresses);
  core::v1::DeliveryIntent intent = Reply("n1");
  intent.add_participants("friend@x.example");
  Decide(intent);
  Settle();
  EXPECT_THAT(Addressees(),
              ElementsAre("one@home.example", "two@home.example", "friend@x.example"));
  EXPECT_EQ(inbox_.mails()[0].message, inbox_.mails()[2].message);
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, OneRefusedAddressDoesNotLoseTheOthers) {
  PutCustomer("ana", kTwoAddresses);
  inbox_.AnswerOnce("one@home.example", Answer::kRefused);
  Decide(Reply("n1"));
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("two@home.example"));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED some_refused"));
}

TEST_F(NotifierTest, ACopyForSomebodyElseDoesNotMakeUpForTheCustomers) {
  inbox_.AnswerOnce("ana@home.example", Answer::kRefused);
  core::v1::DeliveryIntent intent = Reply("n1");
  intent.add_participants("friend@x.example");
  Decide(intent);
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("friend@x.example"));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 FAILED smtp_550"));
}

TEST_F(NotifierTest, TheNextAttemptSendsOnlyWhatIsMissingAndKeepsTheFirstTime) {
  PutCustomer("ana", kTwoAddresses);
  inbox_.AnswerOnce("one@home.example", Answer::kGreylisted);
  Decide(Reply("n1"));
  Settle();
  const absl::Time first = clock_.Now();
  ASSERT_THAT(Reports(), ElementsAre("n1/1 DEFERRED smtp_451"));
  core::v1::DeliveryIntent again = Attempt(Reply("n1"), 2);
  clock_.Advance(absl::Minutes(1));
  Decide(again);
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("two@home.example", "one@home.example"));
  EXPECT_EQ(inbox_.mails()[0].message, inbox_.mails()[1].message);
  ASSERT_THAT(Reports(), SizeIs(2));
  EXPECT_EQ(Reports()[1], "n1/2 ACCEPTED");
  EXPECT_EQ(FromProto(Commands()[1].delivery_reported().relay_time()), first);
}

TEST_F(NotifierTest, AnAddressThatReplacesOneThatHasTheMailGetsNoSecondCopy) {
  inbox_.OnKept([this] { broker_.SetDown(true); });
  Decide(Reply("n1"));
  Settle();
  Kill();
  inbox_.OnKept(nullptr);
  PutCustomer("ana", R"pb(email: "new@home.example")pb", 2);
  Start();
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("ana@home.example"));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
}

TEST_F(NotifierTest, AddressesAreThoseOfTheMomentOfSending) {
  ledger_.SetOutage(absl::UnavailableError("down"));
  Decide(Reply("n1"));
  Settle();
  PutCustomer("ana", R"pb(email: "new@home.example")pb", 2);
  Settle();
  ledger_.SetOutage(absl::OkStatus());
  Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), ElementsAre("new@home.example"));
}

TEST_F(NotifierTest, NobodyToWriteToIsSaid) {
  core::v1::DeliveryIntent intent = Reply("n1");
  intent.set_address("help@acme.example");  // ours
  Decide(intent);
  PutCustomer("bo", R"pb(email: "bo@home.example")pb", 1, {"bo@home.example"});
  Decide(Reply("n2", "bo", "t2"));
  Settle();
  EXPECT_EQ(inbox_.tries(), 0);
  EXPECT_THAT(Reports(),
              UnorderedElementsAre("n1/1 SUPPRESSED no_address", "n2/1 SUPPRESSED no_address"));
}

TEST_F(NotifierTest, ABreachReachesManagement) {
  core::v1::DeliveryIntent intent = Ack("n1");
  intent.set_kind(core::v1::NOTIFICATION_KIND_BREACH_MANAGEMENT);
  intent.set_staff("management");
  Decide(intent);
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("boss@acme.example"));
}

// Automatic answers (I11) -------------------------------------------------------------------------

TEST_F(NotifierTest, AnAddressGetsSoManyAutomaticAnswersAndNoMore) {
  for (int i = 1; i <= 8; ++i) Decide(Ack("n" + std::to_string(i), "ana", std::to_string(i)));
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(5));
  EXPECT_THAT(Reports(), Contains("n8/1 SUPPRESSED loop_window"));
  Decide(Reply("n9"));  // a person's answer is none of them
  Settle();
  EXPECT_THAT(Addressees(), SizeIs(6));
  Decide(Attempt(Ack("n1", "ana", "1"), 2));  // nor is the second attempt of one that was counted
  Settle();
  EXPECT_THAT(Reports(), Contains("n1/2 ACCEPTED"));
  Pass(absl::Hours(24));
  Decide(Ack("n10"));
  Settle();
  EXPECT_THAT(Reports(), Contains("n10/1 ACCEPTED"));
}

TEST_F(NotifierTest, NoCopyGoesOutOfAnAnswerThatTheCustomerDoesNotGet) {
  for (int i = 1; i <= 5; ++i) Decide(Ack("n" + std::to_string(i), "ana", std::to_string(i)));
  core::v1::DeliveryIntent intent = Ack("n6");
  intent.add_participants("friend@x.example");
  Decide(intent);
  Settle();
  EXPECT_THAT(Addressees(), Not(Contains("friend@x.example")));
  EXPECT_THAT(Reports(), Contains("n6/1 SUPPRESSED loop_window"));
}

// Waiting -----------------------------------------------------------------------------------------

TEST_F(NotifierTest, AnIntentWaitsForTheDirectoryItWasDecidedWith) {
  core::v1::DeliveryIntent intent = Reply("n1");
  intent.mutable_customer()->set_directory_version(2);
  Decide(intent);
  Settle();
  Pass(absl::Seconds(4));
  EXPECT_THAT(Addressees(), IsEmpty());
  EXPECT_THAT(Reports(), IsEmpty());
  PutCustomer("ana", R"pb(email: "new@home.example")pb", 2);
  Settle();
  EXPECT_THAT(Addressees(), ElementsAre("new@home.example"));
}

TEST_F(NotifierTest, ButNotForEverAndNobodyWaitsBehindIt) {
  Decide(Reply("n1", "nobody-knows-me", "t1"));
  Decide(Reply("n2", "ana", "t2"));
  Settle();
  EXPECT_THAT(Reports(), ElementsAre("n2/1 ACCEPTED"));
  EXPECT_EQ(Committed(), kafka::kNoOffset);  // n1 stands before it
  Pass(absl::Seconds(5));
  EXPECT_THAT(Reports(), ElementsAre("n2/1 ACCEPTED", "n1/1 DEFERRED directory_behind"));
  Pass(absl::Seconds(1));
  EXPECT_EQ(Committed(), 2);
}

TEST_F(NotifierTest, ATenantWithoutAPolicyWaitsToo) {
  core::v1::DeliveryIntent intent = Reply("n1");
  intent.set_tenant("other");
  intent.set_address("who@else.example");
  Decide(intent);
  Settle();
  Pass(absl::Seconds(5));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 DEFERRED directory_behind"));
}

TEST_F(NotifierTest, ARelayThatIsDownIsLeftAloneAndReportsComeSlowly) {
  inbox_.AnswerAll(Answer::kNoConnection);
  for (int i = 0; i < 200; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)));
  }
  Settle();
  const int tries = inbox_.tries();
  EXPECT_EQ(tries, options_.breaker.failures_to_open);
  EXPECT_LT(Reports().size(), 60U);
  EXPECT_THAT(Reports(), Each(testing::EndsWith("DEFERRED connect_failed")));
  EXPECT_EQ(notifier_metrics_.breaker_open.Value(), 1);
  // It comes back while the rest waits: that is sent, not deferred.
  inbox_.AnswerAll(Answer::kAccepted);
  const size_t deferred = Reports().size();
  for (int i = 0; i < 20; ++i) Pass(absl::Milliseconds(100));
  EXPECT_THAT(Reports(), SizeIs(200));
  EXPECT_GT(Addressees().size(), 200 - deferred - 100);
  EXPECT_EQ(notifier_metrics_.breaker_open.Value(), 0);
}

TEST_F(NotifierTest, WhatCannotBeReadGoesToTheDeadLettersAndHoldsNobodyUp) {
  fake_.Append({.topic = topics_.delivery, .partition = 0, .key = "k", .value = "\xff\xff"});
  fake_.Append({.topic = topics_.delivery, .partition = 0, .key = "k", .value = std::nullopt});
  Decide(Reply("n1"));
  Settle();
  const auto letters = fake_.Records(topics_.dead_letters, 0);
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].value, "\xff\xff");
  EXPECT_EQ(*letters[0].FindHeader("x-origin"), topics_.delivery + "/0/0");
  EXPECT_EQ(*letters[0].FindHeader("x-error"), "not a DeliveryIntent");
  EXPECT_THAT(Reports(), ElementsAre("n1/1 ACCEPTED"));
  Pass(absl::Seconds(1));
  EXPECT_EQ(Committed(), 3);
}

TEST_F(NotifierTest, NoMoreIsTakenThanTheBound) {
  service_.reset();
  options_.max_in_memory = 10;
  Start();
  ledger_.SetOutage(absl::UnavailableError("down"));
  for (int p : {0, 1}) {
    for (int i = 0; i < 600; ++i) {
      const std::string name = std::to_string(p) + "-" + std::to_string(i);
      core::v1::DeliveryIntent intent = Reply("n" + name, "", "t" + name);
      intent.set_address("a" + name + "@x.example");
      Decide(intent, p);
    }
  }
  Settle();
  Pass(absl::Seconds(1));
  EXPECT_LE(notifier_metrics_.in_memory.Value(), 10 + 500);
  ledger_.SetOutage(absl::OkStatus());
  for (int i = 0; i < 20; ++i) Pass(absl::Seconds(1));
  EXPECT_THAT(Addressees(), SizeIs(1200));
  EXPECT_THAT(Reports(), SizeIs(1200));
}

TEST_F(NotifierTest, OneRecipientCannotFillTheMemory) {
  service_.reset();
  options_.max_in_memory = 40;
  Start();
  ledger_.SetOutage(absl::UnavailableError("down"));
  for (int i = 0; i < 20; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)));
  }
  Settle();
  EXPECT_THAT(Reports(), SizeIs(10));
  EXPECT_THAT(Reports(), Each(testing::EndsWith("DEFERRED recipient_busy")));
}

// Partitions --------------------------------------------------------------------------------------

TEST_F(NotifierTest, ASecondNotifierTakesOverWithoutASecondMail) {
  for (int i = 0; i < 40; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)), i % 2);
  }
  service_->RunOnce();
  service_->RunOnce();
  const std::unique_ptr<NotifierService> first = std::move(service_);
  Start();
  for (int i = 0; i < 50; ++i) {
    first->RunOnce();
    service_->RunOnce();
    clock_.Advance(absl::Milliseconds(100));
  }
  for (int i = 40; i < 60; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)), i % 2);
  }
  for (int i = 0; i < 50; ++i) {
    first->RunOnce();
    service_->RunOnce();
    clock_.Advance(absl::Milliseconds(100));
  }
  EXPECT_THAT(Addressees(), SizeIs(60));
  EXPECT_THAT(Reports(), SizeIs(60));
  EXPECT_EQ(Committed(0) + Committed(1), 60);
}

// Threads -----------------------------------------------------------------------------------------

class ThreadedTest : public NotifierTest {
 protected:
  ThreadedTest() {
    service_.reset();
    options_.threads = true;
    options_.workers = 4;
    Start();
    thread_ =
        std::jthread([this](std::stop_token stop) { service_->Run(std::move(stop), [](bool) {}); });
  }
  ~ThreadedTest() override {
    inbox_.Release();
    thread_.request_stop();
    thread_.join();
  }
  void Await(const char* what, const std::function<bool()>& predicate) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (!predicate()) {
      ASSERT_LT(absl::Now(), deadline) << what;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  std::jthread thread_;
};

TEST_F(ThreadedTest, AHungRecipientDelaysNobodyElse) {  // I12
  PutCustomer("slow", R"pb(email: "slow@home.example")pb");
  for (int i = 0; i < 10; ++i) inbox_.AnswerOnce("slow@home.example", Answer::kHangs);
  for (int i = 0; i < 10; ++i) {
    Decide(Reply("slow" + std::to_string(i), "slow", "s" + std::to_string(i)));
  }
  Await("it hangs", [&] { return inbox_.hanging() == 1; });
  const absl::Time start = absl::Now();
  for (int i = 0; i < 50; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)), i % 2);
  }
  Await("the others have theirs", [&] { return Reports().size() == 50; });
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  EXPECT_EQ(inbox_.hanging(), 1);  // one mail to it is on the wire, not ten
  EXPECT_EQ(Committed(0), kafka::kNoOffset);
  inbox_.Release();
  Await("all are reported", [&] { return Reports().size() == 60; });
}

TEST_F(ThreadedTest, ABreachDoesNotWaitForTheCustomerWhoHangs) {
  inbox_.AnswerOnce("ana@home.example", Answer::kHangs);
  Decide(Reply("n1"));
  Await("it hangs", [&] { return inbox_.hanging() == 1; });
  core::v1::DeliveryIntent breach = Ack("n2");
  breach.set_kind(core::v1::NOTIFICATION_KIND_BREACH_MANAGEMENT);
  breach.set_staff("management");
  Decide(breach);
  Await("management knows", [&] { return Addressees().size() == 1; });
  EXPECT_THAT(Addressees(), ElementsAre("boss@acme.example"));
}

TEST_F(ThreadedTest, OneConversationKeepsItsOrder) {
  PutCustomer("bo", R"pb(email: "bo@home.example")pb");
  for (int i = 0; i < 100; ++i) Decide(Reply("n" + std::to_string(i), i % 2 ? "ana" : "bo", "t1"));
  Await("all are reported", [&] { return Reports().size() == 100; });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(inbox_.mails()[i].to, i % 2 ? "ana@home.example" : "bo@home.example");
  }
}

TEST_F(ThreadedTest, APartitionIsGivenAwayWhenItsMailsOnTheWireHaveEnded) {
  inbox_.AnswerOnce("ana@home.example", Answer::kHangs);
  Decide(Reply("n1"), 0);
  Await("it hangs", [&] { return inbox_.hanging() == 1; });
  NotifierOptions other = options_;
  other.threads = false;
  NotifierService second(
      {broker_, ledger_, composer_, [this] { return std::make_unique<ScriptedRelay>(inbox_); },
       clock_, random_, notifier_metrics_},
      other);
  for (int i = 0; i < 200; ++i) second.RunOnce(absl::Milliseconds(1));
  EXPECT_EQ(inbox_.tries(), 1);
  inbox_.Release();
  Await("it is reported",
        [&] { return second.RunOnce(absl::Milliseconds(1)), !Reports().empty(); });
  for (int i = 0; i < 200; ++i) second.RunOnce(absl::Milliseconds(1));
  EXPECT_THAT(Reports(), ElementsAre("n1/1 DEFERRED smtp_451"));
  EXPECT_EQ(inbox_.tries(), 1);
}

TEST_F(ThreadedTest, StoppingReportsAndCommitsWhatIsOnTheWire) {
  for (int i = 0; i < 200; ++i) {
    Decide(Reply("n" + std::to_string(i), "ana", "t" + std::to_string(i)), i % 2);
  }
  Await("it has begun", [&] { return !Addressees().empty(); });
  thread_.request_stop();
  thread_.join();
  service_.reset();
  thread_ = std::jthread([](const std::stop_token&) {});
  EXPECT_EQ(Addressees().size(), Reports().size());
  const int64_t committed = std::max<int64_t>(Committed(0), 0) + std::max<int64_t>(Committed(1), 0);
  EXPECT_EQ(committed, static_cast<int64_t>(Reports().size()));
}

}  // namespace
}  // namespace plazo::notifier
