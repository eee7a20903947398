#include "domain/classify/classifier.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace plazo::classify {
namespace {

using core::v1::Classification;
using google::protobuf::RepeatedPtrField;
using policy::v1::Lexicon;
using ::testing::HasSubstr;

constexpr char kShared[] = R"(
  concepts { name: "vps" words: "vps" }
  deniable: "down" deniable: "refund"
  intents { name: "unclear" title: "nothing definite" department: "technical" team: "support-engineers"
            impact: "low" complexity: "standard" prior: 1 }
  intents { name: "server_down" title: "server down" department: "technical" team: "system-administrators"
            impact: "high" complexity: "complex" }
  intents { name: "refund" title: "refund" department: "billing" team: "billing" impact: "low" complexity: "complex" }
  intents { name: "question" title: "billing question" department: "billing" team: "support-engineers"
            impact: "low" complexity: "simple" }
  rules { intent: "server_down" all: "vps|server" all: "down" none: "solved" weight: 4 }
  rules { intent: "refund" all: "refund" weight: 5 }
  rules { intent: "question" all: "invoice" weight: 3 }
  rules { field: "department" answer: "billing" all: "meta.financial" weight: 6 }
)";

constexpr char kEnglish[] = R"(
  language: "en" signs: "the" signs: "is" signs: "my" signs: "you"
  concepts { name: "server" words: "server*" }
  concepts { name: "down" words: "down" words: "not responding" }
  concepts { name: "refund" words: "refund*" }
  concepts { name: "invoice" words: "invoice*" }
  concepts { name: "solved" words: "all good" }
  concepts { name: "cue.negation" words: "not" words: "no" }
  concepts { name: "cue.denial" words: "no" }
  concepts { name: "cue.contrast" words: "but" }
  concepts { name: "cue.elsewhere" words: "previous provider" }
  concepts { name: "cue.here" words: "with you" }
  concepts { name: "cue.condition" words: "if" }
  layout { attributions: "wrote" closings: "regards" separators: "original message" }
)";

constexpr char kSpanish[] = R"(
  language: "es" signs: "el" signs: "mi" signs: "está" signs: "ñ"
  concepts { name: "down" words: "caíd*" }
  concepts { name: "server" words: "servidor*" }
)";

RepeatedPtrField<Lexicon> Lexicons(const std::vector<const char*>& texts) {
  RepeatedPtrField<Lexicon> lexicons;
  for (const char* text : texts)
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, lexicons.Add()));
  return lexicons;
}

const Classifier& Small() {
  static const auto classifier = *Classifier::Compile(Lexicons({kShared, kEnglish, kSpanish}));
  return *classifier;
}

Classification Read(std::string_view body, std::string_view subject = "") {
  return Small().Classify({.channel = core::v1::CHANNEL_EMAIL, .subject = subject, .body = body});
}

