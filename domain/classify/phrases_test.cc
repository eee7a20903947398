#include "domain/classify/phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plazo::classify {
namespace {

struct Row {
  const char* pattern;
  const char* text;
  bool found;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.pattern << " in " << row.text; }

class Patterns : public ::testing::TestWithParam<Row> {};

TEST_P(Patterns, MatchWhatTheySay) {
  PhraseIndex index;
  ASSERT_TRUE(index.Add(GetParam().pattern, 1).ok());
  Text text;
  AppendText(FoldCase(GetParam().text), Part::kNew, 100, text);
  std::vector<Hit> hits;
  index.Find(text, true, hits);
  EXPECT_EQ(!hits.empty(), GetParam().found);
}

INSTANTIATE_TEST_SUITE_P(
    Language, Patterns,
    ::testing::Values(
        Row{"down", "is it DOWN", true}, Row{"down", "downtown", false},
        Row{"factur*", "la facturación", true}, Row{"factur*", "fact", false},
        Row{"no funciona", "el correo no funciona hoy", true},
        Row{"no funciona", "no me funciona", false}, Row{"no _ funciona", "no me funciona", true},
        Row{"no _ funciona", "no a b c funciona", true},
        Row{"no _ funciona", "no a b c d funciona", false},
        Row{"no _ funciona", "no. funciona", false}, Row{"web|sitio caíd*", "mi sitio caido", true},
        Row{"web|sitio caíd*", "mi pagina caida", false}, Row{"e-mail", "my e mail", true},
        Row{"ds <num>", "DS-0377", true}, Row{"<ip> bloqueada", "203.0.113.9 bloqueada", true},
        Row{"<money>", "12 €", true}, Row{"error 500", "error 500", true},
        Row{"error 500", "error 503", false},
        // One letter wrong, missing, too many, or two swapped.
        Row{"firewall", "firewal", true}, Row{"firewall", "firrewall", true},
        Row{"firewall", "firewoll", true}, Row{"firewall", "fierwall", true},
        Row{"firewall", "furewoll", false}, Row{"firewall", "wirewall", false},
        Row{"reembols*", "rembolso", true}, Row{"reembols*", "reembloso", true},
        Row{"сервер*", "сервр", false}, Row{"заблокован*", "заблакована", true},
        Row{"down", "dwon", false}));

TEST(Patterns, OverlapAndKeepTheirPlaces) {
  PhraseIndex index;
  ASSERT_TRUE(index.Add("my vps", 1).ok());
  ASSERT_TRUE(index.Add("vps is slow", 2).ok());
  Text text;
  AppendText(FoldCase("now my VPS is slow"), Part::kNew, 100, text);
  std::vector<Hit> hits;
  index.Find(text, true, hits);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].first_token, 1U);
  EXPECT_EQ(hits[0].end_token, 3U);
  EXPECT_EQ(hits[1].first_token, 2U);
  EXPECT_EQ(hits[1].end_token, 5U);
}

TEST(Patterns, AreExactBeforeTheyAreNear) {
  PhraseIndex index;
  ASSERT_TRUE(index.Add("carta", 1).ok());
  ASSERT_TRUE(index.Add("tarjeta", 2).ok());
  ASSERT_TRUE(index.Add("tarjetas", 3).ok());
  Text text;
  AppendText(FoldCase("tarjeta"), Part::kNew, 100, text);
  std::vector<Hit> hits;
  index.Find(text, true, hits);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].concept_id, 2);
  EXPECT_FALSE(hits[0].misspelt);
}

TEST(Patterns, ThatCannotBeReadAreRefused) {
  PhraseIndex index;
  EXPECT_FALSE(index.Add("", 1).ok());
  EXPECT_FALSE(index.Add("a % b", 1).ok());
  EXPECT_FALSE(index.Add("e-mail|post", 1).ok());
}

}  // namespace
}  // namespace plazo::classify
