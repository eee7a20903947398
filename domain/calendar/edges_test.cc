// The edges of what is accepted and of what is counted, one step on either side.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/calendar/calendar_fixture.h"
#include "domain/calendar/posix_rule.h"

namespace plazo::calendar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kOffice = "mon-fri 09:00-17:00";

TEST(EdgesTest, AHorizonIsFrom1970To2250) {
  const auto compiles = [](int first, int last) {
    return BusinessTime::Compile(Weekly("Europe/Madrid", kOffice), TableOf("Europe/Madrid"),
                                 {first, last})
        .ok();
  };
  EXPECT_TRUE(compiles(1970, 1970));
  EXPECT_FALSE(compiles(1969, 1970));
  EXPECT_TRUE(compiles(2250, 2250));
  EXPECT_FALSE(compiles(2250, 2251));
  EXPECT_FALSE(compiles(2027, 2026));
}

TEST(EdgesTest, TheLastYearOfAHorizonHasItsChangesOfClocks) {
  const BusinessTime business = Compiled(Weekly("Europe/Madrid", kOffice), {2098, 2099});
  EXPECT_EQ(business.Add(At("2099-08-03T00:00:00Z"), absl::Hours(1)), At("2099-08-03T08:00:00Z"));
  EXPECT_EQ(business.Add(At("2099-12-01T00:00:00Z"), absl::Hours(1)), At("2099-12-01T09:00:00Z"));
}

// Monday the 1st of January 2018 to Monday the 31st of December: the week that holds the last day
// is worked to its end.
TEST(EdgesTest, AHorizonIsOfWholeWeeksWithTheirHolidays) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", kOffice);
  AddHoliday(calendar, "01-01 New-Year");
  AddHoliday(calendar, "2018-01-02 Tuesday");
  const BusinessTime business = Compiled(calendar, {2018, 2018});
  const auto worked = [&business](std::string_view date) {
    const absl::Time noon = At(std::string(date) + "T12:00:00Z");
    return business.Between(noon - absl::Hours(12), noon + absl::Hours(11));
  };
  EXPECT_EQ(worked("2017-12-29"), absl::ZeroDuration());
  EXPECT_EQ(worked("2018-01-01"), absl::ZeroDuration());
  EXPECT_EQ(worked("2018-01-02"), absl::ZeroDuration());
  EXPECT_EQ(worked("2018-01-03"), absl::Hours(8));
  EXPECT_EQ(worked("2018-12-31"), absl::Hours(8));
  EXPECT_EQ(worked("2019-01-01"), absl::ZeroDuration());
  EXPECT_EQ(worked("2019-01-04"), absl::Hours(8));
  EXPECT_EQ(worked("2019-01-07"), absl::ZeroDuration());
}

TEST(EdgesTest, AnAccountMayBeginBefore1970) {
  const Explanation account = Compiled(Weekly("Europe/Madrid", kOffice))
                                  .Explain(At("1969-12-31T07:30:00Z"), At("1969-12-31T15:00:00Z"));
  EXPECT_EQ(account.counted, absl::Hours(7));
  EXPECT_EQ(account.segments.front().from, At("1969-12-31T07:30:00Z"));
}

TEST(EdgesTest, AnAccountBeginsOnTheLocalDay) {
  for (const char* zone : {"America/Bogota", "Pacific/Auckland"}) {
    const BusinessTime business = Compiled(Weekly(zone, "mon-sun 00:00-24:00"));
    for (int hour = 0; hour < 24; ++hour) {
      const absl::Time from = At("2026-07-08T00:30:00Z") + absl::Hours(hour);
      EXPECT_EQ(business.Explain(from, from + absl::Hours(30)).counted, absl::Hours(30));
    }
  }
}

TEST(EdgesTest, WhereShiftsOverlapTheOneThatBeganFirstIsNamed) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", "mon-sun 22:00-06:00");
  AddOverride(calendar, "2026-03-17 05:00-10:00");
  const Explanation account =
      Compiled(calendar).Explain(At("2026-03-17T03:00:00Z"), At("2026-03-17T09:00:00Z"));
  EXPECT_THAT(account.segments,
              ElementsAre(Segment{At("2026-03-17T03:00:00Z"), At("2026-03-17T05:00:00Z"),
                                  Cause::kWorkingHours, ""},
                          Segment{At("2026-03-17T05:00:00Z"), At("2026-03-17T09:00:00Z"),
                                  Cause::kOverrideHours, ""}));
}

