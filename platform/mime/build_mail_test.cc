#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/mime/outgoing_mail.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

OutgoingMail Sample() {
  OutgoingMail mail;
  mail.from = {.name = "Soporte Niño, S.L. \"24/7\"", .address = "support@host.example"};
  mail.to = {.name = "Олена", .address = "olena@cliente.example"};
  mail.reply_to = {.name = "", .address = "r.t1.k1.abcdef@host.example"};
  mail.subject = "Re: Сервер не відповідає [P-1042] — терміново, будь ласка, дуже довга тема листа";
  mail.message_id =
      "n.0123456789abcdef0123456789abcdef.tickettickettick.k1.00112233445566778899aabbccddeeff@"
      "host.example";
  mail.in_reply_to = "<m1@cliente.example>";
  mail.references = {"root.tickettickettick@host.example", "m1@cliente.example"};
  mail.date = absl::FromUnixSeconds(1772532000);
  mail.language = "uk";
  mail.auto_submitted = "auto-replied";
  mail.extra_headers = {{"X-Plazo-Ticket", "tickettickettick"}};
  mail.text = "Вітаємо!\n\n.крапка на початку\nFrom the start\n";
  return mail;
}

std::string Build(const OutgoingMail& mail) {
  absl::StatusOr<std::string> bytes = BuildMail(mail);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *std::move(bytes) : "";
}

TEST(BuildMail, ReadsBackAsItWasWritten) {
  const OutgoingMail mail = Sample();
  const ParsedMail read = *ParseMail(Build(mail));
  EXPECT_EQ(read.from.name, mail.from.name);
  EXPECT_EQ(read.from.address, mail.from.address);
  EXPECT_EQ(read.to[0].name, mail.to.name);
  EXPECT_EQ(read.reply_to, mail.reply_to.address);
  EXPECT_EQ(read.subject, mail.subject);
  EXPECT_EQ(read.message_id, mail.message_id);
  EXPECT_EQ(read.in_reply_to, "m1@cliente.example");
  EXPECT_EQ(read.references, mail.references);
  EXPECT_EQ(read.date, mail.date);
  EXPECT_EQ(read.text + "\n", mail.text);
  EXPECT_TRUE(read.auto_reply);
}

TEST(BuildMail, HeadersOnTheWire) {
  const std::string bytes = Build(Sample());
  EXPECT_THAT(bytes, HasSubstr("\r\nX-Auto-Response-Suppress: All\r\n"));
  EXPECT_THAT(bytes, HasSubstr("\r\nAuto-Submitted: auto-replied\r\n"));
  EXPECT_THAT(bytes, HasSubstr("\r\nContent-Language: uk\r\n"));
  EXPECT_THAT(bytes, HasSubstr("\r\nX-Plazo-Ticket: tickettickettick\r\n"));
  EXPECT_THAT(bytes, HasSubstr("Date: Tue, 03 Mar 2026 10:00:00 +0000\r\n"));
  EXPECT_THAT(bytes, HasSubstr("<n.0123456789abcdef0123456789abcdef.tickettickettick.k1."
                               "00112233445566778899aabbccddeeff@host.example>"));
  EXPECT_THAT(bytes, HasSubstr("MIME-Version: 1.0\r\n"));
  EXPECT_THAT(bytes, Not(HasSubstr("iso-8859")));
}

TEST(BuildMail, EveryLineIsAsciiCrlfAndShort) {
  OutgoingMail mail = Sample();
  mail.from.name = "Soporte Niño";  // fits iso-8859-1, must be UTF-8 all the same
  mail.text = std::string(5000, 'x') + "\nlong line above\n";
  for (int i = 0; i < 60; ++i)
    mail.references.push_back("reference." + std::to_string(i) + "@host.example");
  const std::string bytes = Build(mail);
  EXPECT_THAT(bytes, Not(HasSubstr("iso-8859")));
  std::size_t begin = 0;
  while (begin < bytes.size()) {
    const std::size_t end = bytes.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    ASSERT_EQ(bytes[end - 1], '\r');
    EXPECT_LE(end - begin, 999u);
    begin = end + 1;
  }
  for (const char c : bytes) ASSERT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_EQ(ParseMail(bytes)->text, std::string(5000, 'x') + "\nlong line above");
  EXPECT_EQ(ParseMail(bytes)->references, mail.references);
}

