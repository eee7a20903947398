// Floors under the accuracy on messages that nobody looked at: the `held` third of
// tests/data/messages_*.jsonl. Raise a floor when the accuracy rises; a lower one needs a reason in
// docs/classification.md.

#include <gtest/gtest.h>

#include <map>

#include "tests/classify/corpus.h"

namespace plazo::classify {
namespace {

constexpr const char* kLanguages[] = {"es", "it", "uk", "en"};

struct Scores {
  Tally all;
  Tally hard;
  std::map<std::string, Tally> by_language;
};

const Scores& Held() {
  static const Scores scores = [] {
    Scores s;
    auto lexicons = LoadLexicons("policies/lexicon");
    auto classifier = Classifier::Compile(*lexicons);
    for (const char* language : kLanguages) {
      auto messages = LoadMessages(std::string("tests/data/messages_") + language + ".jsonl");
      for (const LabelledMessage& m : *messages) {
        if (m.split != "held") continue;
        const core::v1::Classification got = (*classifier)->Classify(m.AsMessage());
        s.all.Add(m, got);
        s.by_language[m.language].Add(m, got);
        if (!m.hard.empty()) s.hard.Add(m, got);
      }
    }
    return s;
  }();
  return scores;
}

size_t FieldOf(std::string_view name) {
  for (size_t f = 0; f < kScored; ++f) {
    if (kScoredNames[f] == name) return f;
  }
  ADD_FAILURE() << name;
  return 0;
}

struct Floor {
  const char* field;
  double all;
  double hard;
  double each_language;
};

void PrintTo(const Floor& floor, std::ostream* out) { *out << floor.field; }

class Accuracy : public ::testing::TestWithParam<Floor> {};

TEST_P(Accuracy, StaysAboveItsFloor) {
  const Floor& floor = GetParam();
  const size_t field = FieldOf(floor.field);
  // The floors mean something only on enough messages.
  ASSERT_GE(Held().all.all[field], 100);
  EXPECT_GE(Held().all.Share(field), floor.all) << Held().all.Row();
  EXPECT_GE(Held().hard.Share(field), floor.hard) << Held().hard.Row();
  for (const auto& [language, tally] : Held().by_language) {
    EXPECT_GE(tally.Share(field), floor.each_language) << language << ": " << tally.Row();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Held, Accuracy,
    ::testing::Values(Floor{"language", 0.99, 0.99, 0.99}, Floor{"department", 0.93, 0.89, 0.85},
                      Floor{"team", 0.93, 0.93, 0.89}, Floor{"impact", 0.89, 0.84, 0.87},
                      Floor{"escalates", 0.93, 0.93, 0.89}, Floor{"complexity", 0.90, 0.81, 0.87}),
    [](const auto& row) { return std::string(row.param.field); });

}  // namespace
}  // namespace plazo::classify