TEST(EdgesTest, NamesOfRulesHaveThreeLettersFromAToZ) {
  for (const char* text : {"aza-1", "AZA0", "<+09>-9", "<-00>0"}) {
    EXPECT_TRUE(PosixRule::Parse(text).ok()) << text;
  }
  for (const char* text : {"<ab>0", "AB0", "A[A0", "A@A0", "a`a0", "a{a0", "<+0/>0", "<+0:>0"}) {
    EXPECT_FALSE(PosixRule::Parse(text).ok()) << text;
  }
}

TEST(EdgesTest, NumbersOfRulesHaveThreeDigitsAndBounds) {
  for (const char* text : {"AAA24", "AAA0:59:59", "AAA0BBB,J1,J365", "AAA0BBB,0,365",
                           "AAA0BBB,M1.1.0,M12.5.6", "AAA0BBB,M3.5.0/167,M10.5.0/-167"}) {
    EXPECT_TRUE(PosixRule::Parse(text).ok()) << text;
  }
  for (const char* text :
       {"AAA25", "AAA0:60", "AAA0:00:60", "AAA0BBB,J0365,J300", "AAA0BBB,J366,J1", "AAA0BBB,366,1",
        "AAA0BBB,M0.1.0,M1.1.0", "AAA0BBB,M13.1.0,M1.1.0", "AAA0BBB,M3.0.0,M1.1.0",
        "AAA0BBB,M3.5.0/-168,M1.1.0"}) {
    EXPECT_FALSE(PosixRule::Parse(text).ok()) << text;
  }
  EXPECT_THAT(std::string(PosixRule::Parse("AAA25").status().message()),
              HasSubstr("expected a number from 0 to 24 at character 4"));
}

TEST(EdgesTest, OffsetsHaveMinutesAndSeconds) {
  const auto first = [](const char* rule) {
    return Must(PosixRule::Parse(rule)).Transitions(2026, 2026).front();
  };
  // 2026-01-01T00:00 local of 1:02:03 west, and an hour ahead of that afterwards.
  const Transition west = first("AAA1:02:03BBB,J1/0,J300/0");
  EXPECT_EQ(west.at, absl::ToUnixSeconds(At("2026-01-01T01:02:03Z")));
  EXPECT_EQ(west.offset_seconds, -(3600 + 2 * 60 + 3) + 3600);
  const Transition own = first("AAA-1BBB-2:30:15,J1/0:10:20,J300/0");
  EXPECT_EQ(own.at, absl::ToUnixSeconds(At("2025-12-31T23:10:20Z")));
  EXPECT_EQ(own.offset_seconds, 2 * 3600 + 30 * 60 + 15);
}

TEST(EdgesTest, TimesOfDayAndDatesHaveBounds) {
  EXPECT_EQ(Must(ParseTimeOfDay("00:59:59")), 3599u);
  EXPECT_EQ(Must(ParseTimeOfDay("19:00")), 19u * 3600);
  EXPECT_EQ(Must(ParseLocalDate("0001-01-01")).year(), 1u);
  EXPECT_EQ(Must(ParseLocalInterval("00:00-00:01")).end_second(), 60u);
  EXPECT_EQ(At("2026-03-27T23:59:59Z"), At("2026-03-27T00:00:00Z") + absl::Seconds(86399));
  EXPECT_EQ(At("2026-03-27T00:00:00+23:59"), At("2026-03-26T00:01:00Z"));
  EXPECT_FALSE(ParseInstant("2026-03-27T00:00:00+23:60").ok());
  EXPECT_FALSE(ParseInstant("2026-03-27T00:00:00.1234567890123x").ok());
}

TEST(EdgesTest, MessagesQuoteFortyCharactersAndNothingThatCannotBeSeen) {
  const std::string tail = " is not a weekday (mon, tue, wed, thu, fri, sat, sun)";
  const auto said = [](const std::string& text) {
    return std::string(ParseWeekday(text).status().message());
  };
  EXPECT_EQ(said(std::string(50, 'x')), '"' + std::string(40, 'x') + '"' + tail);
  EXPECT_EQ(said("a\"b c\x1f\x01"), "\"a?b c??\"" + tail);
}

