#include "domain/classify/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plazo::classify {
namespace {

using ::testing::ElementsAre;

Text Read(std::string_view raw) {
  Text text;
  AppendText(FoldCase(raw), Part::kNew, 1000, text);
  return text;
}

TEST(Words, LoseCaseAndLatinAccents) {
  EXPECT_THAT(FoldedWords("Facturación DUPLICADA, perché"),
              ElementsAre("facturacion", "duplicada", "perche"));
}

TEST(Words, KeepCyrillicLettersButForTheRareG) {
  EXPECT_THAT(FoldedWords("Їжак і йод, Ґанок"), ElementsAre("їжак", "і", "йод", "ганок"));
}

TEST(Words, JoinCyrillicAndContractedButNotElidedApostrophes) {
  EXPECT_THAT(FoldedWords("пам'ять пам’ять can't l'ip"),
              ElementsAre("память", "память", "cant", "l", "ip"));
}

TEST(Words, TypedWithTwoKeyboardsBecomeOneScript) {
  EXPECT_THAT(FoldedWords("c\xD0\xB0йт"), ElementsAre("сайт"));  // Latin c
}

TEST(Words, ComposedAndDecomposedAreTheSame) {
  EXPECT_EQ(FoldedWords("pa\xCC\x81gina"), FoldedWords("p\xC3\xA1gina"));
}

TEST(Words, StartWithDigitsSplitFromUnits) {
  EXPECT_THAT(FoldedWords("64GB k3s"), ElementsAre("64", "gb", "k3s"));
}

struct KindRow {
  const char* text;
  TokenKind kind;
  const char* entity;
};

void PrintTo(const KindRow& row, std::ostream* out) { *out << row.text; }

class Kinds : public ::testing::TestWithParam<KindRow> {};

TEST_P(Kinds, AreKnownByTheirForm) {
  const Text text = Read(GetParam().text);
  ASSERT_FALSE(text.tokens.empty());
  EXPECT_EQ(text.tokens[0].kind, GetParam().kind);
  const std::string value = text.entities.empty() ? "" : text.entities[0].value;
  EXPECT_EQ(value, GetParam().entity);
}

INSTANTIATE_TEST_SUITE_P(Forms, Kinds,
                         ::testing::Values(KindRow{"203.0.113.9", TokenKind::kIp, "203.0.113.9"},
                                           KindRow{"#123456", TokenKind::kNumber, "#123456"},
                                           KindRow{"$14.95", TokenKind::kMoney, "14.95"},
                                           KindRow{"12,50 €", TokenKind::kMoney, "12,50"},
                                           KindRow{"249 грн", TokenKind::kMoney, "249"},
                                           KindRow{"https://a.example/x?y=1", TokenKind::kUrl,
                                                   "https://a.example/x?y=1"},
                                           KindRow{"shop.example.", TokenKind::kUrl,
                                                   "shop.example"},
                                           KindRow{"info@shop.example", TokenKind::kMail, ""},
                                           KindRow{"functions.php", TokenKind::kWord, ""}));

TEST(Sentences, EndAtMarksBlankLinesAndShortLines) {
  EXPECT_EQ(Read("One. Two! Three?").sentences.size(), 4U);  // the last is empty
  EXPECT_EQ(Read("short line\nnext").sentences.size(), 3U);
  EXPECT_EQ(Read("a line that a mail program wrapped because it was long enough, it\ngoes on")
                .sentences.size(),
            2U);
  EXPECT_EQ(Read("version 8.2 is fine").sentences.size(), 2U);
}

TEST(Sentences, KnowWhetherTheyAsk) {
  const Text text = Read("Is it down? It is.");
  EXPECT_TRUE(text.sentences[0].question);
  EXPECT_FALSE(text.sentences[1].question);
}

TEST(Bytes, ThatAreNoUtf8AreReadAround) {
  EXPECT_THAT(FoldedWords("down\xFF\xFEslow \xC3"), ElementsAre("down", "slow"));
}

TEST(Bytes, StopAtTheLimitOfWords) {
  Text text;
  AppendText("a b c d e f", Part::kNew, 3, text);
  EXPECT_EQ(text.tokens.size(), 3U);
}

}  // namespace
}  // namespace plazo::classify
