// The worked examples and the examples of each impact (F19-F21, F33-F35), in every language:
// tests/classify/facts.tsv.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
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
    for (std::string* cell :
         {&row.fact, &row.language, &row.department, &row.team, &row.impact, &row.intent}) {
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

class Facts : public ::testing::TestWithParam<Row> {};

TEST_P(Facts, IsReadAsThePolicyMeansIt) {
  const Row& row = GetParam();
  const core::v1::Classification got =
      Shipped().Classify({.channel = core::v1::CHANNEL_TICKET, .body = row.text});
  const std::array<int, kFields> answers = AnswersOf(got);
  EXPECT_EQ(got.language(), row.language);
  EXPECT_EQ(kAnswers[kDepartment][static_cast<size_t>(answers[kDepartment])], row.department);
  EXPECT_EQ(got.team(), row.team);
  EXPECT_EQ(kAnswers[kImpact][static_cast<size_t>(answers[kImpact])], row.impact);
  EXPECT_EQ(got.escalates(), row.team != kSupportEngineers);
  EXPECT_EQ(got.level(), row.team == kSupportEngineers       ? 1
                         : row.team == kSystemAdministrators ? 3
                                                             : 2);
  EXPECT_THAT(got.intents(), ::testing::Contains(row.intent)) << got.DebugString();
  // A reason quotes words of the message.
  bool quotes = false;
  for (const auto& reason : got.reasons()) {
    quotes |= reason.field() != "language" && reason.text().find('"') != std::string::npos;
  }
  EXPECT_TRUE(quotes) << got.DebugString();
}

std::string NameOf(const ::testing::TestParamInfo<Row>& info) {
  std::string name;
  for (const char c : info.param.fact + " " + info.param.language) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Examples, Facts, ::testing::ValuesIn(Rows()), NameOf);

}  // namespace
}  // namespace plazo::classify
