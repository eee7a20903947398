#include "platform/smtp/mailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/smtp/fake/fake_relay.h"

namespace plazo::smtp {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Stage = FakeRelay::Stage;

constexpr char kMail[] =
    "From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n.dot\r\n..two\r\n.\r\nend\r\n";
const absl::Time kNow = absl::FromUnixSeconds(1772532000);

class MailerTest : public testing::Test {
 protected:
  Mailer Make(RelayOptions options = {}) {
    options.host = "127.0.0.1";
    if (options.port == RelayOptions().port) options.port = relay_.port();
    if (options.tls == Tls::kIfOffered) options.tls = Tls::kNone;
    absl::StatusOr<Mailer> mailer = Mailer::Create(options, [] { return kNow; });
    EXPECT_TRUE(mailer.ok()) << mailer.status();
    return *std::move(mailer);
  }

  // Counts its calls in `asked_`.
  BeforeFinalDot Yes() {
    return [this] {
      ++asked_;
      return true;
    };
  }

  SendOutcome Send(Mailer& mailer, std::string_view message = kMail) {
    return mailer.Send({.from = "bounce@h.example", .to = "ana@c.example"}, message, Yes(),
                       timeouts_);
  }

  FakeRelay relay_;
  int asked_ = 0;
  SendTimeouts timeouts_{
      .connect = absl::Seconds(5), .reply = absl::Seconds(5), .total = absl::Seconds(10)};
};

TEST_F(MailerTest, AcceptedWithOurClocksTime) {
  Mailer mailer = Make();
  const SendOutcome outcome = Send(mailer);
  EXPECT_EQ(outcome.result, SendResult::kAccepted) << outcome.error;
  EXPECT_EQ(outcome.code, 250);
  EXPECT_EQ(outcome.reply, "250 2.0.0 queued");
  EXPECT_EQ(outcome.accepted_time, kNow);
  EXPECT_EQ(asked_, 1);
  ASSERT_THAT(relay_.messages(), SizeIs(1));
  EXPECT_EQ(relay_.messages()[0].from, "bounce@h.example");
  EXPECT_EQ(relay_.messages()[0].to, "ana@c.example");
}

TEST_F(MailerTest, DotsAreStuffedOnTheWireAndArriveUnchanged) {
  Mailer mailer = Make();
  Send(mailer);
  ASSERT_THAT(relay_.messages(), SizeIs(1));
  EXPECT_EQ(relay_.messages()[0].data, kMail);
  EXPECT_THAT(relay_.last_data_bytes(), HasSubstr("\r\n..dot\r\n...two\r\n..\r\nend\r\n.\r\n"));
}

TEST_F(MailerTest, DotsAtEveryPlaceAroundTheHeldBackBytes) {
  Mailer mailer = Make();
  for (int length = 0; length < 80; ++length) {
    const std::string message =
        "A: b\r\n\r\n" + std::string(70, 'x') + "\r\n.\r\n." + std::string(length, 'y') + "\r\n";
    ASSERT_EQ(Send(mailer, message).result, SendResult::kAccepted);
    ASSERT_EQ(relay_.messages().back().data, message) << length;
  }
}

TEST_F(MailerTest, LargeMessageArrivesWhole) {
  Mailer mailer = Make();
  std::string message = "A: b\r\n\r\n";
  while (message.size() < 1'000'000) message += ".line " + std::to_string(message.size()) + "\r\n";
  EXPECT_EQ(Send(mailer, message).result, SendResult::kAccepted);
  EXPECT_EQ(relay_.messages()[0].data, message);
  EXPECT_EQ(asked_, 1);
}

TEST_F(MailerTest, ConnectionIsReused) {
  Mailer mailer = Make();
  EXPECT_FALSE(Send(mailer).reused_connection);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Send(mailer).reused_connection);
  EXPECT_EQ(relay_.connections(), 1);
  EXPECT_THAT(relay_.messages(), SizeIs(21));
}

