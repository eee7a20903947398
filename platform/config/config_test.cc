#include "platform/config/config.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "platform/base/file.h"
#include "plazo/config/v1/config.pb.h"
#include "plazo/testing/v1/sample.pb.h"

namespace plazo::config {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;
using testing::v1::Sample;
using testing::v1::Strict;

LoadOptions With(std::map<std::string, std::string> variables) {
  return {.environment_prefix = "PLAZO", .environment = [variables](const std::string& name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt
                                            : std::optional<std::string>(found->second);
          }};
}

std::string Faults(std::string_view yaml, google::protobuf::Message* message,
                   const LoadOptions& options = {}) {
  return LoadYamlText(yaml, "f", message, options).Render();
}

std::string Faults(std::string_view yaml, const LoadOptions& options = {}) {
  Sample sample;
  return Faults(yaml, &sample, options);
}

TEST(Load, ReadsEveryKind) {
  Sample s;
  ASSERT_EQ(Faults(R"yaml(
text: no                # a word, not a boolean
flag: true
small: -5
large: 9223372036854775807
count: 4294967295
ratio: 1.5e3
color: dark_blue
wait: 1m30s
since: 2030-01-31T09:00:00.25+01:00
size: 64KiB
words: [a, "b"]
steps:
  - 500ms
  - 1d
block: {name: x, inner: {name: "y"}}
blocks:
  - name: p
    weight: 3
  - name: q
right: {name: r}
maybe: 0
opens: 09:00
)yaml",
                   &s),
            "");
  EXPECT_EQ(s.text(), "no");
  EXPECT_TRUE(s.flag());
  EXPECT_EQ(s.small(), -5);
  EXPECT_EQ(s.large(), 9223372036854775807);
  EXPECT_EQ(s.count(), 4294967295u);
  EXPECT_EQ(s.ratio(), 1500);
  EXPECT_EQ(s.color(), testing::v1::COLOR_DARK_BLUE);
  EXPECT_EQ(s.wait().seconds(), 90);
  EXPECT_EQ(s.since().seconds(), 1896076800);
  EXPECT_EQ(s.since().nanos(), 250000000);
  EXPECT_EQ(s.size(), 65536u);
  EXPECT_EQ(s.words(1), "b");
  EXPECT_EQ(s.steps(0).nanos(), 500000000);
  EXPECT_EQ(s.steps(1).seconds(), 86400);
  EXPECT_EQ(s.block().inner().name(), "y");
  EXPECT_EQ(s.blocks(0).weight(), 3u);
  EXPECT_EQ(s.blocks(1).weight(), 7u) << "the default of a field in a list's element";
  EXPECT_EQ(s.right().name(), "r");
  EXPECT_TRUE(s.has_maybe());
  EXPECT_EQ(s.opens(), 32400u);
}

TEST(Load, AnEmptyFileIsAllDefaults) {
  for (const char* empty : {"", "# nothing\n", "---\n", "{}"}) {
    Sample s;
    s.set_text("old");
    EXPECT_EQ(Faults(empty, &s), "");
    EXPECT_EQ(s.text(), "") << "the message's former content is gone";
    EXPECT_EQ(s.defaults().host(), "localhost");
    EXPECT_EQ(s.defaults().port(), 2u) << "the outer block's word counts before the inner's";
    EXPECT_FALSE(s.has_absent()) << "`optional` stays absent";
    EXPECT_FALSE(s.has_block()) << "a block with a required field stays absent";
  }
}

TEST(Load, AGivenBlockKeepsItsKeysAndGetsTheOthers) {
  Sample s;
  ASSERT_EQ(Faults("defaults: {host: h}\nabsent: {port: 9}", &s), "");
  EXPECT_EQ(s.defaults().host(), "h");
  EXPECT_EQ(s.defaults().port(), 2u);
  EXPECT_EQ(s.absent().host(), "localhost");
  EXPECT_EQ(s.absent().port(), 9u);
  ASSERT_EQ(Faults("defaults: {port: 5}", &s), "");
  EXPECT_EQ(s.defaults().port(), 5u);
}

