// The policies of the tree, row by row against the facts they are to honour.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "cli/policy_file.h"
#include "domain/calendar/business_time.h"
#include "domain/classify/classifier.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using namespace core::v1;
using policy::CompiledPolicy;
using policy::Facts;

// Ends the whole test when the policy is refused: nothing below could be asked.
std::shared_ptr<const CompiledPolicy> Load(const std::string& name) {
  static std::map<std::string, std::shared_ptr<const CompiledPolicy>> loaded;
  auto& entry = loaded[name];
  if (entry == nullptr) {
    absl::StatusOr<PolicyFile> file = LoadPolicyFile("policies/" + name + ".yaml");
    if (!file.ok()) {
      std::cerr << file.status().message() << std::endl;
      std::exit(1);
    }
    entry = file->compiled;
  }
  return entry;
}

std::string Text(const google::protobuf::Duration& duration) {
  return config::DurationText(absl::Seconds(duration.seconds()) +
                              absl::Nanoseconds(duration.nanos()));
}

// `warn 10m, target 15m, limit 30m in business-hours, waits`, shortened.
std::string Rule(const CompiledPolicy& policy, ClockKind clock, const Facts& facts) {
  const policy::v1::ClockRule* rule = policy.RuleFor(clock, facts);
  if (rule == nullptr) return "none";
  std::string text;
  for (const auto& warn : rule->warn_after()) text += Text(warn) + "/";
  text += Text(rule->target());
  if (rule->has_limit()) text += "-" + Text(rule->limit());
  const std::string calendar = policy.CalendarName(*rule, facts.team);
  if (!calendar.empty()) text += " " + calendar;
  if (rule->pause() == policy::v1::PAUSE_RULE_WAITING_FOR_CUSTOMER) text += " waits";
  return text;
}

struct Row {
  const char* fact;
  const char* policy;
  ClockKind clock;
  Facts facts;
  const char* rule;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.policy << ", " << row.fact; }

class RuleTable : public ::testing::TestWithParam<Row> {};

TEST_P(RuleTable, IsWhatTheFactSays) {
  const Row& row = GetParam();
  const auto policy = Load(row.policy);
  EXPECT_EQ(Rule(*policy, row.clock, row.facts), row.rule) << row.fact;
}

constexpr ClockKind kAck = CLOCK_KIND_ACKNOWLEDGEMENT;
constexpr ClockKind kFirst = CLOCK_KIND_FIRST_RESPONSE;
constexpr ClockKind kNext = CLOCK_KIND_NEXT_RESPONSE;
constexpr ClockKind kUpdate = CLOCK_KIND_UPDATE;
constexpr ClockKind kEstimate = CLOCK_KIND_ESTIMATE;
constexpr const char* kA = "introserv";
constexpr const char* kB = "tiered-plans";

Facts On(Channel channel, Priority priority = PRIORITY_REGULAR) {
  return {.channel = channel,
          .impact = IMPACT_LOW,
          .complexity = COMPLEXITY_SIMPLE,
          .department = DEPARTMENT_TECHNICAL,
          .priority = priority,
          .team = "support-engineers"};
}

Facts Work(Impact impact, Complexity complexity, std::string_view team) {
  return {.channel = CHANNEL_TICKET, .impact = impact, .complexity = complexity, .team = team};
}

Facts Planned(std::string_view plan, Impact impact, Channel channel = CHANNEL_TICKET) {
  return {.channel = channel,
          .impact = impact,
          .complexity = COMPLEXITY_STANDARD,
          .plan = plan,
          .team = "advisors"};
}

