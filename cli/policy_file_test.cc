#include "cli/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace plazo::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kPolicy[] = R"yaml(tenant: acme
display_name: Acme
mail: {domain: acme.example, from_name: Acme, from_address: help@acme.example, own_addresses: [help@acme.example]}
languages: [en]
time_zone: Europe/Madrid
calendars:
  - name: office
    time_zone: America/Bogota
    weekly:
      - weekdays: [monday, friday]
        intervals: [{start_second: "09:00", end_second: "17:30"}]
teams:
  - {id: first, level: 1, names: [{language: en, text: first}], calendar: office}
management: {addresses: [boss@acme.example], remind_every: 1h}
clocks:
  - {clock: acknowledgement, match: {channels: [chat]}, target: 1m}
  - {clock: acknowledgement, target: 2m}
  - {clock: first_response, warn_after: [5m], target: 10m, calendar: team}
routing:
  first_team: first
  teams: [{classified: support-engineers, team: first}]
lifecycle: {close_after: 3d, reopen_within: 30d, shrink_after: 30d, forget_after: 300d}
automatic_replies: {limit: 5, window: 1d}
delivery: {retry_after: [30s], give_up_after: 4d, in_doubt_after: 5m, stuck_after: 5m}
)yaml";

constexpr char kShared[] = R"yaml(concepts:
- {name: lost, words: [lost]}
intents:
- {name: lost, title: lost, department: technical, team: support-engineers, impact: low, complexity: simple}
rules:
- {intent: lost, all: [lost], weight: 3}
)yaml";

class PolicyFileTest : public ::testing::Test {
 protected:
  PolicyFileTest() {
    folder_ =
        fs::path(::testing::TempDir()) /
        ("policy_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "lexicon");
    Write("lexicon/shared.yaml", kShared);
    Write("lexicon/en.yaml", "language: en\nsigns: [the]\n");
  }
  ~PolicyFileTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, std::string_view text) {
    std::ofstream out(folder_ / name, std::ios::binary);
    out << text;
    ASSERT_TRUE(out.flush().good());
  }

  // kPolicy with `from` replaced, which must be there once.
  static std::string With(std::string_view from, std::string_view to, std::string text = kPolicy) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  absl::StatusOr<PolicyFile> Load(std::string_view text, PolicyFileOptions options = {}) {
    Write("p.yaml", text);
    return LoadPolicyFile((folder_ / "p.yaml").string(), options);
  }

  // What is wrong, without the folder's name; empty = nothing.
  std::string Faults(std::string_view text, PolicyFileOptions options = {}) {
    const auto loaded = Load(text, options);
    if (loaded.ok()) return "";
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    std::string faults(loaded.status().message().data(), loaded.status().message().size());
    const std::string prefix = folder_.string() + "/";
    for (size_t at; (at = faults.find(prefix)) != std::string::npos;)
      faults.erase(at, prefix.size());
    return faults;
  }

  fs::path folder_;
};

TEST_F(PolicyFileTest, CarriesAllThatADecisionNeeds) {
  const auto file = Load(kPolicy);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(file->content.lexicons_size(), 2);
  EXPECT_EQ(file->content.lexicons(0).language(), "") << "the shared one first";
  ASSERT_EQ(file->content.zones_size(), 2);
  EXPECT_EQ(file->content.zones(0).name(), "America/Bogota");
  EXPECT_EQ(file->content.zones(1).posix_rule(), "CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(file->content.policy().calendars(0).weekly(0).intervals(0).end_second(), 63000u);
  EXPECT_EQ(file->compiled->tenant(), "acme");
  EXPECT_FALSE(file->compiled->tzdb_version().empty());
}

TEST_F(PolicyFileTest, TheSameFilesGiveTheSameBytes) {
  const auto first = Load(kPolicy);
  const auto second = Load(kPolicy);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->bundle, second->bundle);
  // Comments and order of keys are no content.
  const auto commented = Load("# hello\n" + With("tenant: acme\ndisplay_name: Acme\n",
                                                 "display_name: Acme   # us\ntenant: 'acme'\n"));
  ASSERT_TRUE(commented.ok());
  EXPECT_EQ(commented->compiled->hash(), first->compiled->hash());
  const auto changed = Load(With("warn_after: [5m]", "warn_after: [6m]"));
  ASSERT_TRUE(changed.ok());
  EXPECT_NE(changed->compiled->hash(), first->compiled->hash());
}