TEST_F(MailerTest, DestructorQuits) {
  {
    Mailer mailer = Make();
    Send(mailer);
  }
  EXPECT_TRUE(relay_.AwaitConnectionsClosed(std::chrono::seconds(5)));
  EXPECT_EQ(relay_.commands().back(), "QUIT");
}

TEST_F(MailerTest, NullReturnPath) {
  Mailer mailer = Make();
  EXPECT_EQ(mailer.Send({.from = "", .to = "ana@c.example"}, kMail, nullptr, timeouts_).result,
            SendResult::kAccepted);
  EXPECT_THAT(relay_.commands()[1], StartsWith("MAIL FROM:<>"));
}

struct ReplyCase {
  Stage stage;
  const char* reply;
  SendResult result;
  int code;
  bool relay_unusable;
  int asked;
};

TEST_F(MailerTest, RepliesAreClassified) {
  const ReplyCase cases[] = {
      {Stage::kConnect, "421 too busy", SendResult::kDeferred, 421, true, 0},
      {Stage::kConnect, "554 go away", SendResult::kDeferred, 554, true, 0},
      {Stage::kEhlo, "550 who are you", SendResult::kDeferred, 550, true, 0},
      {Stage::kMail, "451 4.3.0 later", SendResult::kDeferred, 451, false, 0},
      {Stage::kMail, "552 5.3.4 too large", SendResult::kRefused, 552, false, 0},
      {Stage::kMail, "530 5.7.0 log in first", SendResult::kDeferred, 530, true, 0},
      {Stage::kRcpt, "450 4.2.0 greylisted", SendResult::kDeferred, 450, false, 0},
      {Stage::kRcpt, "550 5.1.1 unknown", SendResult::kRefused, 550, false, 0},
      {Stage::kRcpt, "421 closing", SendResult::kDeferred, 421, false, 0},
      {Stage::kData, "451 later", SendResult::kDeferred, 451, false, 0},
      {Stage::kData, "554 no valid recipients", SendResult::kRefused, 554, false, 0},
      {Stage::kFinalDot, "451 4.3.0 disk full", SendResult::kDeferred, 451, false, 1},
      {Stage::kFinalDot, "550 5.7.1 spam", SendResult::kRefused, 550, false, 1},
      {Stage::kFinalDot, FakeRelay::kClose, SendResult::kInDoubt, 0, false, 1},
      {Stage::kMail, FakeRelay::kClose, SendResult::kDeferred, 0, false, 0},
      {Stage::kRcpt, FakeRelay::kClose, SendResult::kDeferred, 0, false, 0},
      {Stage::kData, FakeRelay::kClose, SendResult::kDeferred, 0, false, 0},
      {Stage::kConnect, FakeRelay::kClose, SendResult::kDeferred, 0, true, 0},
  };
  for (const ReplyCase& c : cases) {
    SCOPED_TRACE(std::string(c.reply) + " at stage " + std::to_string(static_cast<int>(c.stage)));
    Mailer mailer = Make();
    asked_ = 0;
    const std::size_t before = relay_.messages().size();
    relay_.Answer(c.stage, c.reply);
    const SendOutcome outcome = Send(mailer);
    EXPECT_EQ(ToString(outcome.result), ToString(c.result)) << outcome.error;
    EXPECT_EQ(outcome.code, c.code);
    EXPECT_EQ(outcome.relay_unusable, c.relay_unusable);
    EXPECT_EQ(asked_, c.asked);
    EXPECT_EQ(outcome.error.empty(), c.code != 0);
    EXPECT_TRUE(c.code == 0 || outcome.reply == c.reply) << outcome.reply;
    EXPECT_EQ(relay_.messages().size(), before);
    relay_.Answer(c.stage, c.stage == Stage::kData      ? "354 go"
                           : c.stage == Stage::kConnect ? "220 hi"
                                                        : "250 Ok");
    EXPECT_EQ(Send(mailer).result, SendResult::kAccepted) << "the mailer works on after a failure";
  }
}