INSTANTIATE_TEST_SUITE_P(
    ProviderA, RuleTable,
    ::testing::Values(
        Row{"F1 ticket", kA, kAck, On(CHANNEL_TICKET), "2m"},
        Row{"F1 chat", kA, kAck, On(CHANNEL_CHAT), "1m"},
        Row{"F1 mail, as a ticket", kA, kAck, On(CHANNEL_EMAIL), "2m"},
        Row{"F2", kA, kFirst, On(CHANNEL_TICKET), "7m/10m"},
        Row{"F2, F25", kA, kFirst, On(CHANNEL_CHAT), "2m/7m/10m"},
        Row{"F2, F26", kA, kFirst, On(CHANNEL_EMAIL), "10m/15m-30m"},
        Row{"F2, every request", kA, kFirst, On(CHANNEL_TELEPHONE), "7m/10m"},
        Row{"F22 critical", kA, kFirst, On(CHANNEL_TICKET, PRIORITY_HIGH), "5m/8m/10m"},
        Row{"F2 stays round the clock with another team", kA, kFirst,
            Work(IMPACT_HIGH, COMPLEXITY_COMPLEX, "system-administrators"), "7m/10m"},
        Row{"F38", kA, kNext, On(CHANNEL_TICKET), "20m/30m"},
        Row{"F38 chat", kA, kNext, On(CHANNEL_CHAT), "5m/10m"},
        Row{"F3 down", kA, kUpdate, Work(IMPACT_HIGH, COMPLEXITY_COMPLEX, "system-administrators"),
            "20m/30m waits"},
        Row{"F3 by the hours of those who work on it", kA, kUpdate,
            Work(IMPACT_MEDIUM, COMPLEXITY_COMPLEX, "system-administrators"),
            "1h30m/2h sysadmin-hours waits"},
        Row{"F3, F9", kA, kUpdate, Work(IMPACT_LOW, COMPLEXITY_STANDARD, "data-centre-new-york"),
            "3h/4h new-york-hours waits"},
        Row{"F14", kA, kEstimate, Work(IMPACT_LOW, COMPLEXITY_SIMPLE, "support-engineers"),
            "20m/30m waits"},
        Row{"F15", kA, kEstimate, Work(IMPACT_LOW, COMPLEXITY_STANDARD, "support-engineers"),
            "1h30m/2h waits"},
        Row{"F16", kA, kEstimate, Work(IMPACT_MEDIUM, COMPLEXITY_COMPLEX, "system-administrators"),
            "12h/14h sysadmin-hours waits"},
        Row{"F17", kA, kEstimate, Work(IMPACT_LOW, COMPLEXITY_NONSTANDARD, "support-engineers"),
            "none"}));

INSTANTIATE_TEST_SUITE_P(
    ProviderB, RuleTable,
    ::testing::Values(
        Row{"F30 high", kB, kFirst, Planned("level-1", IMPACT_HIGH), "30m/45m/1h"},
        Row{"F30 medium", kB, kFirst, Planned("level-1", IMPACT_MEDIUM), "3h/3h-5h business-hours"},
        Row{"F30 low", kB, kFirst, Planned("level-1", IMPACT_LOW), "5h/5h-6h business-hours"},
        Row{"F30 is the default plan", kB, kFirst, Planned("", IMPACT_LOW),
            "5h/5h-6h business-hours"},
        Row{"a plan that is no more", kB, kFirst, Planned("gold", IMPACT_MEDIUM),
            "3h/3h-5h business-hours"},
        Row{"F31 high", kB, kFirst, Planned("level-2", IMPACT_HIGH), "30m/45m/1h"},
        Row{"F31 medium", kB, kFirst, Planned("level-2", IMPACT_MEDIUM), "2h/2h-3h business-hours"},
        Row{"F31 low", kB, kFirst, Planned("level-2", IMPACT_LOW), "3h/3h-4h business-hours"},
        Row{"F32 high", kB, kFirst, Planned("level-3", IMPACT_HIGH), "30m/45m/1h"},
        Row{"F32 medium", kB, kFirst, Planned("level-3", IMPACT_MEDIUM), "30m/45m/1h"},
        Row{"F32 low", kB, kFirst, Planned("level-3", IMPACT_LOW), "30m/45m/1h"},
        Row{"impact not known yet", kB, kFirst, Planned("level-1", IMPACT_UNSPECIFIED),
            "30m/45m/1h"},
        Row{"F40", kB, kAck, Planned("level-1", IMPACT_LOW), "5m"},
        Row{"who calls needs no acknowledgement", kB, kAck,
            Planned("level-1", IMPACT_LOW, CHANNEL_TELEPHONE), "none"},
        Row{"F41", kB, kUpdate, Planned("level-3", IMPACT_LOW), "3h/4h waits"},
        Row{"nobody promised estimates", kB, kEstimate, Planned("level-1", IMPACT_LOW), "none"}));

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

struct HoursRow {
  const char* fact;
  const char* policy;
  const char* team;
  const char* open_at;
  const char* closed_at;
};

void PrintTo(const HoursRow& row, std::ostream* out) { *out << row.policy << ", " << row.fact; }

class TeamHours : public ::testing::TestWithParam<HoursRow> {};

