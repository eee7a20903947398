#include "services/intake/mail_reader.h"

#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/base/zstd.h"
#include "platform/blob/fake/memory_blob_store.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::intake {
namespace {

const ids::MarkKey kKey{"k1", "0123456789abcdef0123456789abcdef"};
constexpr char kTopic[] = "plazo.state.directory.v1";

class MailReaderTest : public ::testing::Test {
 protected:
  MailReaderTest() {
    broker_.CreateTopic(kTopic, 1);
    core::v1::StateRecord tenant;
    tenant.mutable_tenant()->set_tenant("acme");
    tenant.mutable_tenant()->set_bundle(*ZstdCompress(policy::TestBundle().SerializeAsString()));
    Append("tenant/acme", tenant);
    core::v1::StateRecord customer;
    customer.mutable_customer()->set_tenant("acme");
    customer.mutable_customer()->set_version(7);
    customer.mutable_customer()->mutable_profile()->set_customer_id("c1");
    customer.mutable_customer()->mutable_profile()->set_email("Ana@Client.example");
    Append("customer/acme/c1", customer);
    while (table_.RunOnce()) {
    }
  }

  void Append(const std::string& key, const core::v1::StateRecord& record) {
    broker_.Append({.topic = kTopic,
                    .partition = 0,
                    .key = key,
                    .value = record.SerializeAsString(),
                    .headers = {}});
  }

  static std::string Mail(const std::string& headers, const std::string& body = "Hello there.") {
    return "To: help@acme.example\r\nSubject: A question\r\nMessage-ID: <m1@client.example>\r\n" +
           headers + "\r\n" + body + "\r\n";
  }