TEST_F(MailerTest, RejectedRecipientDoesNotSpoilTheNextMail) {
  Mailer mailer = Make();
  relay_.AnswerOnce(Stage::kRcpt, "550 5.1.1 unknown");
  EXPECT_EQ(Send(mailer).result, SendResult::kRefused);
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  EXPECT_EQ(relay_.connections(), 2);
}

TEST_F(MailerTest, NoMeansNoFinalDotAndADroppedConnection) {
  Mailer mailer = Make();
  const SendOutcome outcome = mailer.Send(
      {.from = "a@h.example", .to = "b@c.example"}, kMail, [] { return false; }, timeouts_);
  EXPECT_EQ(outcome.result, SendResult::kAborted);
  EXPECT_TRUE(relay_.AwaitConnectionsClosed(std::chrono::seconds(5)));
  EXPECT_THAT(relay_.messages(), SizeIs(0));
  EXPECT_THAT(relay_.last_data_bytes(), Not(HasSubstr("\r\n.\r\n")));
  EXPECT_THAT(relay_.last_data_bytes(), Not(HasSubstr("end")));
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
}

TEST_F(MailerTest, TheRelayCannotHaveTheMessageBeforeTheCallbackReturns) {
  Mailer mailer = Make();
  std::string message = "A: b\r\n\r\n";
  while (message.size() < 300'000) message += "0123456789012345678901234567890123456789\r\n";
  std::size_t accepted_before = 99;
  std::string seen_before;
  const BeforeFinalDot callback = [&] {
    accepted_before = relay_.messages().size();
    seen_before = relay_.last_data_bytes();
    return true;
  };
  const Envelope envelope{.from = "a@h.example", .to = "b@c.example"};
  EXPECT_EQ(mailer.Send(envelope, message, callback, timeouts_).result, SendResult::kAccepted);
  EXPECT_EQ(accepted_before, 0u);
  EXPECT_LT(seen_before.size(), message.size());
  EXPECT_EQ(relay_.messages()[0].data, message);
}

TEST_F(MailerTest, LostInTheMiddleOfTheMessageIsDeferred) {
  Mailer mailer = Make();
  relay_.CloseAfterDataBytes(1000);
  std::string message = "A: b\r\n\r\n";
  while (message.size() < 8'000'000) message += "0123456789012345678901234567890123456789\r\n";
  const SendOutcome outcome = Send(mailer, message);
  EXPECT_EQ(outcome.result, SendResult::kDeferred) << outcome.error;
  EXPECT_EQ(asked_, 0);
}

TEST_F(MailerTest, SilenceAfterTheFinalDotIsInDoubt) {
  Mailer mailer = Make();
  timeouts_.total = absl::Milliseconds(100);
  relay_.AnswerOnce(Stage::kFinalDot, FakeRelay::kHang);
  const absl::Time begin = absl::Now();
  const SendOutcome outcome = Send(mailer);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2))
      << "a hanging relay holds the thread no longer than asked for";
  EXPECT_EQ(outcome.result, SendResult::kInDoubt);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(asked_, 1);
}

TEST_F(MailerTest, TheTotalTimeoutCountsFromEachMailNotFromTheConnection) {
  Mailer mailer = Make();
  timeouts_.total = absl::Milliseconds(200);
  const absl::Time begin = absl::Now();
  while (absl::Now() - begin < absl::Milliseconds(500))
    ASSERT_EQ(Send(mailer).result, SendResult::kAccepted);
  EXPECT_EQ(relay_.connections(), 1);
}