TEST_P(TeamHours, AreThoseOfItsZoneInSummerAndWinter) {
  const HoursRow& row = GetParam();
  const auto policy = Load(row.policy);
  const policy::v1::Team* team = policy->FindTeam(row.team);
  ASSERT_NE(team, nullptr);
  const calendar::BusinessTime& hours = policy->CalendarFor(team->calendar());
  EXPECT_TRUE(hours.IsOpen(At(row.open_at))) << row.fact;
  EXPECT_FALSE(hours.IsOpen(At(row.closed_at))) << row.fact;
}

INSTANTIATE_TEST_SUITE_P(
    Facts, TeamHours,
    ::testing::Values(HoursRow{"F8 opens at nine", kA, "billing", "2030-01-14T09:00:00+01:00",
                               "2030-01-14T08:59:59+01:00"},
                      HoursRow{"F8 summer", kA, "billing", "2030-07-15T17:59:59+02:00",
                               "2030-07-15T18:00:00+02:00"},
                      HoursRow{"F8 no weekend", kA, "billing", "2030-01-11T12:00:00+01:00",
                               "2030-01-12T12:00:00+01:00"},
                      HoursRow{"F9 Amsterdam", kA, "data-centre", "2030-01-14T08:00:00+01:00",
                               "2030-01-14T17:00:00+01:00"},
                      HoursRow{"F9 New York", kA, "data-centre-new-york",
                               "2030-01-14T16:59:59-05:00", "2030-01-14T08:00:00+01:00"},
                      HoursRow{"F10", kA, "system-administrators", "2030-01-14T21:59:59+01:00",
                               "2030-01-14T22:00:00+01:00"},
                      HoursRow{"F42", kB, "payments", "2030-01-14T08:00:00-05:00",
                               "2030-01-14T18:00:00-05:00"}));

TEST(Introserv, TheFirstTeamNeverCloses) {  // F2, F7
  const auto policy = Load(kA);
  EXPECT_EQ(policy->FirstTeam().id(), "support-engineers");
  EXPECT_EQ(policy->FirstTeam().level(), 1);
  EXPECT_TRUE(policy->policy().routing().first_team_reads_all());
  EXPECT_TRUE(
      policy->CalendarFor(policy->FirstTeam().calendar()).IsOpen(At("2030-12-25T03:00:00+01:00")));
}

TEST(Introserv, SpecialistsAreFoundByWhatAndWhere) {  // F8-F10
  const auto policy = Load(kA);
  EXPECT_EQ(policy->TeamForClassified(classify::kBilling).id(), "billing");
  EXPECT_EQ(policy->TeamForClassified(classify::kSystemAdministrators).level(), 3);
  EXPECT_EQ(policy->TeamForClassified(classify::kDataCentre).id(), "data-centre");
  EXPECT_EQ(policy->TeamForClassified(classify::kDataCentre, "new-york").id(),
            "data-centre-new-york");
  EXPECT_EQ(policy->TeamForClassified(classify::kDataCentre, "mars").id(), "data-centre");
  EXPECT_EQ(policy->TeamForClassified("astrologers").id(), "support-engineers");
}

struct Example {
  const char* fact;
  const char* text;
  const char* team;
};

void PrintTo(const Example& row, std::ostream* out) { *out << row.fact << ", " << row.text; }

class WorkedExample : public ::testing::TestWithParam<Example> {};

TEST_P(WorkedExample, SuggestsTheTeamOfTheDocument) {
  const auto policy = Load(kA);
  const Classification read =
      policy->classifier().Classify({.channel = CHANNEL_TICKET, .body = GetParam().text});
  EXPECT_EQ(policy->TeamForClassified(read.team()).id(), GetParam().team);
}

INSTANTIATE_TEST_SUITE_P(
    Introserv, WorkedExample,
    ::testing::Values(
        Example{"F19", "Why was I charged twice?", "support-engineers"},
        Example{"F19", "¿Por qué me han cobrado dos veces?", "support-engineers"},
        Example{"F19", "Perché mi è stato addebitato due volte?", "support-engineers"},
        Example{"F19", "Чому з мене двічі списали гроші?", "support-engineers"},
        Example{"F20", "My VPS is slow", "system-administrators"},
        Example{"F20", "Mi VPS va muy lento", "system-administrators"},
        Example{"F20", "Il mio VPS è lento", "system-administrators"},
        Example{"F20", "Мій VPS працює повільно", "system-administrators"},
        Example{"F21", "Can you set up a custom firewall rule set for my VPS?",
                "system-administrators"},
        Example{"F21", "¿Pueden configurar reglas de firewall personalizadas para mi VPS?",
                "system-administrators"},
        Example{"F21",
                "Potete configurare un set di regole firewall personalizzate per il mio VPS?",
                "system-administrators"},
        Example{"F21", "Чи можете налаштувати власний набір правил фаєрвола для мого VPS?",
                "system-administrators"}));