TEST(EdgesTest, CalendarsTakeEachFieldUpToItsBound) {
  const auto faults = [](auto change) {
    policy::v1::Calendar calendar = Weekly("Europe/Madrid", kOffice);
    change(calendar);
    return Validate(calendar).size();
  };
  using policy::v1::Calendar;
  const auto with_hours = [](uint32_t start, uint32_t end) {
    return [=](Calendar& c) {
      c.mutable_weekly(0)->mutable_intervals(0)->set_start_second(start);
      c.mutable_weekly(0)->mutable_intervals(0)->set_end_second(end);
    };
  };
  EXPECT_EQ(faults(with_hours(86399, 86400)), 0u);
  EXPECT_EQ(faults(with_hours(86400, 3600)), 1u);
  EXPECT_EQ(faults(with_hours(0, 86401)), 1u);
  const auto with_date = [](uint32_t year, uint32_t month, uint32_t day) {
    return [=](Calendar& c) {
      auto* date = c.add_holidays()->mutable_date();
      date->set_year(year);
      date->set_month(month);
      date->set_day(day);
    };
  };
  EXPECT_EQ(faults(with_date(1970, 1, 1)), 0u);
  EXPECT_EQ(faults(with_date(2400, 12, 31)), 0u);
  EXPECT_EQ(faults(with_date(1969, 12, 31)), 1u);
  EXPECT_EQ(faults(with_date(2401, 1, 1)), 1u);
  EXPECT_EQ(faults(with_date(2026, 0, 1)), 1u);
  EXPECT_EQ(faults(with_date(2026, 13, 1)), 1u);
  EXPECT_EQ(faults(with_date(2026, 1, 0)), 1u);
  EXPECT_EQ(faults(with_date(2026, 1, 32)), 1u);
  EXPECT_EQ(faults(with_date(0, 2, 29)), 0u);
  EXPECT_EQ(faults([](Calendar& c) {
              c.add_weekly();
              *c.mutable_weekly(1)->add_intervals() = Must(ParseLocalInterval("09:00-10:00"));
            }),
            1u);
  const auto with_weekday = [](int weekday) {
    return [=](Calendar& c) {
      c.mutable_weekly(0)->add_weekdays(static_cast<policy::v1::Weekday>(weekday));
    };
  };
  EXPECT_EQ(faults(with_weekday(0)), 1u);
  EXPECT_EQ(faults(with_weekday(1)), 0u);
  EXPECT_EQ(faults(with_weekday(7)), 0u);
  EXPECT_EQ(faults(with_weekday(8)), 1u);
}

TEST(EdgesTest, RoundTheClockIsRefusedWithAnyHours) {
  for (int which = 0; which < 3; ++which) {
    policy::v1::Calendar calendar;
    calendar.set_name("always");
    calendar.set_time_zone("Europe/Madrid");
    calendar.set_always_open(true);
    EXPECT_THAT(Validate(calendar), ::testing::IsEmpty());
    if (which == 0) calendar.add_weekly();
    if (which == 1) AddHoliday(calendar, "12-25 Christmas");
    if (which == 2) AddOverride(calendar, "2026-12-25");
    EXPECT_EQ(Validate(calendar).size(), 1u) << which;
  }
}

TEST(EdgesTest, ZonesHaveOffsetsOfADayAndTransitionsOfAThousandYears) {
  const auto compiles = [](int64_t at, int32_t offset) {
    policy::v1::ZoneTable table;
    table.set_name("X/Y");
    table.add_transitions()->set_utc_seconds(at);
    table.mutable_transitions(0)->set_offset_seconds(offset);
    return Zone::Compile(table).ok();
  };
  EXPECT_TRUE(compiles(0, 26 * 3600));
  EXPECT_TRUE(compiles(0, -26 * 3600));
  EXPECT_FALSE(compiles(0, 26 * 3600 + 1));
  EXPECT_FALSE(compiles(0, -26 * 3600 - 1));
  EXPECT_TRUE(compiles(int64_t{1} << 34, 60));
  EXPECT_TRUE(compiles(-(int64_t{1} << 34), 60));
  EXPECT_FALSE(compiles((int64_t{1} << 34) + 1, 60));
  EXPECT_FALSE(compiles(-(int64_t{1} << 34) - 1, 60));
}

}  // namespace
}  // namespace plazo::calendar
