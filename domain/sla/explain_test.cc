#include "domain/sla/explain.h"

#include "domain/calendar/calendar_fixture.h"
#include "domain/core/proto_time.h"
#include "domain/policy/policy_fixture.h"
#include "domain/sla/clocks.h"

namespace plazo::sla {
namespace {

using calendar::At;
using core::v1::Clock;

policy::v1::Calendar Named(const std::string& name, policy::v1::Calendar calendar) {
  calendar.set_name(name);
  return calendar;
}

std::shared_ptr<const policy::CompiledPolicy> Policy() {
  policy::v1::PolicyBundle bundle = policy::TestBundle();
  auto office = Named("madrid", calendar::Weekly("Europe/Madrid", "mon-fri 09:00-17:00"));
  calendar::AddHoliday(office, "2026-04-03 Good-Friday");
  calendar::AddOverride(office, "2026-04-07 10:00-12:00");
  *bundle.mutable_policy()->add_calendars() = office;
  *bundle.mutable_policy()->add_calendars() =
      Named("always", calendar::Weekly("Europe/Madrid", "mon-sun 00:00-24:00"));
  *bundle.mutable_policy()->add_calendars() =
      Named("nights", calendar::Weekly("Europe/Madrid", "mon-sun 22:00-06:00"));
  *bundle.add_zones() = calendar::TableOf("Europe/Madrid");
  return calendar::Must(policy::CompiledPolicy::Compile(policy::Pack(bundle)));
}

// Times on the wall in Madrid.
std::string Wall(absl::Time time) {
  absl::TimeZone madrid;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Madrid", &madrid));
  return absl::FormatTime("%a %H:%M", time, madrid);
}

class ExplainTest : public ::testing::Test {
 protected:
  Clock Started(const std::string& calendar, std::string_view start, absl::Duration target,
                const std::vector<std::pair<std::string, std::string>>& pauses = {}) {
    policy::v1::ClockRule rule;
    rule.set_clock(core::v1::CLOCK_KIND_FIRST_RESPONSE);
    rule.set_calendar(calendar);
    *rule.mutable_target() = ToProto(target);
    google::protobuf::RepeatedPtrField<core::v1::Interval> intervals;
    for (const auto& [from, to] : pauses) {
      core::v1::Interval* pause = intervals.Add();
      *pause->mutable_from_time() = ToProto(At(from));
      if (!to.empty()) *pause->mutable_to_time() = ToProto(At(to));
      pause->set_cause("waiting for the customer");
    }
    return Start(*policy_, rule, "", At(start), intervals);
  }

  std::string Told(const Clock& clock, std::string_view known = "2200-01-01T00:00:00Z",
                   std::string_view now = "2026-12-31T00:00:00Z") {
    auto account = Explain(clock, *policy_, At(known), At(now));
    if (!account.ok()) return std::string(account.status().message());
    std::string told;
    for (const AccountLine& line : account->lines) {
      told += Wall(line.from) + " - " + Wall(line.to) + (line.counted ? " + " : " - ") +
              line.cause + "\n";
    }
    return told + absl::FormatDuration(account->counted);
  }

