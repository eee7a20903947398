#include "domain/policy/check.h"

#include <gtest/gtest.h>

#include <functional>

#include "domain/policy/policy_fixture.h"
#include "domain/policy/terms.h"

namespace plazo::policy {
namespace {

using namespace core::v1;

TEST(Check, TheTestPolicyIsRight) {
  EXPECT_EQ(ToText(Check(TestPolicy())), "");
  EXPECT_EQ(ToText(CheckBundle(TestBundle())), "");
}

struct Fault {
  const char* what;
  void (*plant)(v1::Policy&);
  const char* found;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.what; }

class OneFault : public ::testing::TestWithParam<Fault> {};

TEST_P(OneFault, IsFoundAndNothingElse) {
  v1::Policy policy = TestPolicy();
  GetParam().plant(policy);
  EXPECT_EQ(ToText(Check(policy)), std::string(GetParam().found) + "\n") << GetParam().what;
}

v1::ClockRule& Rule(v1::Policy& policy, int index) { return *policy.mutable_clocks(index); }

INSTANTIATE_TEST_SUITE_P(
    Provider, OneFault,
    ::testing::Values(
        Fault{"upper case", [](v1::Policy& p) { p.set_tenant("Acme"); },
              "tenant: must be lower case letters, digits and dashes, at most 63"},
        Fault{"two lines", [](v1::Policy& p) { p.set_display_name("a\r\nBcc: x"); },
              "display_name: must be one line of text, not empty"},
        Fault{"no domain", [](v1::Policy& p) { p.mutable_mail()->set_domain("acme"); },
              "mail.domain: \"acme\" is no domain"},
        Fault{"no address", [](v1::Policy& p) { p.mutable_mail()->add_own_addresses("help"); },
              "mail.own_addresses[1]: \"help\" is no mail address"},
        Fault{"an address twice",
              [](v1::Policy& p) { p.mutable_mail()->add_own_addresses("help@acme.example"); },
              "mail.own_addresses[1]: \"help@acme.example\" is there twice"},
        Fault{"a loop with ourselves",
              [](v1::Policy& p) { p.mutable_mail()->set_own_addresses(0, "x@acme.example"); },
              "mail.own_addresses: must have from_address: we would answer ourselves"},
        Fault{"a language twice", [](v1::Policy& p) { p.add_languages("en"); },
              "languages[2]: \"en\" is there twice"},
        Fault{"no zone", [](v1::Policy& p) { p.clear_time_zone(); }, "time_zone: is required"},
        Fault{"a calendar's own fault",
              [](v1::Policy& p) { p.mutable_calendars(0)->clear_time_zone(); },
              "calendars[0].time_zone: is required"},
        Fault{"calendar twice", [](v1::Policy& p) { *p.add_calendars() = p.calendars(0); },
              "calendars[1].name: \"office\" is there twice"},
        Fault{"reserved name",
              [](v1::Policy& p) {
                *p.add_calendars() = p.calendars(0);
                p.mutable_calendars(1)->set_name("team");
              },
              "calendars[1].name: \"team\" means the hours of whoever has the ticket"}));

INSTANTIATE_TEST_SUITE_P(
    People, OneFault,
    ::testing::Values(
        Fault{"team twice",
              [](v1::Policy& p) {
                p.mutable_teams(1)->set_id("first");
                p.mutable_routing()->mutable_teams(1)->set_team("first");
              },
              "teams[1].id: \"first\" is there twice"},
        Fault{"level", [](v1::Policy& p) { p.mutable_teams(1)->set_level(0); },
              "teams[1].level: must be 1 to 9"},
        Fault{"calendar", [](v1::Policy& p) { p.mutable_teams(1)->set_calendar("offcie"); },
              "teams[1].calendar: there is no calendar \"offcie\""},
        Fault{"a language missing",
              [](v1::Policy& p) { p.mutable_teams(0)->mutable_names()->RemoveLast(); },
              "teams[0].names: has no text in \"es\""},
        Fault{"a language not spoken",
              [](v1::Policy& p) { p.mutable_teams(0)->add_names()->set_text("primo"); },
              "teams[0].names[2].language: \"\" is not among the policy's languages"},
        Fault{"an empty text",
              [](v1::Policy& p) { p.mutable_teams(0)->mutable_names(1)->clear_text(); },
              "teams[0].names[1].text: must be text without control characters, not empty"},
        Fault{"nobody hears of breaches",
              [](v1::Policy& p) { p.mutable_management()->clear_addresses(); },
              "management.addresses: must not be empty: missed commitments are reported there"},
        Fault{"no pause between reminders",
              [](v1::Policy& p) { p.mutable_management()->clear_remind_every(); },
              "management.remind_every: must be more than 0 and at most 100 years"},
        Fault{"management's language",
              [](v1::Policy& p) { p.mutable_management()->set_language("de"); },
              "management.language: \"de\" is not among the policy's languages"},
        Fault{"no default", [](v1::Policy& p) { p.mutable_plans(0)->set_default_(false); },
              "plans: none has default: true; customers without a plan get that one"},
        Fault{"two defaults", [](v1::Policy& p) { p.mutable_plans(1)->set_default_(true); },
              "plans[1].default: a plan before is the default already"},
        Fault{"channel",
              [](v1::Policy& p) { p.mutable_plans(0)->add_channels(CHANNEL_UNSPECIFIED); },
              "plans[0].channels[1]: is no known value"},
        Fault{"case number without telephone",
              [](v1::Policy& p) { p.mutable_plans(0)->set_telephone_needs_case_number(true); },
              "plans[0].telephone_needs_case_number: is for plans whose channels include the "
              "telephone"},
        Fault{"telephone hours",
              [](v1::Policy& p) { p.mutable_plans(1)->set_telephone_calendar("night"); },
              "plans[1].telephone_calendar: there is no calendar \"night\""}));

INSTANTIATE_TEST_SUITE_P(
    Clocks, OneFault,
    ::testing::Values(
        Fault{"limit below target",
              [](v1::Policy& p) { Rule(p, 0).mutable_limit()->set_seconds(179); },
              "clocks[0].limit: must not be less than target"},
        Fault{"warning not rising",
              [](v1::Policy& p) { Rule(p, 0).mutable_warn_after(1)->set_seconds(60); },
              "clocks[0].warn_after[1]: must be more than the one before"},
        Fault{"warning at the limit",
              [](v1::Policy& p) { Rule(p, 0).mutable_warn_after(1)->set_seconds(300); },
              "clocks[0].warn_after[1]: must be less than limit"},
        Fault{"warning at the target",
              [](v1::Policy& p) { Rule(p, 1).mutable_warn_after(0)->set_seconds(600); },
              "clocks[1].warn_after[0]: must be less than target (no limit is given)"},
        Fault{"no target", [](v1::Policy& p) { Rule(p, 1).clear_target(); },
              "clocks[1].target: must be more than 0 and at most 100 years"},
        Fault{"no clock", [](v1::Policy& p) { Rule(p, 1).clear_clock(); },
              "clocks[1].clock: is no known value"},
        Fault{"calendar", [](v1::Policy& p) { Rule(p, 1).set_calendar("teem"); },
              "clocks[1].calendar: there is no calendar \"teem\""},
        Fault{"plan", [](v1::Policy& p) { Rule(p, 0).mutable_match()->add_plans("gold"); },
              "clocks[0].match.plans[1]: there is no plan \"gold\""},
        Fault{"team", [](v1::Policy& p) { Rule(p, 0).mutable_match()->add_teams("third"); },
              "clocks[0].match.teams[0]: there is no team \"third\""},
        Fault{"after a rule for everything", [](v1::Policy& p) { *p.add_clocks() = p.clocks(0); },
              "clocks[2]: never counts: clocks[0] comes first and matches all that this one does"},
        Fault{"within an earlier rule",
              [](v1::Policy& p) {
                p.mutable_clocks()->SwapElements(0, 1);
                Rule(p, 0).mutable_match()->add_channels(CHANNEL_TELEPHONE);
                Rule(p, 0).mutable_match()->add_channels(CHANNEL_TICKET);
              },
              "clocks[1]: never counts: clocks[0] comes first and matches all that this one "
              "does"}));

INSTANTIATE_TEST_SUITE_P(
    Routing, OneFault,
    ::testing::Values(
        Fault{"a team of the classifier",
              [](v1::Policy& p) {
                p.mutable_routing()->mutable_teams(1)->set_classified("data-center");
              },
              "routing.teams[1].classified: \"data-center\" is none of support-engineers, billing, "
              "data-centre, system-administrators"},
        Fault{"after one for every place",
              [](v1::Policy& p) { p.mutable_routing()->mutable_teams()->SwapElements(0, 1); },
              "routing.teams[1]: never counts: routing.teams[0] comes first and matches all that "
              "this one does"},
        Fault{"team", [](v1::Policy& p) { p.mutable_routing()->mutable_teams(0)->set_team("x"); },
              "routing.teams[0].team: there is no team \"x\""},
        Fault{"first team", [](v1::Policy& p) { p.mutable_routing()->clear_first_team(); },
              "routing.first_team: there is no team \"\""},
        Fault{"threshold", [](v1::Policy& p) { p.mutable_routing()->set_unsure_below(1.5); },
              "routing.unsure_below: must be 0 to 1"},
        Fault{"cause twice",
              [](v1::Policy& p) { *p.add_escalation_causes() = p.escalation_causes(0); },
              "escalation_causes[1].id: \"special\" is there twice"},
        Fault{"cause without next steps",
              [](v1::Policy& p) {
                p.mutable_escalation_causes(0)->mutable_next_steps()->RemoveLast();
              },
              "escalation_causes[0].next_steps: has no text in \"es\""},
        Fault{
            "cause's range",
            [](v1::Policy& p) { p.mutable_escalation_causes(0)->mutable_upper()->set_seconds(59); },
            "escalation_causes[0].upper: must not be less than typical"},
        Fault{"estimate twice", [](v1::Policy& p) { *p.add_estimates() = p.estimates(0); },
              "estimates[1].complexity: is there twice"},
        Fault{"estimate's range",
              [](v1::Policy& p) { p.mutable_estimates(0)->mutable_typical()->set_seconds(61); },
              "estimates[0].upper: must not be less than typical"},
        Fault{"no link", [](v1::Policy& p) { p.mutable_knowledge_base(0)->set_link("ftp://x"); },
              "knowledge_base[0].link: \"ftp://x\" is no http(s) link"},
        Fault{"saved answer", [](v1::Policy& p) { p.mutable_saved_answers(0)->clear_intents(); },
              "saved_answers[0].intents: must not be empty"}));

INSTANTIATE_TEST_SUITE_P(
    Housekeeping, OneFault,
    ::testing::Values(
        Fault{
            "reopened after it shrank",
            [](v1::Policy& p) { p.mutable_lifecycle()->mutable_reopen_within()->set_seconds(21); },
            "lifecycle.reopen_within: must not be more than shrink_after"},
        Fault{"forgotten before it shrank",
              [](v1::Policy& p) { p.mutable_lifecycle()->mutable_forget_after()->set_seconds(20); },
              "lifecycle.forget_after: must be more than shrink_after"},
        Fault{"replies", [](v1::Policy& p) { p.mutable_automatic_replies()->set_limit(0); },
              "automatic_replies.limit: must be 1 to 1000"},
        Fault{"no retries", [](v1::Policy& p) { p.mutable_delivery()->clear_retry_after(); },
              "delivery.retry_after: must not be empty"},
        Fault{"retries fall",
              [](v1::Policy& p) { p.mutable_delivery()->mutable_retry_after(1)->set_seconds(29); },
              "delivery.retry_after[1]: must not be less than the one before"},
        Fault{"gives up at once",
              [](v1::Policy& p) { p.mutable_delivery()->mutable_give_up_after()->set_seconds(29); },
              "delivery.give_up_after: leaves no time for the first retry"}));

TEST(Check, FindsEverythingAtOnce) {
  const std::vector<FieldError> errors = Check(v1::Policy());
  std::vector<std::string> paths;
  for (const FieldError& error : errors) paths.push_back(error.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"tenant",
                                             "display_name",
                                             "mail.domain",
                                             "mail.from_name",
                                             "mail.from_address",
                                             "mail.own_addresses",
                                             "languages",
                                             "time_zone",
                                             "teams",
                                             "management.addresses",
                                             "management.remind_every",
                                             "clocks",
                                             "routing.teams",
                                             "routing.first_team",
                                             "lifecycle.close_after",
                                             "lifecycle.shrink_after",
                                             "lifecycle.forget_after",
                                             "automatic_replies.limit",
                                             "automatic_replies.window",
                                             "delivery.retry_after",
                                             "delivery.give_up_after",
                                             "delivery.in_doubt_after",
                                             "delivery.stuck_after"}));
}

