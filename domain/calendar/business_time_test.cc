#include "domain/calendar/business_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "domain/calendar/calendar_fixture.h"

namespace plazo::calendar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kOffice = "mon-fri 09:00-17:00";

TEST(BusinessTimeTest, RoundTheClockIsTimeItself) {
  policy::v1::Calendar calendar;
  calendar.set_time_zone("Europe/Madrid");
  calendar.set_always_open(true);
  const BusinessTime business = Compiled(calendar);
  const absl::Time start = At("2026-03-29T01:55:00+01:00");
  EXPECT_EQ(business.Add(start, absl::Minutes(10)), At("2026-03-29T03:05:00+02:00"));
  EXPECT_EQ(business.Add(start, absl::ZeroDuration()), start);
  EXPECT_TRUE(business.IsOpen(At("1950-01-01T00:00:00Z")));
  EXPECT_EQ(business.Between(start, absl::InfiniteFuture()),
            absl::Nanoseconds(kNever - absl::ToUnixNanos(start)));
  const Interval pause{start + absl::Minutes(5), start + absl::Minutes(65)};
  EXPECT_EQ(business.Add(start, absl::Minutes(10), {pause}), start + absl::Minutes(70));
}

TEST(BusinessTimeTest, APauseWithoutEndPutsTheDeadlineOffForEver) {
  for (bool always : {true, false}) {
    policy::v1::Calendar calendar = Weekly("Europe/Madrid", always ? "" : kOffice);
    calendar.set_always_open(always);
    const BusinessTime business = Compiled(calendar);
    const absl::Time start = At("2026-03-13T10:00:00+01:00");
    const Interval paused{start + absl::Minutes(10), absl::InfiniteFuture()};
    EXPECT_EQ(business.Add(start, absl::Hours(1), {paused}), absl::InfiniteFuture());
    EXPECT_EQ(business.Add(start, absl::Minutes(10), {paused}), start + absl::Minutes(10));
    EXPECT_EQ(business.Between(start, start + absl::Hours(9), {paused}), absl::Minutes(10));
    EXPECT_EQ(business.Add(paused.from, absl::ZeroDuration(), {paused}), absl::InfiniteFuture());
  }
}

TEST(BusinessTimeTest, BeyondTheHorizonNothingIsWorked) {
  const BusinessTime business = Compiled(Weekly("Europe/Madrid", kOffice), {2026, 2026});
  EXPECT_EQ(business.Add(At("2026-12-01T10:00:00Z"), absl::Hours(8000)), absl::InfiniteFuture());
  EXPECT_EQ(business.Add(At("2026-12-01T10:00:00Z"), absl::InfiniteDuration()),
            absl::InfiniteFuture());
  EXPECT_EQ(business.NextOpening(At("2028-12-01T10:00:00Z")), absl::InfiniteFuture());
  EXPECT_FALSE(business.IsOpen(At("2028-12-01T10:00:00Z")));
  EXPECT_EQ(business.NextOpening(absl::InfinitePast()), At("2025-12-29T09:00:00+01:00"));
}

TEST(BusinessTimeTest, KeepsFractionsOfASecond) {
  const BusinessTime business = Compiled(Weekly("Europe/Madrid", kOffice));
  const absl::Time start = At("2026-03-13T16:59:59+01:00") + absl::Milliseconds(250);
  EXPECT_EQ(business.Add(start, absl::Seconds(1)),
            At("2026-03-16T09:00:00+01:00") + absl::Milliseconds(250));
  EXPECT_EQ(business.Between(start, At("2026-03-14T00:00:00+01:00")), absl::Milliseconds(750));
}