TEST_F(PolicyFileTest, LexiconsOfOtherLanguagesStayOut) {
  const auto before = Load(kPolicy);
  Write("lexicon/es.yaml", "language: es\nsigns: [el]\n");
  const auto after = Load(kPolicy);
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(before->compiled->hash(), after->compiled->hash());
}

TEST_F(PolicyFileTest, EveryFaultAtOnceWithItsPlace) {
  std::string text = With("calendar: office}", "calendar: ofice}");
  text = With("{channels: [chat]}, target: 1m", "{channels: [chat]}, targte: 1m", text);
  text = With("warn_after: [5m], target: 10m", "warn_after: [5m, 10m], target: 10m", text);
  text = With("\"17:30\"", "\"5pm\"", text);
  text = With("time_zone: Europe/Madrid", "time_zone: Europe/Madird", text);
  text = With("boss@acme.example", "boss", text);
  text = With("languages: [en]", "languages: [en, es]", text);
  Write("lexicon/shared.yaml", std::string(kShared) + "wieght: 3\n");
  EXPECT_EQ(Faults(text),
            "lexicon/shared.yaml:7:1: wieght: unknown key\n"
            "p.yaml:4:17: languages[1]: there is no lexicon lexicon/es.yaml\n"
            "p.yaml:5:12: time_zone: unknown time zone \"Europe/Madird\"\n"
            "p.yaml:11:57: calendars[0].weekly[0].intervals[0].end_second: expected a time of day "
            "like 09:00, got the quoted \"5pm\"\n"
            "p.yaml:13:27: teams[0].names: has no text in \"es\"\n"
            "p.yaml:13:75: teams[0].calendar: there is no calendar \"ofice\"\n"
            "p.yaml:14:26: management.addresses[0]: \"boss\" is no mail address\n"
            "p.yaml:16:5: clocks[0].target: is required\n"
            "p.yaml:16:57: clocks[0].targte: unknown key (did you mean \"target\"?)\n"
            "p.yaml:18:46: clocks[2].warn_after[1]: must be less than target (no limit is "
            "given)\n");
}

TEST_F(PolicyFileTest, ALexiconIsForTheLanguageOfItsName) {
  Write("lexicon/en.yaml", "language: es\n");
  Write("lexicon/more.yaml", "language: it\n");
  EXPECT_EQ(Faults(kPolicy),
            "lexicon/en.yaml:1:11: language: must be en, as the file's name\n"
            "lexicon/more.yaml:1:11: language: must be absent: the file's name is not a language\n"
            "p.yaml:4:13: languages[0]: there is no lexicon of this language\n");
}

TEST_F(PolicyFileTest, AMalformedFileIsOneFault) {
  EXPECT_EQ(Faults("tenant: [acme"),
            "p.yaml:1:1: not valid YAML: end of sequence flow not found\n");
}

TEST_F(PolicyFileTest, WhatIsMissingIsSaidOnce) {
  std::string text = With(
      "teams:\n  - {id: first, level: 1, names: [{language: en, text: first}], calendar: office}\n",
      "");
  EXPECT_EQ(Faults(With("lifecycle: {close_after: 3d, reopen_within: 30d, shrink_after: 30d, "
                        "forget_after: 300d}\n",
                        "", text)),
            "p.yaml: lifecycle: is required\n"
            "p.yaml: teams: must not be empty\n"
            "p.yaml:18:15: routing.first_team: there is no team \"first\"\n"
            "p.yaml:19:49: routing.teams[0].team: there is no team \"first\"\n");
}

TEST_F(PolicyFileTest, AMissingFileIsNamed) {
  const auto loaded = LoadPolicyFile((folder_ / "none.yaml").string());
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr("none.yaml"));
}

TEST_F(PolicyFileTest, WithoutTheTzDatabaseNothingIsPublished) {
  EXPECT_EQ(Faults(kPolicy, {.zoneinfo_directory = (folder_ / "zoneinfo").string()}),
            "p.yaml:5:12: time_zone: there is no tz database in zoneinfo (package tzdata)\n"
            "p.yaml:8:16: calendars[0].time_zone: there is no tz database in zoneinfo (package "
            "tzdata)\n");
}