TEST(BuildMail, SameMailSameBytes) {
  OutgoingMail mail = Sample();
  mail.attachments.push_back(
      {.filename = "informe técnico.pdf", .content_type = "application/pdf", .bytes = "%PDF"});
  EXPECT_EQ(Build(mail), Build(mail));
}

TEST(BuildMail, Attachments) {
  OutgoingMail mail = Sample();
  const std::string binary("\0\r\n.\r\n\xff", 7);
  mail.attachments.push_back(
      {.filename = "informe técnico.pdf", .content_type = "application/pdf", .bytes = binary});
  mail.attachments.push_back({.filename = "x", .content_type = "nonsense", .bytes = ""});
  const ParsedMail read = *ParseMail(Build(mail));
  ASSERT_EQ(read.attachments.size(), 2u);
  EXPECT_EQ(read.attachments[0].filename, "informe técnico.pdf");
  EXPECT_EQ(read.attachments[0].bytes, binary);
  EXPECT_EQ(read.attachments[1].content_type, "application/octet-stream");
  EXPECT_EQ(read.text + "\n", mail.text);
}

TEST(BuildMail, WithoutOptionalFields) {
  OutgoingMail mail;
  mail.from.address = "a@b.example";
  mail.to.address = "c@d.example";
  mail.message_id = "x@b.example";
  mail.text = "plain";
  const std::string bytes = Build(mail);
  EXPECT_THAT(bytes, Not(HasSubstr("Auto-Submitted")));
  EXPECT_THAT(bytes, Not(HasSubstr("In-Reply-To")));
  EXPECT_THAT(bytes, Not(HasSubstr("References")));
  EXPECT_THAT(bytes, HasSubstr("\r\n\r\nplain\r\n"));
}

TEST(BuildMail, RefusesInjectionNamingTheField) {
  const std::string evil = "x\r\nBcc: victim@v.example";
  const std::pair<const char*, std::function<void(OutgoingMail&)>> cases[] = {
      {"from.name", [&](OutgoingMail& m) { m.from.name = evil; }},
      {"from.address",
       [&](OutgoingMail& m) { m.from.address = "a@b.example\r\nBcc: v@v.example"; }},
      {"to.name", [&](OutgoingMail& m) { m.to.name = std::string("a\0b", 3); }},
      {"to.address", [&](OutgoingMail& m) { m.to.address = "a@b.example>\nx"; }},
      {"reply_to.address", [&](OutgoingMail& m) { m.reply_to.address = "not an address"; }},
      {"subject", [&](OutgoingMail& m) { m.subject = "a\nb"; }},
      {"subject", [&](OutgoingMail& m) { m.subject = "a\rb"; }},
      {"message_id", [&](OutgoingMail& m) { m.message_id = "a@b>\r\nX: y"; }},
      {"message_id", [&](OutgoingMail& m) { m.message_id = ""; }},
      {"in_reply_to", [&](OutgoingMail& m) { m.in_reply_to = "a b@c"; }},
      {"references", [&](OutgoingMail& m) { m.references.push_back(evil); }},
      {"language", [&](OutgoingMail& m) { m.language = evil; }},
      {"auto_submitted", [&](OutgoingMail& m) { m.auto_submitted = evil; }},
      {"extra_headers", [&](OutgoingMail& m) { m.extra_headers.emplace_back("X-A", evil); }},
      {"extra_headers", [&](OutgoingMail& m) { m.extra_headers.emplace_back("X: A", "b"); }},
      {"attachments.filename",
       [&](OutgoingMail& m) { m.attachments.push_back({.filename = evil}); }},
      {"text", [&](OutgoingMail& m) { m.text = "\xff"; }},
  };
  for (const auto& [field, spoil] : cases) {
    OutgoingMail mail = Sample();
    spoil(mail);
    const absl::Status status = BuildMail(mail).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
}

}  // namespace
}  // namespace plazo::mime