  const std::shared_ptr<const policy::CompiledPolicy> policy_ = Policy();
};

TEST_F(ExplainTest, NamesWhatIsLeftOutAndWhy) {
  const Clock clock = Started("madrid", "2026-04-02T14:30:00Z", absl::Hours(4),
                              {{"2026-04-06T07:30:00Z", "2026-04-06T13:15:00Z"}});
  EXPECT_EQ(Told(clock),
            "Thu 16:30 - Thu 17:00 + working hours\n"
            "Thu 17:00 - Fri 00:00 - outside of working hours\n"
            "Fri 00:00 - Sat 00:00 - holiday Good-Friday\n"
            "Sat 00:00 - Mon 09:00 - outside of working hours\n"
            "Mon 09:00 - Mon 09:30 + working hours\n"
            "Mon 09:30 - Mon 15:15 - paused: waiting for the customer\n"
            "Mon 15:15 - Mon 17:00 + working hours\n"
            "Mon 17:00 - Tue 00:00 - outside of working hours\n"
            "Tue 00:00 - Tue 10:00 - closed by exception \n"
            "Tue 10:00 - Tue 11:15 + special hours\n"
            "4h");
  EXPECT_EQ(FromProto(clock.due_time()), At("2026-04-07T09:15:00Z"));
}

TEST_F(ExplainTest, CountsTheHoursThatClocksSkipAndRepeat) {
  EXPECT_EQ(Told(Started("always", "2026-03-28T22:30:00Z", absl::Hours(4))),
            "Sat 23:30 - Sun 04:30 + working hours\n4h");
  EXPECT_EQ(Told(Started("always", "2026-10-24T21:30:00Z", absl::Hours(4))),
            "Sat 23:30 - Sun 02:30 + working hours\n4h");
  // The night in which clocks go back has nine hours; the day's rest is closed.
  EXPECT_EQ(Told(Started("nights", "2026-10-24T20:00:00Z", absl::Hours(10))),
            "Sat 22:00 - Sun 06:00 + working hours\n"
            "Sun 06:00 - Sun 22:00 - outside of working hours\n"
            "Sun 22:00 - Sun 23:00 + working hours\n10h");
}

// The account is walked day by day, the deadline computed from prefix sums: they must agree.
TEST_F(ExplainTest, AddsUpToTheTargetToTheSecondWithoutGaps) {
  int checked = 0;
  for (const char* calendar : {"", "madrid", "always", "nights"}) {
    for (const char* start :
         {"2026-03-27T15:59:59Z", "2026-04-02T21:00:00Z", "2026-10-23T13:37:11Z"}) {
      for (int64_t seconds = 1; seconds < 90 * 3600; seconds += 7919) {
        const Clock clock = Started(calendar, start, absl::Seconds(seconds),
                                    {{"2026-03-28T23:30:00Z", "2026-03-29T01:30:07Z"},
                                     {"2026-04-06T07:59:59Z", "2026-04-06T08:00:00Z"},
                                     {"2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z"}});
        auto account = Explain(clock, *policy_, At(start) - absl::Hours(1), At(start));
        ASSERT_TRUE(account.ok()) << account.status();
        absl::Duration counted;
        absl::Time at = At(start) - absl::Hours(1);
        for (const AccountLine& line : account->lines) {
          ASSERT_EQ(line.from, at);
          at = line.to;
          if (line.counted) counted += line.to - line.from;
        }
        ASSERT_EQ(at, FromProto(clock.due_time()));
        ASSERT_EQ(counted, absl::Seconds(seconds)) << calendar << " " << start;
        ASSERT_EQ(account->counted, counted);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 4 * 3 * 41);
}

TEST_F(ExplainTest, APausedClockIsToldUpToNow) {
  const Clock clock =
      Started("", "2026-04-06T08:00:00Z", absl::Hours(2), {{"2026-04-06T08:30:00Z", ""}});
  EXPECT_EQ(Told(clock, "2026-04-06T08:00:00Z", "2026-04-06T11:00:00Z"),
            "Mon 10:00 - Mon 10:30 + round the clock\n"
            "Mon 10:30 - Mon 13:00 - paused: waiting for the customer\n30m");
}

TEST_F(ExplainTest, TellsWhatLiesBeforeTheStartAndAfterAMissedDeadline) {
  Clock clock = Started("", "2026-04-06T08:00:00Z", absl::Hours(1));
  *clock.mutable_breach_time() = clock.due_time();
  *clock.mutable_stop_time() = ToProto(At("2026-04-06T09:20:00Z"));
  EXPECT_EQ(Told(clock, "2026-04-06T07:00:00Z"),
            "Mon 09:00 - Mon 10:00 - before the start\n"
            "Mon 10:00 - Mon 11:00 + round the clock\n"
            "Mon 11:00 - Mon 11:20 - after the deadline\n1h");
}

TEST_F(ExplainTest, APromiseMissedAndKeptInOneInstantHasNothingAfterIt) {
  Clock clock = Started("", "2026-04-06T08:00:00Z", absl::Hours(1));
  *clock.mutable_breach_time() = clock.due_time();
  *clock.mutable_stop_time() = clock.due_time();
  EXPECT_EQ(Told(clock, "2026-04-06T08:00:00Z"), "Mon 10:00 - Mon 11:00 + round the clock\n1h");
}

TEST_F(ExplainTest, OfTwoWaitsOverANightEachIsToldByItsCause) {
  Clock clock = Started("madrid", "2026-04-13T14:00:00Z", absl::Hours(2),
                        {{"2026-04-13T14:30:00Z", "2026-04-14T07:00:00Z"},
                         {"2026-04-14T07:00:00Z", "2026-04-14T08:00:00Z"}});
  clock.mutable_pauses(1)->set_cause("maintenance");
  EXPECT_EQ(Told(clock),
            "Mon 16:00 - Mon 16:30 + working hours\n"
            "Mon 16:30 - Mon 17:00 - paused: waiting for the customer\n"
            "Mon 17:00 - Tue 09:00 - outside of working hours\n"
            "Tue 09:00 - Tue 10:00 - paused: maintenance\n"
            "Tue 10:00 - Tue 11:30 + working hours\n2h");
}

TEST_F(ExplainTest, AnAccountOfFortyYearsIsTooLong) {
  EXPECT_EQ(Told(Started("madrid", "2026-04-06T08:00:00Z", absl::Hours(8 * 261 * 40))),
            "the account has more than 10000 lines");
}

TEST_F(ExplainTest, RefusesAnotherPolicy) {
  Clock clock = Started("", "2026-04-06T08:00:00Z", absl::Hours(1));
  clock.set_policy_hash("0af3");
  EXPECT_EQ(Told(clock), "the clock was promised under 0af3");
}

}  // namespace
}  // namespace plazo::sla