TEST_F(PolicyFileTest, WhatOnlyCompilingFindsHasItsLineToo) {
  std::string holidays = "    holidays:\n";
  constexpr std::array kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (size_t month = 0; month < kDays.size(); ++month) {
    for (int day = 1; day <= kDays[month]; ++day) {
      holidays += "      - {name: closed, date: {month: " + std::to_string(month + 1) +
                  ", day: " + std::to_string(day) + "}}\n";
    }
  }
  EXPECT_EQ(Faults(With("    weekly:\n", holidays + "    weekly:\n")),
            "p.yaml:7:5: calendars[0]: weekly leaves no working time beside the exceptions\n");
}

TEST_F(PolicyFileTest, TooLargeIsRefusedWithItsSize) {
  // Noise does not compress: three quarters of what base 64 spends.
  std::string noise;
  uint64_t x = 88172645463325252ull;
  while (noise.size() < 400'000) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    noise.push_back("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[x >> 58]);
  }
  EXPECT_THAT(Faults(With("display_name: Acme", "display_name: " + noise)),
              ::testing::MatchesRegex(
                  "p.yaml: the compressed bundle has [0-9]+ bytes, more than 262144\n"));
}

TEST_F(PolicyFileTest, PrintsWhatCanBeLoadedAgain) {
  const auto file = Load(kPolicy);
  ASSERT_TRUE(file.ok());
  const std::string printed = PrintPolicy(*file);
  EXPECT_THAT(printed, HasSubstr("# hash " + file->compiled->hash() + "\n"));
  EXPECT_THAT(printed, HasSubstr("end_second: \"17:30\"\n"));
  EXPECT_THAT(printed, HasSubstr("limit: 10m\n")) << "left out in the file";
  const auto again = Load(printed);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(DiffPolicies(file->content.policy(), again->content.policy()), "");
}

TEST_F(PolicyFileTest, DiffNamesElementsByWhatTheyAre) {
  const auto before = Load(kPolicy);
  std::string text =
      With("{clock: acknowledgement, match",
           "{clock: acknowledgement, match: {channels: [email], priorities: [high]}, target: 30s}\n"
           "  - {clock: acknowledgement, match");
  text = With("target: 2m", "target: 3m", text);
  text = With(", calendar: office", "", text);
  const auto after = Load(text);
  ASSERT_TRUE(before.ok() && after.ok()) << after.status().message();
  EXPECT_EQ(DiffPolicies(before->content.policy(), after->content.policy()),
            "- teams[first].calendar: office\n"
            "- clocks[acknowledgement].target: 2m\n"
            "+ clocks[acknowledgement].target: 3m\n"
            "- clocks[acknowledgement].limit: 2m\n"
            "+ clocks[acknowledgement].limit: 3m\n"
            "+ clocks[acknowledgement channels=email priorities=high].clock: acknowledgement\n"
            "+ clocks[acknowledgement channels=email priorities=high].match.channels: email\n"
            "+ clocks[acknowledgement channels=email priorities=high].match.priorities: high\n"
            "+ clocks[acknowledgement channels=email priorities=high].target: 30s\n"
            "+ clocks[acknowledgement channels=email priorities=high].limit: 30s\n"
            "+ clocks[acknowledgement channels=email priorities=high].pause: never\n");
  EXPECT_EQ(DiffPolicies(before->content.policy(), before->content.policy()), "");
}

TEST_F(PolicyFileTest, DiffSeesAnotherOrderOfRules) {
  const auto file = Load(kPolicy);
  ASSERT_TRUE(file.ok());
  policy::v1::Policy other = file->content.policy();
  other.mutable_clocks()->SwapElements(1, 2);
  EXPECT_EQ(DiffPolicies(file->content.policy(), other),
            "- order of clocks: acknowledgement channels=chat; acknowledgement; first_response\n"
            "+ order of clocks: acknowledgement channels=chat; first_response; acknowledgement\n");
}

}  // namespace
}  // namespace plazo::cli