  MailReading Read(const std::string& raw, MailRules rules = {}) {
    rules.keys = {kKey};
    MailReader reader(directory_, blobs_, rules);
    v1::SubmitEmailRequest request;
    request.set_raw(raw);
    auto reading = reader.Read(request, now_);
    EXPECT_TRUE(reading.ok()) << reading.status();
    return reading.ok() ? *reading : MailReading();
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  ManualClock clock_{absl::ToUnixMillis(now_)};
  kafka::FakeBroker broker_{clock_};
  kafka::Table table_{broker_, clock_, {.topic = kTopic}};
  Directory directory_{table_};
  blob::MemoryBlobStore blobs_;
};

TEST_F(MailReaderTest, ARegisteredAddressOpensATicketOfItsCustomer) {
  MailReading reading = Read(Mail("From: Ana <ana@client.example>\r\n"));
  EXPECT_EQ(reading.applied, v1::ACCEPTED_NEW);
  EXPECT_EQ(reading.command.tenant(), "acme");
  EXPECT_EQ(reading.command.customer().customer_id(), "c1");
  EXPECT_EQ(reading.command.customer().version(), 7);
  EXPECT_EQ(reading.command.customer().trust(), core::v1::SENDER_TRUST_REGISTERED);
  EXPECT_EQ(reading.command.open_ticket().content().body(), "Hello there.");
  EXPECT_EQ(reading.command.aggregate(), ids::TicketKey(reading.ticket_id));
}

TEST_F(MailReaderTest, TwoCopiesOfOneMailAskForTheSame) {
  MailReading a =
      Read(Mail("From: ana@client.example\r\nReceived: by a; Mon, 1 Jan 2024 00:00:00 +0000\r\n"));
  MailReading b = Read(Mail("From: ana@client.example\r\nX-Other: yes\r\n"));
  EXPECT_EQ(a.command.command_id(), b.command.command_id());
  EXPECT_EQ(a.ticket_id, b.ticket_id);
  EXPECT_NE(a.ticket_id, Read(Mail("From: ana@client.example\r\n", "Another text.")).ticket_id);
}

TEST_F(MailReaderTest, AnybodyElseIsUnverified) {
  MailReading reading = Read(Mail("From: eve@evil.example\r\n"));
  EXPECT_EQ(reading.command.customer().trust(), core::v1::SENDER_TRUST_UNVERIFIED);
  EXPECT_EQ(reading.command.customer().reply_address(), "eve@evil.example");
  EXPECT_EQ(reading.command.customer().customer_id(), "");
}

TEST_F(MailReaderTest, NobodyIsAnsweredInSomebodyElsesName) {
  MailReading reading = Read(Mail("From: eve@evil.example\r\nReply-To: victim@other.example\r\n"));
  EXPECT_EQ(reading.command.customer().reply_address(), "");
}

TEST_F(MailReaderTest, AForgedRegisteredAddressIsUnverifiedWhenATrustedRelaySaysSo) {
  const std::string raw = Mail(
      "From: ana@client.example\r\n"
      "Authentication-Results: mx.acme.example; dmarc=fail header.from=client.example\r\n");
  EXPECT_EQ(Read(raw, {.trusted_relays = {"mx.acme.example"}}).command.customer().trust(),
            core::v1::SENDER_TRUST_UNVERIFIED);
  // Anybody can write such a header: without trust it says nothing.
  EXPECT_EQ(Read(raw).command.customer().trust(), core::v1::SENDER_TRUST_REGISTERED);
}

TEST_F(MailReaderTest, AnAnswerNamesItsTicketByAnyOfOurMarks) {
  const std::string root = ids::ThreadRoot(kKey, "abcdefgh", "acme.example");
  for (const std::string& header :
       {"In-Reply-To: " + root, "References: <x@y> " + root,
        "Cc: " + ids::ReplyLocalPart(kKey, "abcdefgh") + "@acme.example"}) {
    MailReading reading = Read(Mail("From: ana@client.example\r\n" + header + "\r\n"));
    EXPECT_EQ(reading.applied, v1::ACCEPTED_APPENDED) << header;
    EXPECT_EQ(reading.ticket_id, "abcdefgh");
    EXPECT_TRUE(reading.command.has_add_customer_message());
  }
}

TEST_F(MailReaderTest, AForgedMarkIsNoMark) {
  std::string forged = ids::ThreadRoot({"k1", "a guess"}, "abcdefgh", "acme.example");
  EXPECT_EQ(Read(Mail("From: ana@client.example\r\nIn-Reply-To: " + forged + "\r\n")).applied,
            v1::ACCEPTED_NEW);
}

TEST_F(MailReaderTest, AMachinesAnswerIsKeptAndNotAnswered) {
  const std::string root = ids::ThreadRoot(kKey, "abcdefgh", "acme.example");
  MailReading reading =
      Read(Mail("From: ana@client.example\r\nAuto-Submitted: auto-replied\r\n"
                "In-Reply-To: " +
                root + "\r\n"));
  EXPECT_EQ(reading.applied, v1::AUTO_REPLY_IGNORED);
  EXPECT_NE(reading.command.add_customer_message().mail().auto_reply_reason(), "");
}

TEST_F(MailReaderTest, OurOwnMailUnknownRecipientsAndRubbishAreSettledAtOnce) {
  EXPECT_EQ(Read(Mail("From: help@acme.example\r\n")).settled, v1::AUTO_REPLY_IGNORED);
  EXPECT_EQ(Read("From: a@b.example\r\nTo: c@d.example\r\n\r\nx\r\n").reason, "UNKNOWN_RECIPIENT");
  EXPECT_EQ(Read("no mail at all").settled, v1::REJECTED);
}

TEST_F(MailReaderTest, ABounceOfOursIsRecordedOnItsTicket) {
  const std::string id = ids::MessageId(kKey, "n123", "abcdefgh", "acme.example");
  MailReading reading = Read(
      "From: MAILER-DAEMON@relay.example\r\nTo: support@acme.example\r\nSubject: failed\r\n"
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n"
      "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; r\r\n\r\n"
      "Final-Recipient: rfc822; ana@client.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: " +
      id +
      "\r\nSubject: s\r\n\r\nx\r\n"
      "--b--\r\n");
  EXPECT_EQ(reading.applied, v1::BOUNCE_RECORDED);
  EXPECT_EQ(reading.ticket_id, "abcdefgh");
  EXPECT_EQ(reading.command.record_bounce().notification_id(), "n123");
  EXPECT_TRUE(reading.command.record_bounce().permanent());
}

TEST_F(MailReaderTest, TheClockStartsWhenTheTrustedRelayHadTheMail) {
  const std::string raw = Mail("From: ana@client.example\r\nReceived: from x by mx.acme.example; " +
                               absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000",
                                                now_ - absl::Minutes(7), absl::UTCTimeZone()) +
                               "\r\n");
  EXPECT_EQ(FromProto(Read(raw, {.trusted_relays = {"mx.acme.example"}}).command.received_time()),
            now_ - absl::Minutes(7));
  EXPECT_EQ(FromProto(Read(raw).command.received_time()), now_);
}

TEST_F(MailReaderTest, AMailboxResynchronisedAYearLaterReopensNothing) {
  MailReading reading =
      Read(Mail("From: ana@client.example\r\nReceived: from x by mx.acme.example; "
                "Mon, 01 Jan 2024 00:00:00 +0000\r\n"),
           {.trusted_relays = {"mx.acme.example"}});
  EXPECT_EQ(reading.settled, v1::QUARANTINED);
  EXPECT_EQ(reading.reason, "STALE");
}

TEST_F(MailReaderTest, AMailThatCannotBeKeptIsToBeSentAgain) {
  blobs_.SetOutage(absl::UnavailableError("disk"));
  MailReader reader(directory_, blobs_, {});
  v1::SubmitEmailRequest request;
  request.set_raw(Mail("From: ana@client.example\r\n"));
  EXPECT_EQ(reader.Read(request, now_).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace plazo::intake