TEST(Introserv, EveryCauseHasWordsInEveryLanguage) {  // F11, F12, I19
  const auto policy = Load(kA);
  for (const char* id : {"high-volume", "several-customers", "server-access", "custom-setup",
                         "on-site", "billing-review", "approval"}) {
    const policy::v1::EscalationCause* cause = policy->FindCause(id);
    ASSERT_NE(cause, nullptr) << id;
    std::set<std::string_view> texts;
    for (const char* language : {"en", "es", "it", "uk"}) {
      texts.insert(policy::Localised(cause->reasons(), language));
      texts.insert(policy::Localised(cause->next_steps(), language));
    }
    EXPECT_EQ(texts.size(), 8u) << id;
  }
  EXPECT_EQ(policy->FindCause("whim"), nullptr);
}

TEST(Introserv, SaysHowLongItUsuallyTakes) {  // F14-F17, F21
  const auto policy = Load(kA);
  EXPECT_EQ(Text(policy->EstimateFor(COMPLEXITY_SIMPLE)->upper()), "30m");
  EXPECT_EQ(Text(policy->EstimateFor(COMPLEXITY_STANDARD)->typical()), "1h");
  EXPECT_EQ(Text(policy->EstimateFor(COMPLEXITY_COMPLEX)->upper()), "1d");
  EXPECT_FALSE(policy->EstimateFor(COMPLEXITY_NONSTANDARD)->has_upper());
  EXPECT_EQ(policy->EstimateFor(COMPLEXITY_UNSPECIFIED), nullptr);
  EXPECT_EQ(Text(policy->FindCause("custom-setup")->upper()), "20m");
}

TEST(Introserv, AnswersInTheLanguagesOfItsDocuments) {
  const auto policy = Load(kA);
  EXPECT_EQ(policy->LanguageFor("uk"), "uk");
  EXPECT_EQ(policy->LanguageFor("de"), "en");
  EXPECT_EQ(policy->LanguageFor(""), "en");
  EXPECT_EQ(policy::Localised(policy->FindTeam("billing")->names(), "it"), "team di fatturazione");
  EXPECT_EQ(policy::Localised(policy->FindTeam("billing")->names(), "de"), "billing team");
}

TEST(TieredPlans, EachPlanHasItsChannels) {  // F30-F32, F41
  const auto policy = Load(kB);
  const policy::v1::Plan& one = policy->PlanFor("");
  EXPECT_EQ(one.id(), "level-1");
  EXPECT_TRUE(one.telephone_needs_case_number());
  EXPECT_EQ(std::count(one.channels().begin(), one.channels().end(), CHANNEL_CHAT), 0);
  const policy::v1::Plan& two = policy->PlanFor("level-2");
  EXPECT_EQ(two.channels_size(), 4);
  EXPECT_EQ(two.telephone_calendar(), "business-hours");
  const policy::v1::Plan& three = policy->PlanFor("level-3");
  EXPECT_TRUE(three.first_in_queue());
  EXPECT_TRUE(three.remote_assistance());
  EXPECT_EQ(three.telephone_calendar(), "business-hours");
}

TEST(TieredPlans, AFridayCallForHelpIsDueOnMonday) {  // F36
  const auto policy = Load(kB);
  const policy::v1::ClockRule* rule = policy->RuleFor(kFirst, Planned("level-1", IMPACT_MEDIUM));
  const calendar::BusinessTime& hours = policy->CalendarFor(policy->CalendarName(*rule, ""));
  EXPECT_EQ(hours.Add(At("2030-01-11T16:00:00-05:00"), absl::Hours(5)),
            At("2030-01-14T11:00:00-05:00"));
}

TEST(Demo, ABreachComesWithinHalfAMinute) {
  const auto policy = Load("demo");
  EXPECT_EQ(Rule(*policy, kFirst, On(CHANNEL_TICKET)), "5s/10s");
  EXPECT_EQ(Rule(*policy, kFirst, On(CHANNEL_EMAIL)), "5s/10s-15s");
}

}  // namespace
}  // namespace plazo::cli