TEST(BusinessTimeTest, SaysWhyAnythingCountsOrNot) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", kOffice);
  AddHoliday(calendar, "12-25 Christmas");
  AddHoliday(calendar, "2026-12-24 Eve 15:00-24:00");
  AddOverride(calendar, "2026-12-28 10:00-12:00");
  calendar.mutable_overrides(0)->set_name("inventory");
  const BusinessTime business = Compiled(calendar);
  const absl::Time from = At("2026-12-24T14:00:00+01:00");
  const absl::Time to = At("2026-12-28T11:00:00+01:00");
  const Interval pause{At("2026-12-24T14:30:00+01:00"), At("2026-12-28T10:15:00+01:00")};
  const Explanation account = business.Explain(from, to, {pause});
  const auto at = [](const char* text) { return At(std::string(text) + "+01:00"); };
  EXPECT_THAT(
      account.segments,
      ElementsAre(
          Segment{from, pause.from, Cause::kWorkingHours, ""},
          Segment{pause.from, at("2026-12-24T15:00:00"), Cause::kPaused, ""},
          Segment{at("2026-12-24T15:00:00"), at("2026-12-24T17:00:00"), Cause::kHoliday, "Eve"},
          Segment{at("2026-12-24T17:00:00"), at("2026-12-25T00:00:00"), Cause::kClosed, ""},
          Segment{at("2026-12-25T00:00:00"), at("2026-12-26T00:00:00"), Cause::kHoliday,
                  "Christmas"},
          Segment{at("2026-12-26T00:00:00"), at("2026-12-28T00:00:00"), Cause::kClosed, ""},
          Segment{at("2026-12-28T00:00:00"), at("2026-12-28T10:00:00"), Cause::kOverride,
                  "inventory"},
          Segment{at("2026-12-28T10:00:00"), pause.to, Cause::kPaused, ""},
          Segment{pause.to, to, Cause::kOverrideHours, "inventory"}));
  EXPECT_EQ(account.counted, absl::Minutes(75));
  EXPECT_TRUE(account.complete);
}

TEST(BusinessTimeTest, TheNightAfterAHolidayIsTheHolidaysToo) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", "mon-fri 22:00-06:00");
  AddHoliday(calendar, "2026-12-24 Eve");
  const Explanation account =
      Compiled(calendar).Explain(At("2026-12-25T00:00:00+01:00"), At("2026-12-25T12:00:00+01:00"));
  ASSERT_EQ(account.segments.size(), 2u);
  EXPECT_EQ(account.segments[0].cause, Cause::kHoliday);
  EXPECT_EQ(account.segments[0].name, "Eve");
  EXPECT_EQ(account.segments[0].to, At("2026-12-25T06:00:00+01:00"));
  EXPECT_EQ(account.segments[1].cause, Cause::kClosed);
}

TEST(BusinessTimeTest, AShiftOfTheDayBeforeYesterdayMayReachIntoARepeatedEvening) {
  policy::v1::Calendar calendar = Weekly("Invented/Zone", "sat 23:45-23:30");
  policy::v1::ZoneTable table;
  table.set_name("Invented/Zone");
  auto* back = table.add_transitions();  // Monday 00:15 becomes Sunday 23:00
  back->set_utc_seconds(absl::ToUnixSeconds(At("2026-07-20T00:15:00Z")));
  back->set_offset_seconds(-75 * 60);
  const BusinessTime business = Must(BusinessTime::Compile(calendar, table));
  const absl::Time from = At("2026-07-20T00:00:00Z");
  const absl::Time to = At("2026-07-20T12:00:00Z");
  EXPECT_EQ(business.Between(from, to), absl::Minutes(45));
  EXPECT_EQ(business.Explain(from, to).counted, absl::Minutes(45));
}

TEST(BusinessTimeTest, OfTwoHolidaysOnADateTheWholeDayCountsAndTheDatedOneNamesIt) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", "mon-fri 22:00-06:00");
  AddHoliday(calendar, "2026-12-24 company");
  AddHoliday(calendar, "12-24 Eve 00:00-03:00");
  AddHoliday(calendar, "2026-12-25 bridge");
  AddHoliday(calendar, "12-25 Christmas");
  const Explanation account =
      Compiled(calendar).Explain(At("2026-12-24T00:00:00+01:00"), At("2026-12-26T00:00:00+01:00"));
  ASSERT_EQ(account.segments.size(), 3u);
  // Wednesday's night shift: the hours of the other holiday are not cut out of it.
  EXPECT_EQ(account.segments[0].cause, Cause::kWorkingHours);
  EXPECT_EQ(account.counted, absl::Hours(6));
  EXPECT_EQ(account.segments[1].name, "company");
  EXPECT_EQ(account.segments[2].name, "bridge");
}

TEST(BusinessTimeTest, AnAccountThatIsTooLongSaysSo) {
  const BusinessTime business = Compiled(Weekly("Europe/Madrid", kOffice));
  const Explanation account =
      business.Explain(At("2026-01-01T00:00:00Z"), At("2027-01-01T00:00:00Z"), {}, 10);
  EXPECT_FALSE(account.complete);
  EXPECT_EQ(account.segments.size(), 10u);
}

struct RefusedCase {
  const char* what;
  policy::v1::Calendar calendar;
  const char* message;
};

