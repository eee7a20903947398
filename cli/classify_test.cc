#include "cli/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/classify/corpus.h"

namespace plazo::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const classify::Classifier& Shipped() {
  static const auto classifier = [] {
    auto lexicons = classify::LoadLexicons("policies/lexicon");
    auto compiled = classify::Classifier::Compile(*lexicons);
    return *std::move(compiled);
  }();
  return *classifier;
}

std::vector<json> Answers(const std::string& input, double unsure_below = 0) {
  std::istringstream in(input);
  std::ostringstream out;
  EXPECT_EQ(ClassifyLines(Shipped(), unsure_below, in, out), 0);
  std::vector<json> answers;
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line));
  return answers;
}

TEST(ClassifyLines, AnswersWithEveryField) {
  const json answer = Answers(
      R"({"id": "t1", "channel": "ticket", "subject": "", "body": "My VPS is slow", "services": ["vps"]})")
      [0];
  EXPECT_EQ(answer["id"], "t1");
  EXPECT_EQ(answer["language"], "en");
  EXPECT_EQ(answer["department"], "technical");
  EXPECT_EQ(answer["level"], 3);
  EXPECT_EQ(answer["team"], "system-administrators");
  EXPECT_EQ(answer["impact"], "medium");
  EXPECT_EQ(answer["complexity"], "complex");
  EXPECT_EQ(answer["escalates"], true);
  EXPECT_GT(answer["confidence"], 0.5);
  EXPECT_THAT(answer["reasons"].dump(), HasSubstr("slow VPS"));
}

TEST(ClassifyLines, NamesTheWrongFieldAndGoesOn) {
  const std::vector<json> answers = Answers(
      "{\"id\": 1, \"channel\": \"pigeon\", \"body\": \"x\"}\n"
      "not json\n\n"
      "{\"id\": 2, \"channel\": \"chat\"}\n"
      "{\"id\": 3, \"channel\": \"chat\", \"body\": 7}\n"
      "{\"id\": 4, \"body\": \"x\", \"services\": [5]}\n"
      "{\"id\": 5, \"channel\": \"chat\", \"body\": \"Why was I charged twice?\"}\n");
  ASSERT_EQ(answers.size(), 6U);
  EXPECT_EQ(answers[0]["error"], "channel: \"pigeon\" is none of ticket, chat, email, telephone");
  EXPECT_EQ(answers[0]["id"], 1);
  EXPECT_THAT(answers[1]["error"], HasSubstr("line: "));
  EXPECT_EQ(answers[2]["error"], "body: is required");
  EXPECT_EQ(answers[3]["error"], "body: must be a string");
  EXPECT_THAT(std::string(answers[4]["error"]), HasSubstr("services[0]: "));
  EXPECT_EQ(answers[5]["department"], "billing");
}

TEST(ClassifyLines, MarksWhatIsBelowTheThreshold) {
  const std::string line = R"({"id": 1, "channel": "chat", "body": "hello"})";
  EXPECT_EQ(Answers(line, 0)[0]["unsure"], false);
  EXPECT_EQ(Answers(line, 1)[0]["unsure"], true);
}

TEST(ClassifyExplain, ShowsTheWordsAndWhatTheyStandFor) {
  std::istringstream in(R"({"id": 1, "channel": "chat", "body": "My VPS is slow"})"
                        "\n{\"id\": 2}\n");
  std::ostringstream out;
  EXPECT_EQ(ClassifyExplain(Shipped(), 0, in, out), 0);
  EXPECT_THAT(out.str(), HasSubstr("vps [vps]"));
  EXPECT_THAT(out.str(), HasSubstr("slow [slow]"));
  EXPECT_THAT(out.str(), HasSubstr("level 3 (system-administrators)"));
  EXPECT_THAT(out.str(), HasSubstr("message 2: body: is required"));
}

TEST(ClassifyLines, SaysWhenTheAnswersCannotBeWritten) {
  std::istringstream in(R"({"id": 1, "body": "x"})");
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_EQ(ClassifyLines(Shipped(), 0, in, out), 74);
}

}  // namespace
}  // namespace plazo::cli
