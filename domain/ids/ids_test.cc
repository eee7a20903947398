#include "domain/ids/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "domain/ids/message_id.h"

namespace plazo::ids {
namespace {

TEST(TicketId, IsTheSameForEveryRetryAndDiffersByTenantAndRequest) {
  EXPECT_EQ(TicketId("a", "r1"), TicketId("a", "r1"));
  EXPECT_EQ(TicketId("a", "r1").size(), 16u);
  EXPECT_NE(TicketId("a", "r1"), TicketId("a", "r2"));
  EXPECT_NE(TicketId("a", "r1"), TicketId("b", "r1"));
  EXPECT_NE(TicketId("ab", "c"), TicketId("a", "bc"));
}

TEST(CommandId, ChangesWithTheContent) {
  EXPECT_EQ(CommandId("a", "r", "x"), CommandId("a", "r", "x"));
  EXPECT_NE(CommandId("a", "r", "x"), CommandId("a", "r", "y"));
  EXPECT_EQ(CommandId("a", "r", "x").size(), 32u);
}

TEST(Keys, AreTakenApart) {
  EXPECT_EQ(AfterPrefix(TicketKey("x"), "ticket"), "x");
  EXPECT_EQ(AfterPrefix(CustomerKey("t", "c"), "customer"), "t/c");
  EXPECT_EQ(AfterPrefix("ticket", "ticket"), std::nullopt);
  EXPECT_EQ(AfterPrefix("ticket/", "ticket"), std::nullopt);
  EXPECT_EQ(AfterPrefix("tickets/x", "ticket"), std::nullopt);
}

TEST(CaseNumber, AreUniqueAcrossLanesAndNameTheirLane) {
  std::set<std::string> seen;
  for (int64_t sequence = 1; sequence < 50; ++sequence) {
    for (int32_t lane = 0; lane < 24; ++lane) {
      std::string number = CaseNumber(sequence, lane, 24);
      EXPECT_TRUE(seen.insert(number).second) << number;
      EXPECT_EQ(LaneOfCaseNumber(number, 24), lane);
    }
  }
}

TEST(CaseNumber, CatchesEveryWrongDigitAndEverySwap) {
  const std::string number = CaseNumber(123457, 7, 24);
  for (size_t i = 0; i < number.size(); ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      if (digit == number[i]) continue;
      std::string wrong = number;
      wrong[i] = digit;
      EXPECT_EQ(LaneOfCaseNumber(wrong, 24), std::nullopt) << wrong;
    }
    if (i + 1 < number.size() && number[i] != number[i + 1]) {
      std::string swapped = number;
      std::swap(swapped[i], swapped[i + 1]);
      EXPECT_EQ(LaneOfCaseNumber(swapped, 24), std::nullopt) << swapped;
    }
  }
  EXPECT_EQ(LaneOfCaseNumber("", 24), std::nullopt);
  EXPECT_EQ(LaneOfCaseNumber("12a", 24), std::nullopt);
}

const MarkKey kKey{"k1", "0123456789abcdef0123456789abcdef"};
const MarkKey kOther{"k2", "another key of some length......"};

TEST(Mark, IsReadFromEachOfItsForms) {
  const MarkKey keys[] = {kOther, kKey};
  const std::string ticket = TicketId("a", "r"), notification = DerivedId("c", "n", 0);
  auto mark = ReadMark(keys, MessageId(kKey, notification, ticket, "example.org"));
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->ticket_id, ticket);
  EXPECT_EQ(mark->notification_id, notification);
  EXPECT_EQ(ReadMark(keys, ThreadRoot(kKey, ticket, "example.org"))->ticket_id, ticket);
  std::string reply = ReplyLocalPart(kKey, ticket);
  EXPECT_LE(reply.size(), 64u);
  for (char& c : reply) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(ReadMark(keys, reply + "@EXAMPLE.ORG")->ticket_id, ticket);
}

TEST(Mark, IsRefusedWhenForgedChangedOrOfAnUnknownKey) {
  const MarkKey keys[] = {kKey};
  const std::string good = ThreadRoot(kKey, "abcdefgh", "example.org");
  EXPECT_TRUE(ReadMark(keys, good));
  std::string other = good;
  other[3] = other[3] == 'b' ? 'c' : 'b';
  EXPECT_FALSE(ReadMark(keys, other));
  EXPECT_FALSE(ReadMark(keys, ThreadRoot(kOther, "abcdefgh", "example.org")));
  MarkKey same_name{"k1", "not the key"};
  EXPECT_FALSE(ReadMark(keys, ThreadRoot(same_name, "abcdefgh", "example.org")));
  for (const char* text : {"", "<>", "t.a.k1", "t.a.k1.", "<x@y>", "t....", "n.a.b.k1.zz"}) {
    EXPECT_FALSE(ReadMark(keys, text)) << text;
  }
  EXPECT_FALSE(ReadMark(keys, std::string(100000, '.')));
}

TEST(Mark, OfOneFormIsNotOneOfAnother) {
  const MarkKey keys[] = {kKey};
  std::string root = ThreadRoot(kKey, "abcdefgh", "example.org");
  root[1] = 'r';
  EXPECT_FALSE(ReadMark(keys, root));
}

}  // namespace
}  // namespace plazo::ids