TEST(BusinessTimeTest, RefusesCalendarsThatCannotBeMeant) {
  std::vector<RefusedCase> cases = {
      {"no hours at all", Weekly("Europe/Madrid", ""), "weekly leaves no working time"},
      {"weekdays without hours", Weekly("Europe/Madrid", "mon-fri"),
       "weekly leaves no working time"},
  };
  auto add = [&cases](const char* what, const char* message) -> policy::v1::Calendar& {
    cases.push_back({what, Weekly("Europe/Madrid", kOffice), message});
    return cases.back().calendar;
  };
  policy::v1::Calendar& every_day_free = add("every date a holiday", "leaves no working time");
  for (absl::CivilDay day(2000, 1, 1); day < absl::CivilDay(2001, 1, 1); ++day) {
    AddHoliday(every_day_free, absl::FormatCivilTime(day).substr(5) + " free");
  }
  AddHoliday(add("a date that does not exist", "holidays[0].date does not exist"), "2026-02-28 x");
  cases.back().calendar.mutable_holidays(0)->mutable_date()->set_day(29);
  AddOverride(add("an override of every year", "overrides[0].date.year"), "12-25 10:00-11:00");
  AddOverride(add("two overrides of one date", "overrides[1].date is overridden twice"),
              "2026-12-25 10:00-11:00");
  AddOverride(cases.back().calendar, "2026-12-25");
  add("24/7 with hours", "always_open excludes").set_always_open(true);
  add("hours beyond the day", "intervals[0].end_second must be at most 86400")
      .mutable_weekly(0)
      ->mutable_intervals(0)
      ->set_end_second(86401);
  add("hours without length", "weekly[0].intervals[0] begins and ends at the same time")
      .mutable_weekly(0)
      ->mutable_intervals(0)
      ->set_end_second(9 * 3600);
  add("no weekday", "weekly[0].weekdays[5] is no weekday")
      .mutable_weekly(0)
      ->add_weekdays(policy::v1::WEEKDAY_UNSPECIFIED);
  for (const RefusedCase& c : cases) {
    SCOPED_TRACE(c.what);
    const auto compiled = BusinessTime::Compile(c.calendar, TableOf("Europe/Madrid"));
    ASSERT_FALSE(compiled.ok());
    EXPECT_THAT(std::string(compiled.status().message()), HasSubstr(c.message));
  }
  EXPECT_FALSE(
      BusinessTime::Compile(Weekly("Europe/Rome", kOffice), TableOf("Europe/Madrid")).ok());
}

TEST(BusinessTimeTest, NamesEveryFieldThatIsWrong) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", kOffice);
  calendar.mutable_weekly(0)->mutable_intervals(0)->set_start_second(90000);
  calendar.add_holidays()->set_name("no date");
  const std::vector<FieldError> errors = Validate(calendar);
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].path, "weekly[0].intervals[0].start_second");
  EXPECT_EQ(errors[1].path, "holidays[0].date");
}

// Printed, not asserted: the machine is shared.
TEST(BusinessTimeTest, TakesNoLongerForAYearThanForAnHour) {
  policy::v1::Calendar calendar = Weekly("Europe/Madrid", "mon-fri 09:00-13:00 15:00-19:00");
  for (const char* day : {"01-01 a", "01-06 b", "05-01 c", "08-15 d", "10-12 e", "11-01 f",
                          "12-06 g", "12-08 h", "12-25 i"}) {
    AddHoliday(calendar, day);
  }
  const auto compile_began = std::chrono::steady_clock::now();
  const BusinessTime business = Compiled(calendar);
  const std::chrono::duration<double, std::micro> compile =
      std::chrono::steady_clock::now() - compile_began;
  std::cout << "compile: " << compile.count() << " us\n";
  const absl::Time start = At("2026-01-02T10:00:00+01:00");
  for (absl::Duration span :
       {absl::Hours(1), absl::Hours(40), absl::Hours(2000), absl::Hours(20000)}) {
    constexpr int kRounds = 100000;
    absl::Duration sum;
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      const absl::Time from = start + absl::Minutes(i % 50000);
      sum += business.Between(from, business.Add(from, span));
    }
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - began;
    EXPECT_EQ(sum, kRounds * span);
    std::cout << "add + between over " << span << ": " << elapsed.count() / kRounds << " ns\n";
  }
}

}  // namespace
}  // namespace plazo::calendar
