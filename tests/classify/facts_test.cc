// The worked examples, the teams' work, the causes of an escalation, the kinds of work and the
// examples of each impact (F7-F10, F12, F14-F17, F19-F21, F33-F35), in every language:
// tests/classify/facts.tsv.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/classify/corpus.h"

namespace plazo::classify {
namespace {

struct Row {
  std::string fact;
  std::string language;
  std::string department;
  std::string team;
  std::string impact;
  std::string complexity;
  std::string intent;
  std::string text;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.fact << " in " << row.language; }

std::vector<Row> Rows() {
  std::ifstream in("tests/classify/facts.tsv");
  std::vector<Row> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    Row row;
    std::istringstream cells(line);
    for (std::string* cell : {&row.fact, &row.language, &row.department, &row.team, &row.impact,
                              &row.complexity, &row.intent}) {
      std::getline(cells, *cell, '\t');
    }
    std::getline(cells, row.text);
    rows.push_back(std::move(row));
  }
  return rows;
}

const Classifier& Shipped() {
  static const auto classifier = [] {
    auto lexicons = LoadLexicons("policies/lexicon");
    return *Classifier::Compile(*lexicons);
  }();
  return *classifier;
}

const std::string& TitleOf(const std::string& intent) {
  static const auto titles = [] {
    std::map<std::string, std::string> by_name;
    const auto lexicons = LoadLexicons("policies/lexicon", /*model=*/false);
    for (const auto& lexicon : *lexicons) {
      for (const auto& entry : lexicon.intents()) by_name[entry.name()] = entry.title();
    }
    return by_name;
  }();
  return titles.at(intent);
}

class FactsTest : public ::testing::TestWithParam<Row> {};

TEST_P(FactsTest, IsReadAsThePolicyMeansIt) {
  const Row& row = GetParam();
  const core::v1::Classification got =
      Shipped().Classify({.channel = core::v1::CHANNEL_TICKET, .body = row.text});
  const std::array<int, kFields> answers = AnswersOf(got);
  EXPECT_EQ(got.language(), row.language);
  EXPECT_EQ(kAnswers[kDepartment][static_cast<size_t>(answers[kDepartment])], row.department);
  EXPECT_EQ(got.team(), row.team);
  EXPECT_EQ(kAnswers[kImpact][static_cast<size_t>(answers[kImpact])], row.impact);
  EXPECT_EQ(kAnswers[kComplexity][static_cast<size_t>(answers[kComplexity])], row.complexity);
  EXPECT_EQ(got.escalates(), row.team != kSupportEngineers);
  EXPECT_EQ(got.level(), row.team == kSupportEngineers       ? 1
                         : row.team == kSystemAdministrators ? 3
                                                             : 2);
  EXPECT_THAT(got.intents(), ::testing::Contains(row.intent)) << got.DebugString();
  // A reason says what the message is about, in its own words: `double charge: "charged twice"`.
  const std::string begin = TitleOf(row.intent) + ": \"";
  std::string reasons;
  bool told = false;
  for (const auto& reason : got.reasons()) {
    reasons += "\n  " + reason.text();
    told |= reason.text().starts_with(begin);
  }
  EXPECT_TRUE(told) << begin << reasons;
}

TEST(Facts, AreInEveryLanguage) {
  std::map<std::string, std::set<std::string>> languages;
  for (const Row& row : Rows()) languages[row.fact].insert(row.language);
  EXPECT_GE(languages.size(), 40U);
  for (const auto& [fact, seen] : languages) EXPECT_EQ(seen.size(), 4U) << fact;
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) {
  std::string name;
  for (const char c : info.param.fact + " " + info.param.language) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Examples, FactsTest, ::testing::ValuesIn(Rows()), NameOf);

}  // namespace
}  // namespace plazo::classify
