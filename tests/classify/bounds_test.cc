// The work for a message is bounded by its length, whatever it says: counted, not timed.

#include <gtest/gtest.h>

#include "domain/classify/pipeline.h"
#include "tests/classify/corpus.h"

namespace plazo::classify {
namespace {

// Steps a word or line of the text, beside one pass over it. Ordinary messages need 1 to 3.
constexpr size_t kMostStepsAWord = 24;

const Pipeline& Shipped() {
  static const auto pipeline = [] {
    auto lexicons = LoadLexicons("policies/lexicon", /*model=*/false);
    return *Pipeline::Build(*lexicons);
  }();
  return *pipeline;
}

std::string Repeated(std::string_view unit) {
  std::string text;
  while (text.size() + unit.size() <= Classifier::kMaxBytes) text += unit;
  return text;
}

void ExpectBounded(std::string_view unit) {
  const std::string body = Repeated(unit);
  const Work work = Shipped().Run({.body = body});
  const auto lines = static_cast<size_t>(std::count(body.begin(), body.end(), '\n'));
  EXPECT_LE(work.text.tokens.size(), Classifier::kMaxTokens);
  EXPECT_LE(work.text.entities.size(), 64U);
  EXPECT_LE(work.steps, kMostStepsAWord * (work.text.tokens.size() + lines + 1)) << unit;
}

TEST(Bounds, HoldForTextThatLooksLikeStructure) {
  for (const char* unit : {"\n",        "> ",
                           ">\n",       ",",
                           "regards\n", "saludos\n",
                           "--\n",      "x wrote:\n\n",
                           "From: a\n", "---------- forwarded message ----------\n",
                           "Re: ",      "\"",
                           "(a",        "<a",
                           "\"a",       "a@",
                           "a.b",       "a/",
                           "http://",   "1.",
                           "1,2.",      "#1 ",
                           "$1 ",       "1 usd ",
                           "\xC2\xBF",  "\xE2\x80\x8B",
                           "e\xCC\x81", "\xF0\x9F\x98\xA1",
                           "\xFF",      "'",
                           "п'",        "a-",
                           "аb",        "? ",
                           ". a"}) {
    ExpectBounded(unit);
  }
}

TEST(Bounds, HoldForEveryExpressionRepeated) {
  const auto lexicons = LoadLexicons("policies/lexicon", /*model=*/false);
  for (const policy::v1::Lexicon& lexicon : *lexicons) {
    for (const policy::v1::Concept& entry : lexicon.concepts()) {
      // One long clause of the concept's first words, gaps filled, in every order they can follow.
      std::string clause;
      for (int i = 0; i < std::min(6, entry.words_size()); ++i) {
        for (const char c : entry.words(i)) clause += c == '|' ? ' ' : c == '*' ? 'a' : c;
        clause += ' ';
      }
      ExpectBounded(clause);
    }
  }
}

TEST(Bounds, WordsThatReachFarMeetOthersThatDo) {
  for (const char* unit : {"if ", "if not ", "si no ", "se non ", "якщо не ", "not ", "no ", "не ",
                           "previous provider ", "please if not but "}) {
    ExpectBounded(unit);
    ExpectBounded(std::string(unit) + "server down refund ");
  }
}

TEST(Bounds, AnswersAreShortHoweverLongTheWords) {
  const auto lexicons = LoadLexicons("policies/lexicon");
  const auto classifier = *Classifier::Compile(*lexicons);
  for (const char* start : {"https://a.example/\xC3\xB1", "refund my server", "#1", "$1", "1"}) {
    const std::string body =
        start + std::string(30000, start[1] >= '1' || start[1] == '\0' ? '1' : 'x') + " refund";
    EXPECT_LT(classifier->Classify({.body = body}).ByteSizeLong(), 4096U) << start;
  }
  std::string links;
  while (links.size() < Classifier::kMaxBytes) links += "https://a.example/ 10.0.0.1 $5 ";
  EXPECT_LT(classifier->Classify({.body = links}).ByteSizeLong(), 4096U);
}

}  // namespace
}  // namespace plazo::classify