TEST(CheckBundle, WantsZonesLexiconsAndIntents) {
  v1::PolicyBundle bundle = TestBundle();
  bundle.mutable_policy()->mutable_calendars(0)->set_time_zone("Europe/Madrid");
  *bundle.add_zones() = bundle.zones(0);
  bundle.mutable_lexicons()->RemoveLast();
  bundle.mutable_policy()->mutable_saved_answers(0)->set_intents(0, "found");
  EXPECT_EQ(ToText(CheckBundle(bundle)),
            "zones[1]: \"UTC\" is there twice\n"
            "calendars[0].time_zone: the bundle has no table of \"Europe/Madrid\"\n"
            "languages[1]: there is no lexicon of this language\n"
            "saved_answers[0].intents[0]: no lexicon has an intent \"found\"\n");
}

TEST(Terms, OnlyPlainAddressesAreTaken) {
  for (const char* good :
       {"a@b.example", "first.last+tag@mail.acme.example", "x@xn--bcher-kva.ch"}) {
    EXPECT_TRUE(IsAddress(good)) << good;
  }
  for (const char* bad :
       {"", "a", "@b.example", "a@", "a@b", "a@b..c", "a@-b.example", "a b@c.example",
        ".a@b.example", "a..b@c.example", "a@b.example\r\nBcc: c@d.example", "<a@b.example>",
        "a@b@c.example", "a,b@c.example", "ä@b.example"}) {
    EXPECT_FALSE(IsAddress(bad)) << bad;
  }
  EXPECT_FALSE(IsAddress(std::string(65, 'a') + "@b.example"));
}

TEST(Terms, IdsLinksAndTexts) {
  EXPECT_TRUE(IsId("data-centre-2"));
  for (const char* bad : {"", "-a", "A", "a_b", "ä", "a b"}) EXPECT_FALSE(IsId(bad)) << bad;
  EXPECT_FALSE(IsId(std::string(64, 'a')));
  EXPECT_TRUE(IsLink("http://a"));
  for (const char* bad : {"", "https://", "https:///a", "javascript:x", "https://a b"}) {
    EXPECT_FALSE(IsLink(bad)) << bad;
  }
  EXPECT_TRUE(IsText("a\nb"));
  EXPECT_FALSE(IsLine("a\nb"));
  EXPECT_FALSE(IsText("a\x01"));
  EXPECT_FALSE(IsText("\xff"));
  EXPECT_TRUE(IsLine("їжак"));
}

}  // namespace
}  // namespace plazo::policy
