#include "platform/mime/header_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/mime/address_list.h"

namespace plazo::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HeaderBlock, UnfoldsAndEndsAtTheEmptyLine) {
  const HeaderBlock block =
      HeaderBlock::Parse("From x@y Tue\r\nSubject: a\r\n  b\r\nTo : c\r\n\r\nBody: d\r\n", 10);
  ASSERT_EQ(block.fields().size(), 2u);
  EXPECT_EQ(block.Get("SUBJECT"), "a b");
  EXPECT_EQ(block.Get("to"), "c");
  EXPECT_FALSE(block.Has("Body"));
  EXPECT_EQ(block.size_bytes(), 41u);
}

TEST(HeaderBlock, AtMostSoManyFields) {
  const HeaderBlock block = HeaderBlock::Parse("A: 1\nB: 2\nC: 3\n folded\n\nx", 2);
  EXPECT_EQ(block.fields().size(), 2u);
  EXPECT_TRUE(block.overflow());
  EXPECT_EQ(block.Get("B"), "2");
}

TEST(DecodeHeaderText, EncodedWords) {
  EXPECT_EQ(DecodeHeaderText("=?utf-8?q?Fa=C3=A7ade?="), "Façade");
  EXPECT_EQ(DecodeHeaderText("=?ISO-8859-1*es?Q?a=F1o?= =?utf-8?B?w7E=?="), "añoñ");
  EXPECT_EQ(DecodeHeaderText("a =?utf-8?q?b?= c"), "a b c");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?q?=C3?=\t=?utf-8?q?=B1?="), "ñ");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?q?=41=3F?="), "A?");
}

TEST(DecodeHeaderText, WhatIsNoEncodedWordStays) {
  for (const char* text : {"=?", "=?utf-8?x?abc?=", "=?utf-8?q?abc", "50% =? 20", "=??q?a?="}) {
    EXPECT_EQ(DecodeHeaderText(text), text);
  }
}

TEST(DecodeHeaderText, NeverGivesALineEnd) {
  EXPECT_EQ(DecodeHeaderText("=?utf-8?q?a=0D=0ABcc=3A_x?="), "a  Bcc: x");
  EXPECT_EQ(DecodeHeaderText("=?utf-8?q?a=00b?="), "ab");
}

TEST(ParseMessageIds, BareIds) {
  EXPECT_THAT(ParseMessageIds("<a@b> <c@d>\t<e@f>"), ElementsAre("a@b", "c@d", "e@f"));
  EXPECT_THAT(ParseMessageIds("Your mail of today <a@b>"), ElementsAre("a@b"));
  EXPECT_THAT(ParseMessageIds("a@b c"), ElementsAre("a@b"));
  EXPECT_THAT(ParseMessageIds("<a@ b>"), ElementsAre("a@b"));
  EXPECT_THAT(ParseMessageIds("<>"), IsEmpty());
  EXPECT_THAT(ParseMessageIds("<a@b"), ElementsAre("a@b"));
}

TEST(ParseMailDate, FormsInUse) {
  const absl::Time time = absl::FromUnixSeconds(1772532000);
  EXPECT_EQ(ParseMailDate("Tue, 03 Mar 2026 10:00:00 +0000"), time);
  EXPECT_EQ(ParseMailDate("3 Mar 2026 11:00:00 +0100 (CET)"), time);
  EXPECT_EQ(ParseMailDate("Tue, 3 Mar 2026 05:00:00 EST"), time);
  EXPECT_EQ(ParseMailDate("yesterday"), std::nullopt);
  EXPECT_EQ(ParseMailDate(""), std::nullopt);
}

struct AddressCase {
  const char* value;
  std::vector<std::pair<std::string, std::string>> expected;  // name, address
};

TEST(ParseAddressList, Cases) {
  const AddressCase cases[] = {
      {"a@b.example", {{"", "a@b.example"}}},
      {"<a@b.example>", {{"", "a@b.example"}}},
      {"Ana <a@b.example>, Bo <c@d.example>", {{"Ana", "a@b.example"}, {"Bo", "c@d.example"}}},
      {"\"Doe, J.\" <a@b.example>", {{"Doe, J.", "a@b.example"}}},
      {"Doe, Jane <a@b.example>", {{"Doe, Jane", "a@b.example"}}},
      {"\"a \\\"b\\\"\" <a@b.example>", {{"a \"b\"", "a@b.example"}}},
      {"a@b.example (Ana (the boss))", {{"Ana (the boss)", "a@b.example"}}},
      {"Friends: a@b.example, c@d.example;, e@f.example",
       {{"", "a@b.example"}, {"", "c@d.example"}, {"", "e@f.example"}}},
      {"undisclosed-recipients:;", {}},
      {"=?utf-8?q?P=C3=A9rez?= <a@b.example>", {{"Pérez", "a@b.example"}}},
      {"=?utf-8?q?a=2C_b?= <a@b.example>", {{"a, b", "a@b.example"}}},
      {"P\xe9rez <a@b.example>", {{"Pérez", "a@b.example"}}},
      {"\"x.y\"@b.example", {{"", "\"x.y\"@b.example"}}},
      // To write to these we would have to change them, and then they are somebody else's.
      {"\"x y\"@b.example", {}},
      {"\"x y\\\"z\"@b.example", {}},
      {"Ana <\"x y\"@b.example>, c@d.example", {{"", "c@d.example"}}},
      {"<@relay.example:a@b.example>", {{"", "a@b.example"}}},
      {"a@[IPv6:2001:db8::1]", {{"", "a@[IPv6:2001:db8::1]"}}},
      {"MAILER-DAEMON (Mail System)", {{"Mail System", "MAILER-DAEMON"}}},
      {"Ana <a@b.example, Bo <c@d.example>", {{"Ana", "a@b.example"}, {"Bo", "c@d.example"}}},
      {"\"unterminated <a@b.example>", {{"unterminated", "a@b.example"}}},
      {"(unterminated a@b.example", {{"unterminated", "a@b.example"}}},
      {"John Doe john@d.example", {{"John Doe", "john@d.example"}}},
      {"", {}},
      {", ,;", {}},
      {"<>", {}},
  };
  for (const AddressCase& c : cases) {
    std::vector<std::pair<std::string, std::string>> actual;
    for (const Mailbox& m : ParseAddressList(c.value, 10).mailboxes)
      actual.emplace_back(m.name, m.address);
    EXPECT_EQ(actual, c.expected) << c.value;
  }
}

TEST(ParseAddressList, StopsAtTheLimit) {
  const AddressList list = ParseAddressList("a@b.example, c@d.example, e@f.example", 2);
  EXPECT_EQ(list.mailboxes.size(), 2u);
  EXPECT_TRUE(list.truncated);
}

}  // namespace
}  // namespace plazo::mime
