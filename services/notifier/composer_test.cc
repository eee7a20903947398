#include "services/notifier/composer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/policy/policy_fixture.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::notifier {
namespace {

using namespace core::v1;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<ids::MarkKey> kKeys = {{"k2", "fedcba9876543210"}, {"k1", "0123456789abcdef"}};

class ComposerTest : public ::testing::Test {
 protected:
  ComposerTest() {
    intent_.set_notification_id("n1");
    intent_.set_tenant("acme");
    intent_.set_ticket_id("t1");
    intent_.set_case_number("12-3");
    intent_.set_kind(NOTIFICATION_KIND_AGENT_REPLY);
    intent_.set_language("en");
    intent_.mutable_customer();
    intent_.mutable_content()->set_subject("Down");
    intent_.mutable_content()->set_body("Try again.");
    *intent_.mutable_requested_time() = ToProto(absl::FromUnixSeconds(1'900'000'000));
  }

  void AddField(const std::string& key, const std::string& value) {
    TextField* field = intent_.add_fields();
    field->set_key(key);
    field->set_value(value);
  }
  std::string Bytes(const std::vector<std::string>& to = {"ana@home.example"}) {
    const auto mail = composer_.Compose(intent_, policy_, to);
    EXPECT_TRUE(mail.ok()) << mail.status();
    envelope_from_ = mail->envelope_from;
    return mail->bytes;
  }
  mime::ParsedMail Mail(const std::vector<std::string>& to = {"ana@home.example"}) {
    return *mime::ParseMail(Bytes(to));
  }

  const text::TemplateSet templates_ =
      *text::TemplateSet::Load({.directory = "templates", .required_kinds = {}});
  const Composer composer_{templates_, kKeys};
  policy::v1::Policy policy_ = policy::TestPolicy();
  DeliveryIntent intent_;
  std::string envelope_from_;
};

TEST_F(ComposerTest, EveryKindNamesATemplateThatShips) {
  for (int kind = NotificationKind_MIN + 1; kind <= NotificationKind_MAX; ++kind) {
    EXPECT_TRUE(templates_.kinds().contains(TemplateName(static_cast<NotificationKind>(kind))))
        << NotificationKind_Name(static_cast<NotificationKind>(kind));
  }
}

TEST_F(ComposerTest, AnAgentsAnswerCarriesTheMarksOfItsConversation) {
  intent_.set_in_reply_to("<their.id@home.example>");
  const mime::ParsedMail mail = Mail();
  EXPECT_EQ(mail.from.name, "Acme");
  EXPECT_EQ(mail.from.address, "help@acme.example");
  EXPECT_EQ(envelope_from_, "help@acme.example");
  EXPECT_EQ(mail.to.at(0).address, "ana@home.example");
  EXPECT_THAT(mail.subject, HasSubstr("Down"));
  EXPECT_THAT(mail.text, HasSubstr("Try again."));
  const auto by_id = ids::ReadMark(kKeys, mail.message_id);
  ASSERT_TRUE(by_id);
  EXPECT_EQ(by_id->notification_id, "n1");
  EXPECT_EQ(by_id->ticket_id, "t1");
  EXPECT_THAT(mail.message_id, HasSubstr(".k2."));  // the first key signs
  EXPECT_TRUE(ids::ReadMark(kKeys, mail.reply_to));
  EXPECT_THAT(mail.reply_to, EndsWith("@acme.example"));
  ASSERT_EQ(mail.references.size(), 2U);
  EXPECT_THAT(mail.references[0], StartsWith("t.t1."));
  EXPECT_EQ(mail.references[1], "their.id@home.example");
  EXPECT_EQ(mail.in_reply_to, "their.id@home.example");
  EXPECT_THAT(Bytes(), Not(HasSubstr("Auto-Submitted")));
}

TEST_F(ComposerTest, TheSameIntentGivesTheSameBytes) { EXPECT_EQ(Bytes(), Bytes()); }

TEST_F(ComposerTest, OthersStandInCc) {
  const mime::ParsedMail mail = Mail({"a@x.example", "b@x.example", "c@x.example"});
  ASSERT_EQ(mail.to.size(), 1U);
  ASSERT_EQ(mail.cc.size(), 2U);
  EXPECT_EQ(mail.cc[1].address, "c@x.example");
}

TEST_F(ComposerTest, AttachmentsAreNamedWithTheirSize) {
  AddField("text", "See the files.\n");
  AttachmentRef* file = intent_.mutable_content()->add_attachments();
  file->set_filename("log\n.txt");
  file->set_size_bytes(1234);
  EXPECT_THAT(Mail().text, HasSubstr("See the files.\n\n[log .txt, 2 kB]"));
}

TEST_F(ComposerTest, ALineEndInAFieldMakesNoHeader) {
  AddField("subject", "Hi\r\nBcc: x@y.example");
  const mime::ParsedMail mail = Mail();
  EXPECT_THAT(mail.subject, HasSubstr("Bcc: x@y.example"));
  EXPECT_THAT(Bytes(), Not(HasSubstr("\nBcc:")));
}

TEST_F(ComposerTest, AMessageIdThatIsNoneIsNotQuoted) {
  intent_.set_in_reply_to("<a b\r\nX: y>");
  const mime::ParsedMail mail = Mail();
  EXPECT_EQ(mail.in_reply_to, "");
  EXPECT_EQ(mail.references.size(), 1U);
}

TEST_F(ComposerTest, AStrangerGetsNothingBackThatHeWrote) {  // I18
  intent_.set_kind(NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL);
  intent_.set_automatic(true);
  intent_.set_address("who@else.example");
  AddField("customer_name", "Buy now");
  AddField("subject", "Cheap pills");
  AddField("provider_name", "Acme");
  const mime::ParsedMail mail = Mail();
  for (const char* theirs : {"Buy now", "Cheap pills", "Down", "Try again."}) {
    EXPECT_THAT(mail.text + mail.subject, Not(HasSubstr(theirs)));
  }
  EXPECT_THAT(mail.text, HasSubstr("12-3"));
  EXPECT_THAT(mail.text, HasSubstr("Acme"));
  EXPECT_EQ(envelope_from_, "");
  EXPECT_THAT(Bytes(), HasSubstr("Auto-Submitted: auto-replied"));
}

TEST_F(ComposerTest, StaffAreNotInvitedIntoTheConversation) {
  intent_.set_kind(NOTIFICATION_KIND_BREACH_MANAGEMENT);
  intent_.set_automatic(true);
  intent_.set_staff("management");
  intent_.set_in_reply_to("<their.id@home.example>");
  const mime::ParsedMail mail = Mail({"boss@acme.example"});
  EXPECT_EQ(mail.reply_to, "");
  EXPECT_EQ(mail.in_reply_to, "");
  EXPECT_THAT(Bytes(), HasSubstr("Auto-Submitted: auto-generated"));
}

TEST_F(ComposerTest, ANoticeBelongsToNoConversation) {
  intent_.set_kind(NOTIFICATION_KIND_NOTICE);
  intent_.clear_ticket_id();
  const mime::ParsedMail mail = Mail();
  EXPECT_EQ(mail.reply_to, "");
  EXPECT_THAT(mail.references, IsEmpty());
}

TEST_F(ComposerTest, AKindWithoutATemplateIsNotFound) {
  intent_.set_kind(static_cast<NotificationKind>(999));
  EXPECT_EQ(composer_.Compose(intent_, policy_, {"ana@home.example"}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ComposerTest, OnlyAnswersToAMessageAreLimited) {
  intent_.set_automatic(true);
  for (const NotificationKind kind :
       {NOTIFICATION_KIND_ACKNOWLEDGEMENT, NOTIFICATION_KIND_CHANNEL_NOT_INCLUDED,
        NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL, NOTIFICATION_KIND_AGENT_REPLY}) {
    intent_.set_kind(kind);
    EXPECT_TRUE(IsAutomaticAnswer(intent_));
  }
  for (const NotificationKind kind :
       {NOTIFICATION_KIND_ESCALATED, NOTIFICATION_KIND_RESOLVED, NOTIFICATION_KIND_NOTICE}) {
    intent_.set_kind(kind);
    EXPECT_FALSE(IsAutomaticAnswer(intent_));
  }
  intent_.set_kind(NOTIFICATION_KIND_ACKNOWLEDGEMENT);
  intent_.set_automatic(false);
  EXPECT_FALSE(IsAutomaticAnswer(intent_));
}

}  // namespace
}  // namespace plazo::notifier
