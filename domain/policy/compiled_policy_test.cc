#include "domain/policy/compiled_policy.h"

#include <gtest/gtest.h>

#include <array>

#include "domain/calendar/business_time.h"
#include "domain/classify/classifier.h"
#include "domain/policy/policy_fixture.h"

namespace plazo::policy {
namespace {

using namespace core::v1;

std::string Refusal(std::string_view bundle) {
  const auto compiled = CompiledPolicy::Compile(bundle);
  EXPECT_FALSE(compiled.ok());
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(compiled.status().message().data(), compiled.status().message().size());
}

std::shared_ptr<const CompiledPolicy> Compiled(const v1::PolicyBundle& bundle = TestBundle()) {
  auto compiled = CompiledPolicy::Compile(Pack(bundle));
  EXPECT_TRUE(compiled.ok()) << compiled.status().ToString();
  return compiled.ok() ? *compiled : nullptr;
}

TEST(CompiledPolicy, IsKnownByItsContentNotByItsCompression) {
  const v1::PolicyBundle bundle = TestBundle();
  const std::string content = bundle.SerializeAsString();
  const auto fast = *CompiledPolicy::Compile(*ZstdCompress(content, 1));
  const auto small = *CompiledPolicy::Compile(*ZstdCompress(content, 19));
  EXPECT_EQ(fast->hash(), small->hash());
  EXPECT_EQ(fast->hash().size(), 64u);
  EXPECT_EQ(fast->tenant(), "acme");
  EXPECT_EQ(fast->tzdb_version(), "2030a");
  v1::PolicyBundle other = bundle;
  other.mutable_policy()->mutable_lifecycle()->mutable_close_after()->set_seconds(11);
  EXPECT_NE(Compiled(other)->hash(), fast->hash());
}

// Clocks and lanes refer to policies by hash for years: it may not change while the content does
// not, whatever becomes of the code.
TEST(CompiledPolicy, TheHashOfOneContentStaysTheSame) {
  EXPECT_EQ(Compiled()->hash(), "f27be4f1af3b1720ffbde8eaa8b2e09e5f6aa4a6ab1783b80026d417f191b17d");
}

TEST(CompiledPolicy, TheFirstRuleThatMatchesCounts) {
  const auto policy = Compiled();
  const auto target = [&](const Facts& facts) -> int64_t {
    const v1::ClockRule* rule = policy->RuleFor(CLOCK_KIND_FIRST_RESPONSE, facts);
    return rule == nullptr ? 0 : rule->target().seconds();
  };
  EXPECT_EQ(target({.channel = CHANNEL_TICKET, .plan = "large"}), 180);
  EXPECT_EQ(target({.channel = CHANNEL_TELEPHONE, .plan = "large"}), 180);
  EXPECT_EQ(target({.channel = CHANNEL_CHAT, .plan = "large"}), 600) << "another channel";
  EXPECT_EQ(target({.channel = CHANNEL_TICKET, .plan = "small"}), 600) << "another plan";
  EXPECT_EQ(target({}), 600) << "a fact that is not known matches empty lists only";
  EXPECT_EQ(policy->RuleFor(CLOCK_KIND_UPDATE, {}), nullptr);
}

TEST(CompiledPolicy, NoPlanMeansTheDefaultPlan) {
  v1::PolicyBundle bundle = TestBundle();
  bundle.mutable_policy()->mutable_clocks(0)->mutable_match()->set_plans(0, "small");
  const auto policy = Compiled(bundle);
  for (const char* plan : {"", "small", "of-another-year"}) {
    EXPECT_EQ(policy->PlanFor(plan).id(), "small") << plan;
    EXPECT_EQ(policy->RuleFor(CLOCK_KIND_FIRST_RESPONSE, {.channel = CHANNEL_TICKET, .plan = plan})
                  ->target()
                  .seconds(),
              180)
        << plan;
  }
  EXPECT_EQ(policy->PlanFor("large").id(), "large");
}

TEST(CompiledPolicy, WithoutPlansEveryChannelIsIncluded) {
  v1::PolicyBundle bundle = TestBundle();
  bundle.mutable_policy()->clear_plans();
  bundle.mutable_policy()->mutable_clocks(0)->clear_match();
  bundle.mutable_policy()->mutable_clocks()->RemoveLast();
  const auto policy = Compiled(bundle);
  EXPECT_EQ(policy->PlanFor("gold").channels_size(), 4);
}

TEST(CompiledPolicy, CalendarsAreResolved) {
  const auto policy = Compiled();
  const v1::ClockRule& round_the_clock = policy->policy().clocks(0);
  const v1::ClockRule& of_the_team = policy->policy().clocks(1);
  EXPECT_EQ(policy->CalendarName(round_the_clock, "second"), "");
  EXPECT_EQ(policy->CalendarName(of_the_team, "second"), "office");
  EXPECT_EQ(policy->CalendarName(of_the_team, "first"), "");
  EXPECT_EQ(policy->CalendarName(of_the_team, "dissolved"), "");

  const absl::Time monday = absl::FromCivil(absl::CivilHour(2030, 1, 7, 10), absl::UTCTimeZone());
  const absl::Time tuesday = monday + absl::Hours(24);
  EXPECT_TRUE(policy->CalendarFor("office").IsOpen(monday));
  EXPECT_FALSE(policy->CalendarFor("office").IsOpen(tuesday));
  EXPECT_TRUE(policy->CalendarFor("").IsOpen(tuesday));
  EXPECT_TRUE(policy->CalendarFor("unheard-of").IsOpen(tuesday));
  EXPECT_EQ(policy->CalendarFor("").Add(tuesday, absl::Hours(30)), tuesday + absl::Hours(30));
}

TEST(CompiledPolicy, FindsTeamsByWhatAndWhere) {
  const auto policy = Compiled();
  EXPECT_EQ(policy->TeamForClassified("billing").id(), "second");
  EXPECT_EQ(policy->TeamForClassified("billing", "moon").id(), "first");
  EXPECT_EQ(policy->TeamForClassified("data-centre").id(), "first") << "nobody named: first team";
  EXPECT_EQ(policy->FindTeam("third"), nullptr);
}

TEST(CompiledPolicy, ReadsWithItsLexicons) {
  const auto policy = Compiled();
  const auto read = policy->classifier().Classify({.body = "the password is lost"});
  EXPECT_EQ(read.language(), "en");
  ASSERT_FALSE(read.intents().empty());
  EXPECT_EQ(read.intents(0), "lost");
}

TEST(CompiledPolicy, RefusesWhatIsNoBundle) {
  EXPECT_NE(Refusal("").find("policy bundle: "), std::string::npos);
  EXPECT_NE(Refusal("not zstd").find("policy bundle: "), std::string::npos);
  EXPECT_EQ(Refusal(*ZstdCompress("\xff\xff")), "policy bundle: not a PolicyBundle");
  const std::string cut = Pack(TestBundle());
  Refusal(std::string_view(cut).substr(0, cut.size() / 2));
}

TEST(CompiledPolicy, RefusesWhatIsTooLarge) {
  const std::string large(CompiledPolicy::kMaxBundleBytes + 1, 'x');
  EXPECT_EQ(Refusal(large), "policy bundle: 262145 bytes, more than 262144");
  // Small on the wire, beyond all measure in memory.
  const std::string bomb = *ZstdCompress(std::string(64 << 20, '\0'));
  ASSERT_LT(bomb.size(), CompiledPolicy::kMaxBundleBytes);
  EXPECT_NE(Refusal(bomb).find("policy bundle: "), std::string::npos);
}

TEST(CompiledPolicy, RefusesWhatCheckRefuses) {
  v1::PolicyBundle bundle = TestBundle();
  bundle.mutable_policy()->mutable_plans(0)->set_default_(false);
  bundle.clear_zones();
  EXPECT_EQ(Refusal(Pack(bundle)),
            "plans: none has default: true; customers without a plan get that one\n"
            "time_zone: the bundle has no table of \"UTC\"\n"
            "calendars[0].time_zone: the bundle has no table of \"UTC\"\n");
}

TEST(CompiledPolicy, RefusesACalendarThatItsHolidaysEmpty) {
  v1::PolicyBundle bundle = TestBundle();
  v1::Calendar& calendar = *bundle.mutable_policy()->mutable_calendars(0);
  constexpr std::array<uint32_t, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (uint32_t month = 1; month <= kDays.size(); ++month) {
    for (uint32_t day = 1; day <= kDays[month - 1]; ++day) {
      v1::Holiday& closed = *calendar.add_holidays();
      closed.set_name("closed");
      closed.mutable_date()->set_month(month);
      closed.mutable_date()->set_day(day);
    }
  }
  const std::string refusal = Refusal(Pack(bundle));
  EXPECT_EQ(refusal.rfind("calendars[0]", 0), 0u) << refusal;
}

TEST(Localised, FallsBackToTheFirst) {
  const v1::Policy policy = TestPolicy();
  EXPECT_EQ(Localised(policy.teams(0).names(), "es"), "primero");
  EXPECT_EQ(Localised(policy.teams(0).names(), "uk"), "first");
  EXPECT_EQ(Localised({}, "uk"), "");
}

}  // namespace
}  // namespace plazo::policy