struct Row {
  const char* name;
  const char* subject;
  const char* body;
  const char* team;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Readings : public ::testing::TestWithParam<Row> {};

TEST_P(Readings, GoToTheTeam) {
  EXPECT_EQ(Read(GetParam().body, GetParam().subject).team(), GetParam().team);
}

INSTANTIATE_TEST_SUITE_P(
    Small, Readings,
    ::testing::Values(
        Row{"a claim counts", "", "my server is down", "system-administrators"},
        Row{"a subject counts", "server down", "please help", "system-administrators"},
        Row{"the subject of an old conversation says little", "Re: refund", "my server is down",
            "system-administrators"},
        Row{"a negation takes a claim back", "", "my server is not down", "support-engineers"},
        Row{"a negation that belongs to the claim does not", "", "the server is not responding",
            "system-administrators"},
        Row{"a negation ends with its clause", "", "no panic, the server is down",
            "system-administrators"},
        Row{"a negation ends at a contrast", "", "not slow but server down",
            "system-administrators"},
        Row{"an answer takes a claim back", "", "refund? no. my server is down",
            "system-administrators"},
        Row{"a topic cannot be denied", "", "no invoice came", "support-engineers"},
        Row{"another provider's trouble is not ours", "",
            "with my previous provider the server was down", "support-engineers"},
        Row{"nor is what follows of it", "", "My previous provider was bad. The server was down.",
            "support-engineers"},
        Row{"until it is about us again", "",
            "My previous provider was bad. With you the server is down.", "system-administrators"},
        Row{"a condition is no fact", "", "what if the vps is down", "support-engineers"},
        Row{"what is solved is over", "", "the server was down, all good", "support-engineers"},
        Row{"a quote is left out", "", "thanks\n> the server is down", "support-engineers"},
        Row{"a quote is read when it is all there is", "", "> the server is down",
            "system-administrators"},
        Row{"another language's words", "", "mi servidor está caído", "system-administrators"},
        Row{"nothing known", "", "xyzzy", "support-engineers"},
        Row{"nothing at all", "", "", "support-engineers"}));

TEST(Classifier, GivesTheSameBytesFromManyThreads) {
  const std::string expected = Read("my server is down and I want a refund").SerializeAsString();
  std::vector<std::thread> threads;
  std::array<std::string, 4> got;
  for (std::string& bytes : got) {
    threads.emplace_back([&bytes] {
      for (int i = 0; i < 50; ++i)
        bytes = Read("my server is down and I want a refund").SerializeAsString();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& bytes : got) EXPECT_EQ(bytes, expected);
}

TEST(Classifier, QuotesTheWordsInItsReasons) {
  const Classification read = Read("my server is down, not a refund");
  EXPECT_EQ(read.level(), 3);
  EXPECT_TRUE(read.escalates());
  EXPECT_GT(read.confidence(), 0.5);
  EXPECT_FALSE(read.unsure());
  const std::string reasons = read.DebugString();
  EXPECT_THAT(reasons, HasSubstr("server down: \\\"server\\\", \\\"down\\\""));
  EXPECT_THAT(reasons, HasSubstr("left out: \\\"refund\\\" (denied)"));
}

TEST(Classifier, TakesTheCustomersChoiceAsEvidence) {
  Message message{.body = "something happened",
                  .chosen_department = core::v1::DEPARTMENT_FINANCIAL};
  EXPECT_EQ(Small().Classify(message).department(), core::v1::DEPARTMENT_FINANCIAL);
  message.body = "my server is down";
  EXPECT_EQ(Small().Classify(message).department(), core::v1::DEPARTMENT_TECHNICAL);
}

TEST(Classifier, FallsBackToTheCustomersLanguage) {
  EXPECT_EQ(Small().Classify({.body = "12345", .language_hint = "es"}).language(), "es");
  EXPECT_EQ(Small().Classify({.body = "is my server down", .language_hint = "es"}).language(),
            "en");
}

TEST(Classifier, NamesTheThingsInTheText) {
  const Classification read = Read("server 203.0.113.9, order #123456, $5");
  ASSERT_EQ(read.entities_size(), 3);
  EXPECT_EQ(read.entities(0).kind(), "ip");
  EXPECT_EQ(read.entities(1).value(), "#123456");
  EXPECT_EQ(read.entities(2).kind(), "amount");
}

TEST(Classifier, SurvivesAnyBytes) {
  uint64_t state = 42;
  for (int round = 0; round < 40; ++round) {
    std::string bytes(static_cast<size_t>(round) * 331, '\0');
    for (char& byte : bytes) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      byte = static_cast<char>(state >> (round % 2 == 0 ? 56 : 33));
    }
    Read(bytes, bytes);
  }
  for (const char* unit :
       {"\n", "> ", ",", "\xF0\x9F", "(\"", "a@", "1.", "no ", "from:\nto:\n", "- ", "'"}) {
    std::string bytes;
    while (bytes.size() < 2 * Classifier::kMaxBytes) bytes += unit;
    Read(bytes, bytes);
  }
}

TEST(Classifier, ReadsOnlyTheBeginningOfAHugeMessage) {
  std::string body(Classifier::kMaxBytes, ' ');
  EXPECT_EQ(Read(body + "my server is down").team(), "support-engineers");
}

TEST(Compile, ListsEveryMistakeWithItsLexicon) {
  const auto result = Classifier::Compile(Lexicons({kShared, R"(language: "en"
      concepts { name: "down" words: "a % b" }
      rules { intent: "nobody" all: "down" weight: 1 }
      rules { intent: "refund" all: "unheard" weight: 1 }
      deniable: "ghost")"}));
  ASSERT_FALSE(result.ok());
  const std::string message(result.status().message());
  for (const char* part :
       {"lexicon \"en\"", "a % b", "nobody", "unheard", "ghost", "lexicon \"shared\"", "invoice"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(Compile, WantsALanguageAndIntents) {
  EXPECT_FALSE(Classifier::Compile({}).ok());
  EXPECT_FALSE(Classifier::Compile(Lexicons({kEnglish})).ok());
}

TEST(Compile, RefusesAModelWhosePartsDoNotFit) {
  auto lexicons = Lexicons({kShared, kEnglish});
  policy::v1::LinearModel& model = *lexicons.Mutable(0)->mutable_model();
  model.add_classes("team=billing");
  model.add_biases(0);
  model.set_buckets(4);
  model.set_step(1);
  model.set_weights("AAAA");  // three bytes of four
  EXPECT_FALSE(Classifier::Compile(lexicons).ok());
  model.set_weights("AAAAAA==");
  EXPECT_TRUE(Classifier::Compile(lexicons).ok());
}

TEST(Explain, ShowsWhatWasTakenBack) {
  const std::vector<SeenText> seen = Small().Explain({.body = "my server is not down\n> refund"});
  std::string shown;
  for (const SeenText& s : seen) shown += s.text + "[" + s.concept_name + "," + s.discounted + "] ";
  EXPECT_THAT(shown, HasSubstr("server[server,]"));
  EXPECT_THAT(shown, HasSubstr("down[down,denied]"));
  EXPECT_THAT(shown, HasSubstr("refund[quoted,]"));
}

}  // namespace
}  // namespace plazo::classify