TEST_F(MailerTest, DestructorDoesNotWaitForAHangingRelay) {
  const absl::Time begin = absl::Now();
  {
    Mailer mailer = Make();
    Send(mailer);
    relay_.HangOnQuit();
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
}

TEST_F(MailerTest, SilenceBeforeTheFinalDotIsDeferred) {
  timeouts_.total = absl::Milliseconds(100);
  for (const Stage stage :
       {Stage::kConnect, Stage::kEhlo, Stage::kMail, Stage::kRcpt, Stage::kData}) {
    Mailer mailer = Make();
    relay_.AnswerOnce(stage, FakeRelay::kHang);
    const SendOutcome outcome = Send(mailer);
    EXPECT_EQ(outcome.result, SendResult::kDeferred) << static_cast<int>(stage);
    EXPECT_EQ(outcome.relay_unusable, stage == Stage::kConnect || stage == Stage::kEhlo);
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(MailerTest, NobodyListens) {
  RelayOptions options;
  { options.port = FakeRelay().port(); }
  Mailer mailer = Make(options);
  const SendOutcome outcome = Send(mailer);
  EXPECT_EQ(outcome.result, SendResult::kDeferred);
  EXPECT_TRUE(outcome.relay_unusable);
  EXPECT_EQ(outcome.code, 0);
}

TEST_F(MailerTest, AConnectionClosedWhileIdleIsReplacedSilently) {
  Mailer mailer = Make();
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  relay_.CloseIdleConnections();
  ASSERT_TRUE(relay_.AwaitConnectionsClosed(std::chrono::seconds(5)));
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  EXPECT_EQ(asked_, 2);
  // The same, told only when the next mail begins.
  relay_.AnswerOnce(Stage::kMail, "421 4.4.2 idle too long");
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  relay_.AnswerOnce(Stage::kMail, FakeRelay::kClose);
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);
  EXPECT_EQ(relay_.connections(), 4);
}

TEST_F(MailerTest, AddressesThatWouldBreakOutOfTheCommandNeverReachTheWire) {
  Mailer mailer = Make();
  for (const char* evil : {"a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example>", "a b@c.example",
                           "", "nobody", "\xc3\xb1@b.example"}) {
    EXPECT_EQ(mailer.Send({.from = "a@h.example", .to = evil}, kMail, Yes(), timeouts_).result,
              SendResult::kRefused);
  }
  EXPECT_EQ(
      mailer.Send({.from = "x\n@y.example", .to = "a@b.example"}, kMail, Yes(), timeouts_).result,
      SendResult::kRefused);
  EXPECT_EQ(relay_.connections(), 0);
  EXPECT_EQ(asked_, 0);
}

TEST_F(MailerTest, LogsInWithTheCredentialsOfTheFile) {
  const std::string file = testing::TempDir() + "/credentials";
  std::ofstream(file) << "plazo:s3cret\n";
  relay_.OfferAuth("plazo:s3cret");
  RelayOptions options;
  options.credentials_file = file;
  Mailer mailer = Make(options);
  EXPECT_EQ(Send(mailer).result, SendResult::kAccepted);

  relay_.OfferAuth("plazo:changed");
  Mailer wrong = Make(options);
  const SendOutcome outcome = Send(wrong);
  EXPECT_EQ(outcome.result, SendResult::kDeferred);
  EXPECT_EQ(outcome.code, 535);
  EXPECT_TRUE(outcome.relay_unusable);
}

TEST_F(MailerTest, RequiredTlsIsNotGivenUp) {
  RelayOptions options;
  options.tls = Tls::kRequired;
  Mailer mailer = Make(options);
  const SendOutcome outcome = Send(mailer);
  EXPECT_EQ(outcome.result, SendResult::kDeferred);
  EXPECT_TRUE(outcome.relay_unusable);
  EXPECT_EQ(asked_, 0);
}

TEST(Mailer, CreateRefusesUnusableOptions) {
  EXPECT_FALSE(Mailer::Create({.host = "a/b"}).ok());
  EXPECT_FALSE(Mailer::Create({.port = 0}).ok());
  EXPECT_FALSE(Mailer::Create({.helo_name = "x y"}).ok());
  EXPECT_EQ(Mailer::Create({.credentials_file = "/nonexistent"}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(
      Mailer::Create({.host = "relay.example", .tls = Tls::kNone, .credentials_file = "/x"}).ok());
}

}  // namespace
}  // namespace plazo::smtp