TEST(Load, EveryFaultAtOnceInOrderWithItsPlace) {
  Sample s;
  EXPECT_EQ(Faults(R"yaml(txet: x
flag: yes
small: 6
block:
  weight: 11
  nmae: z
words: [a, B1]
wait: 10 minutes
)yaml",
                   &s),
            "f:1:1: txet: unknown key (did you mean \"text\"?)\n"
            "f:2:7: flag: expected true or false, got \"yes\"\n"
            "f:3:8: small: must be at most 5\n"
            "f:4:1: block.name: is required\n"
            "f:5:11: block.weight: must be at most 10\n"
            "f:6:3: block.nmae: unknown key (did you mean \"name\"?)\n"
            "f:7:12: words[1]: must have the form [a-z]+\n"
            "f:8:7: wait: expected a duration like 10m, 2h30m or 500ms, got \"10 minutes\"\n");
}

struct FaultCase {
  const char* yaml;
  const char* fault;
};

class SingleFault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(SingleFault, IsNamed) {
  EXPECT_EQ(Faults(GetParam().yaml), std::string(GetParam().fault) + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Table, SingleFault,
    ::testing::Values(
        FaultCase{"text: a\ntext: b", "f:2:1: text: given twice in the same map"},
        FaultCase{"zzzzzz: 1", "f:1:1: zzzzzz: unknown key"},
        FaultCase{"text:", "f:1:1: text: has no value"},
        FaultCase{"text: ~", "f:1:1: text: has no value"},
        FaultCase{"text: ''", "f:1:7: text: must not be empty"},
        FaultCase{"text: [a]", "f:1:7: text: expected a single value, got a list"},
        FaultCase{"words: a", "f:1:8: words: expected a list, got a single value"},
        FaultCase{"words: [a, ~]", "f:1:12: words[1]: expected a single value, got nothing"},
        FaultCase{"block: 3", "f:1:8: block: expected a map, got a single value"},
        FaultCase{"count: -1",
                  "f:1:8: count: expected a whole number that is not negative, got \"-1\""},
        FaultCase{"count: 4294967296",
                  "f:1:8: count: expected a whole number that is not negative, got \"4294967296\""},
        FaultCase{"small: 1.0", "f:1:8: small: expected a whole number, got \"1.0\""},
        FaultCase{"small: '1'", "f:1:8: small: expected a whole number, got the quoted \"1\""},
        FaultCase{"small: 0x1", "f:1:8: small: expected a whole number, got \"0x1\""},
        FaultCase{"ratio: nan", "f:1:8: ratio: expected a number, got \"nan\""},
        FaultCase{"color: COLOR_RED",
                  "f:1:8: color: expected one of red, dark_blue, got \"COLOR_RED\""},
        FaultCase{"color: rde", "f:1:8: color: expected one of red, dark_blue, got \"rde\""},
        FaultCase{"color: dark-blue",
                  "f:1:8: color: expected one of red, dark_blue, got \"dark-blue\" (did you mean "
                  "\"dark_blue\"?)"},
        FaultCase{"color: unspecified",
                  "f:1:8: color: expected one of red, dark_blue, got \"unspecified\""},
        FaultCase{"wait: 50ms", "f:1:7: wait: must be at least 100ms"},
        FaultCase{"wait: 2h", "f:1:7: wait: must be at most 1h"},
        FaultCase{"since: tomorrow",
                  "f:1:8: since: expected a time like 2030-01-31T09:00:00Z, got \"tomorrow\""},
        FaultCase{
            "since: infinite-future",
            "f:1:8: since: expected a time like 2030-01-31T09:00:00Z, got \"infinite-future\""},
        FaultCase{"opens: 32400", "f:1:8: opens: expected a time of day like 09:00, got \"32400\""},
        FaultCase{"size: 64KB",
                  "f:1:7: size: expected a size like 512, 64KiB or 5MiB, got \"64KB\""},
        FaultCase{"size: 2MiB", "f:1:7: size: must be at most 1048576"},
        FaultCase{"left: a\nright: {name: b}", "f:2:1: right: excludes left, which is given too"},
        FaultCase{"- a", "f:1:1: expected a map of keys and values, got a list"},
        FaultCase{"text: a\n---\ntext: b", "f:3:1: more than one document in the file"},
        FaultCase{"text: \"\xff\"", "f: the file is not UTF-8"},
        FaultCase{"{a: b}: c", "f:1:1: a key must be a plain word"},
        FaultCase{"secrets: {password: hunter2}",
                  "f:1:11: secrets.password: a secret does not stand here: give "
                  "password_file"},
        FaultCase{"secrets: {key_file: /nonexistent/key}",
                  "f:1:21: secrets.key: open /nonexistent/key: No such file or directory"},
        FaultCase{"secrets: {pasword_file: x}",
                  "f:1:11: secrets.pasword_file: unknown key (did you mean \"password_file\"?)"}));

TEST(Load, MalformedTextIsOneFault) {
  Strict strict;
  const ConfigErrors errors = LoadYamlText("a: [1\nb: 2", "f", &strict);
  ASSERT_EQ(errors.errors().size(), 1u);
  EXPECT_THAT(errors.Render(), HasSubstr("f:2:"));
  EXPECT_THAT(errors.Render(), HasSubstr("not valid YAML"));
  EXPECT_EQ(errors.ToStatus().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Load, DeepAndMultiplyingInputComesToAnEnd) {
  Sample s;
  EXPECT_NE(Faults(std::string(100000, '['), &s), "");
  std::string text = "x0: &x0 {inner: {inner: {}}}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*x" + std::to_string(i - 1);
    text +=
        "x" + std::to_string(i) + ": &x" + std::to_string(i) + " [" + before + "," + before + "]\n";
  }
  EXPECT_NE(Faults(text, &s), "") << "unknown keys are not walked into";
}

TEST(Load, RequiredWithoutAnything) {
  Strict strict;
  EXPECT_EQ(Faults("list: []", &strict, With({})),
            "f: block: is required\n"
            "f: word: is required\n"
            "f: password: is required: give password_file or the environment's PLAZO_PASSWORD\n"
            "f:1:1: list: must not be empty\n");
}

TEST(Environment, OverridesTheFileWithTheSameChecks) {
  Sample s;
  ASSERT_EQ(Faults("text: a\nwords: [x]\nblocks: [{name: p}]", &s,
                   With({{"PLAZO_TEXT", "b"},
                         {"PLAZO_WAIT", "5s"},
                         {"PLAZO_WORDS", "u,v"},
                         {"PLAZO_BLOCKS_0_WEIGHT", "9"},
                         {"PLAZO_BLOCK_INNER_NAME", "deep"},
                         {"PLAZO_BLOCK_NAME", "made"},
                         {"PLAZO_COLOR", "red"}})),
            "");
  EXPECT_EQ(s.text(), "b");
  EXPECT_EQ(s.wait().seconds(), 5);
  ASSERT_EQ(s.words_size(), 2);
  EXPECT_EQ(s.words(1), "v");
  EXPECT_EQ(s.blocks(0).weight(), 9u);
  EXPECT_EQ(s.block().name(), "made");
  EXPECT_EQ(s.block().inner().name(), "deep");
  EXPECT_EQ(s.block().weight(), 7u);
  EXPECT_EQ(s.color(), testing::v1::COLOR_RED);

  EXPECT_EQ(Faults("text: a", &s,
                   With({{"PLAZO_SMALL", "6"}, {"PLAZO_WORDS", "a,B"}, {"PLAZO_FLAG", "on"}})),
            "environment PLAZO_FLAG: flag: expected true or false, got \"on\"\n"
            "environment PLAZO_SMALL: small: must be at most 5\n"
            "environment PLAZO_WORDS: words[1]: must have the form [a-z]+\n");
}

TEST(Environment, IsLeftAloneWithoutAPrefix) {
  setenv("_TEXT", "x", 1);
  Sample s;
  EXPECT_EQ(Faults("text: a", &s), "");
  EXPECT_EQ(s.text(), "a");
}

class SecretTest : public ::testing::Test {
 protected:
  SecretTest() {
    char name[] = "/tmp/plazo-config-XXXXXX";
    folder_ = mkdtemp(name);
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/pw", "hunter2\n").ok());
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/key", std::string("\x00\xff\n\n", 4)).ok());
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/empty", "").ok());
  }
  ~SecretTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(SecretTest, ComeFromFilesBesideTheConfiguration) {
  const std::string path = folder_ + "/c.yaml";
  ASSERT_TRUE(WriteFileAtomically(
                  path, "secrets: {password_file: pw, key_file: key}\nvault: [{key_file: key}]")
                  .ok());
  Sample s;
  const ConfigErrors errors = LoadYamlFile(path, &s);
  ASSERT_EQ(errors.Render(), "");
  EXPECT_EQ(s.secrets().password(), "hunter2");
  EXPECT_EQ(s.secrets().key(), std::string("\x00\xff\n", 3)) << "one line end is dropped, no more";
  EXPECT_EQ(s.vault(0).key(), s.secrets().key());
}

TEST_F(SecretTest, TheEnvironmentGivesThemToo) {
  Sample s;
  ASSERT_EQ(
      Faults("secrets: {password_file: /nonexistent}\nvault: [{}]", &s,
             With({{"PLAZO_SECRETS_KEY", "k"}, {"PLAZO_VAULT_0_PASSWORD_FILE", folder_ + "/pw"}})),
      "f:1:26: secrets.password: open /nonexistent: No such file or directory\n");
  EXPECT_EQ(s.secrets().key(), "k");
  EXPECT_EQ(s.vault(0).password(), "hunter2");
}

TEST_F(SecretTest, AnEmptyOneIsSeen) {
  EXPECT_EQ(Faults("secrets: {key_file: " + folder_ + "/empty}"),
            "f:1:21: secrets.key: must not be empty\n");
}

TEST_F(SecretTest, NeverShows) {
  Sample s;
  s.mutable_secrets()->set_password("hunter2");
  s.add_vault()->set_key("hunter2");
  EXPECT_THAT(Print(s), ::testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(Print(s), HasSubstr("password: ***"));
}

TEST(Print, IsReadBackAsTheSame) {
  Sample s;
  ASSERT_EQ(Faults(R"yaml(
text: "a: \"b\"\n#\tñ"
small: -3
ratio: 0.1
color: red
wait: 59m1s
since: 2030-01-31T09:00:00.25Z
size: 1MiB
words: [null1]
steps: [1500us, -2m]
blocks: [{name: p, inner: {name: q}}, {name: r, weight: 1}]
left: "null"
maybe: 0
absent: {}
vault: [{}]
opens: "17:30:15"
)yaml",
                   &s),
            "f:9:9: words[0]: must have the form [a-z]+\n");
  s.set_words(0, "null");
  Sample back;
  ASSERT_EQ(Faults(Print(s), &back), "") << Print(s);
  EXPECT_TRUE(MessageDifferencer::Equals(s, back)) << Print(s) << "\n---\n" << Print(back);
}

TEST(Print, ShowsAZeroThatTurnsADefaultOff) {
  v1::IntakeConfig config;
  ASSERT_EQ(Faults("max_attachments: 0", &config), "");
  EXPECT_THAT(Print(config), HasSubstr("max_attachments: 0\n"));
}

TEST(Positions, PointAtTheNearestKnownPlace) {
  Positions positions;
  Sample s;
  LoadOptions options{.positions = &positions};
  ASSERT_EQ(Faults("text: a\nblocks:\n  - name: p\n    inner:\n      name: q\n", &s, options), "");
  EXPECT_EQ(positions.Find("blocks[0].inner.name").line, 5);
  EXPECT_EQ(positions.Find("blocks[0].inner.weight").line, 4);
  EXPECT_EQ(positions.Find("blocks[0]").line, 3);
  EXPECT_EQ(positions.Find("blocks[7]").line, 2);
  EXPECT_EQ(positions.Find("color").file, "f");
  EXPECT_EQ(positions.Find("color").line, 0);
}

TEST(ServiceConfigs, DefaultsAloneAreAValidLocalCluster) {
  v1::IntakeConfig intake;
  v1::RouterConfig router;
  v1::SlaTimerConfig sla_timer;
  v1::NotifierConfig notifier;
  v1::DeskConfig desk;
  for (google::protobuf::Message* message : std::initializer_list<google::protobuf::Message*>{
           &intake, &router, &sla_timer, &notifier, &desk}) {
    EXPECT_EQ(Faults("", message), "") << message->GetTypeName();
  }
  EXPECT_EQ(intake.kafka().bootstrap_servers(), "127.0.0.1:9092");
  EXPECT_EQ(intake.listen().address(), "127.0.0.1:50051");
  EXPECT_TRUE(intake.listen().reflection());
  EXPECT_FALSE(intake.listen().has_tls());
  EXPECT_EQ(intake.log().level(), v1::LOG_LEVEL_INFO);
  EXPECT_EQ(intake.decision_wait().nanos(), 500000000);
  EXPECT_EQ(router.listen().address(), "127.0.0.1:50053");
  EXPECT_EQ(router.metrics().address(), "127.0.0.1:9466");
  EXPECT_EQ(sla_timer.redis().addresses(0), "127.0.0.1:6379");
  EXPECT_EQ(notifier.smtp().port(), 2525u);
  EXPECT_EQ(desk.max_page_size(), 500u);
  EXPECT_EQ(Faults("listen: {reflection: false}", &desk), "");
  EXPECT_EQ(desk.listen().address(), "127.0.0.1:50052");
  EXPECT_FALSE(desk.listen().reflection());
}

}  // namespace
}  // namespace plazo::config
