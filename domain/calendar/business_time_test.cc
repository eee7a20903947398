// Cases that others got wrong, with exact instants: every row is a sentence.

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
constexpr const char* kAlways = "mon-sun 00:00-24:00";

using Pauses = std::vector<std::pair<const char*, const char*>>;

std::vector<Interval> Read(const Pauses& pauses) {
  std::vector<Interval> result;
  for (const auto& [from, to] : pauses) result.push_back({At(from), At(to)});
  return result;
}

struct Hours {
  const char* zone;
  const char* weekly;
  std::vector<const char*> holidays = {};
  std::vector<const char*> overrides = {};

  BusinessTime Compile() const {
    policy::v1::Calendar calendar = Weekly(zone, weekly);
    for (const char* holiday : holidays) AddHoliday(calendar, holiday);
    for (const char* entry : overrides) AddOverride(calendar, entry);
    return Compiled(calendar);
  }
};

struct AddCase {
  const char* sentence;
  Hours hours;
  const char* start;
  absl::Duration duration;
  Pauses pauses;
  const char* want;
};

const AddCase kAddCases[] = {
    {"two hours from Friday 16:00 end on Monday at 10:00",
     {"Europe/Madrid", kOffice},
     "2026-03-13T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-03-16T10:00:00+01:00"},
    {"using up the day ends at closing time",
     {"Europe/Madrid", kOffice},
     "2026-03-13T09:00:00+01:00",
     absl::Hours(8),
     {},
     "2026-03-13T17:00:00+01:00"},
    {"one second more than the day ends a second after the next opening",
     {"Europe/Madrid", kOffice},
     "2026-03-13T09:00:00+01:00",
     absl::Hours(8) + absl::Seconds(1),
     {},
     "2026-03-16T09:00:01+01:00"},
    {"zero from a closed moment is the next opening",
     {"Europe/Madrid", kOffice},
     "2026-03-14T12:00:00+01:00",
     absl::ZeroDuration(),
     {},
     "2026-03-16T09:00:00+01:00"},
    {"zero from an open moment is that moment",
     {"Europe/Madrid", kOffice},
     "2026-03-13T12:00:00+01:00",
     absl::ZeroDuration(),
     {},
     "2026-03-13T12:00:00+01:00"},
    {"zero at the opening second is the opening",
     {"Europe/Madrid", kOffice},
     "2026-03-13T09:00:00+01:00",
     absl::ZeroDuration(),
     {},
     "2026-03-13T09:00:00+01:00"},
    {"the closing second is closed already",
     {"Europe/Madrid", kOffice},
     "2026-03-13T17:00:00+01:00",
     absl::ZeroDuration(),
     {},
     "2026-03-16T09:00:00+01:00"},
    {"a start at the closing second begins to count at the next opening",
     {"Europe/Madrid", kOffice},
     "2026-03-13T17:00:00+01:00",
     absl::Minutes(1),
     {},
     "2026-03-16T09:01:00+01:00"},
    {"a start in closed time counts from the next opening",
     {"Europe/Madrid", kOffice},
     "2026-03-14T03:00:00+01:00",
     absl::Hours(1),
     {},
     "2026-03-16T10:00:00+01:00"},
    {"one second before closing leaves one second",
     {"Europe/Madrid", kOffice},
     "2026-03-13T16:59:59+01:00",
     absl::Seconds(2),
     {},
     "2026-03-16T09:00:01+01:00"},
    {"parts of a second are kept",
     {"Europe/Madrid", kOffice},
     "2026-03-13T16:59:59+01:00",
     absl::Seconds(1),
     {},
     "2026-03-13T17:00:00+01:00"},
    // The host of seed A: F8, F9, F10; of seed B: F42.
    {"billing's 9-18 of Madrid is seen from Kyiv an hour later",
     {"Europe/Madrid", "mon-fri 09:00-18:00"},
     "2026-06-12T18:30:00+03:00",
     absl::Hours(1),
     {},
     "2026-06-15T09:30:00+02:00"},
    {"technicians of a data centre keep their own clock",
     {"Europe/Kyiv", "mon-fri 08:00-17:00"},
     "2026-06-12T15:30:00+02:00",
     absl::Hours(1),
     {},
     "2026-06-15T08:30:00+03:00"},
    {"three business hours of a Bogota plan from a Friday afternoon",
     {"America/Bogota", "mon-fri 08:00-18:00"},
     "2026-07-17T17:00:00-05:00",
     absl::Hours(3),
     {},
     "2026-07-20T10:00:00-05:00"},
    // Daylight saving, 24/7.
    {"a day of 23 hours has 23 hours",
     {"Europe/Berlin", kAlways},
     "2026-03-29T00:00:00+01:00",
     absl::Hours(23),
     {},
     "2026-03-30T00:00:00+02:00"},
    {"a day of 25 hours has 25 hours",
     {"Europe/Berlin", kAlways},
     "2026-10-25T00:00:00+02:00",
     absl::Hours(25),
     {},
     "2026-10-26T00:00:00+01:00"},
    {"a span that begins late on the eve of a change does not skip the Sunday",
     {"Europe/Paris", kAlways},
     "2026-03-28T23:30:00+01:00",
     absl::Hours(24),
     {},
     "2026-03-30T00:30:00+02:00"},
    {"a span that begins early on the day of a change does not count the Sunday twice",
     {"Europe/Paris", kAlways},
     "2026-10-25T00:30:00+02:00",
     absl::Hours(24),
     {},
     "2026-10-25T23:30:00+01:00"},
    {"ten minutes across the gap of spring are ten minutes",
     {"Europe/Madrid", kAlways},
     "2026-03-29T01:55:00+01:00",
     absl::Minutes(10),
     {},
     "2026-03-29T03:05:00+02:00"},
    {"ten minutes across the repeated hour of autumn are ten minutes",
     {"Europe/Madrid", kAlways},
     "2026-10-25T02:55:00+02:00",
     absl::Minutes(10),
     {},
     "2026-10-25T02:05:00+01:00"},
    // Daylight saving, office hours.
    {"office hours after the change in spring follow the new offset",
     {"Europe/Berlin", kOffice},
     "2026-03-27T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-03-30T10:00:00+02:00"},
    {"office hours after the change in autumn follow the new offset",
     {"Europe/Berlin", kOffice},
     "2026-10-23T16:00:00+02:00",
     absl::Hours(2),
     {},
     "2026-10-26T10:00:00+01:00"},
    {"an opening inside the gap starts where the gap ends",
     {"Europe/Madrid", "sun 02:30-06:00"},
     "2026-03-29T00:00:00+01:00",
     absl::Hours(1),
     {},
     "2026-03-29T04:00:00+02:00"},
    {"hours that lie inside the gap do not happen",
     {"Europe/Madrid", "sun 02:15-02:45"},
     "2026-03-29T00:00:00+01:00",
     absl::Minutes(1),
     {},
     "2026-04-05T02:16:00+02:00"},
    {"hours that touch the repeated hour have all of it",
     {"Europe/Madrid", "sun 01:30-02:30"},
     "2026-10-25T00:00:00+02:00",
     absl::Hours(2),
     {},
     "2026-10-25T02:30:00+01:00"},
    {"a midnight that does not exist opens an hour later",
     {"America/Sao_Paulo", "sun 00:00-02:00"},
     "2018-11-03T22:00:00-03:00",
     absl::Minutes(30),
     {},
     "2018-11-04T01:30:00-02:00"},
    {"half an hour of daylight saving is half an hour",
     {"Australia/Lord_Howe", kAlways},
     "2026-04-05T00:00:00+11:00",
     absl::Minutes(24 * 60 + 30),
     {},
     "2026-04-06T00:00:00+10:30"},
    {"a date that was skipped is not worked",
     {"Pacific/Apia", kOffice},
     "2011-12-29T16:00:00-10:00",
     absl::Hours(2),
     {},
     "2012-01-02T10:00:00+14:00"},
    // Shapes of a week.
    {"a lunch break is not worked",
     {"Europe/Rome", "mon-fri 09:00-13:00 15:00-19:00"},
     "2026-03-13T12:30:00+01:00",
     absl::Hours(1),
     {},
     "2026-03-13T15:30:00+01:00"},
    {"a night shift goes on after midnight",
     {"Europe/Madrid", "mon-fri 22:00-06:00"},
     "2026-03-13T23:00:00+01:00",
     absl::Hours(3),
     {},
     "2026-03-14T02:00:00+01:00"},
    {"Sunday's night shift ends on Monday",
     {"Europe/Madrid", "sun 22:00-06:00"},
     "2026-03-15T21:00:00+01:00",
     absl::Hours(9),
     {},
     "2026-03-22T23:00:00+01:00"},
    {"one working day a week is enough",
     {"Europe/Madrid", "wed 09:00-17:00"},
     "2026-03-12T10:00:00+01:00",
     absl::Hours(9),
     {},
     "2026-03-25T10:00:00+01:00"},
    {"each weekday closes at its own hour",
     {"Europe/Madrid", "fri 09:00-20:00, mon-tue 09:00-17:00"},
     "2026-03-13T21:00:00+01:00",
     absl::Minutes(570),
     {},
     "2026-03-17T10:30:00+01:00"},
    {"24:00 is the end of the day",
     {"Europe/Madrid", "fri 20:00-24:00, sat 00:00-02:00"},
     "2026-03-13T23:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-03-14T01:00:00+01:00"},
    {"hours that overlap count once",
     {"Europe/Madrid", "mon-fri 09:00-14:00 12:00-17:00"},
     "2026-03-13T09:00:00+01:00",
     absl::Hours(8),
     {},
     "2026-03-13T17:00:00+01:00"},
    // Exceptions.
    {"a holiday is not worked",
     {"Europe/Madrid", kOffice, {"2026-12-25 Christmas"}},
     "2026-12-24T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-12-28T10:00:00+01:00"},
    {"a yearly holiday holds in every year",
     {"Europe/Madrid", kOffice, {"01-06 Epiphany"}},
     "2027-01-05T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2027-01-07T10:00:00+01:00"},
    {"hours of a partial holiday are cut out",
     {"Europe/Madrid", kOffice, {"12-24 Eve 13:00-24:00"}},
     "2026-12-24T12:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-12-25T10:00:00+01:00"},
    {"an override replaces the hours of its date",
     {"Europe/Madrid", kOffice, {}, {"2026-03-13 10:00-12:00"}},
     "2026-03-13T09:00:00+01:00",
     absl::Hours(3),
     {},
     "2026-03-16T10:00:00+01:00"},
    {"an override without hours closes its date",
     {"Europe/Madrid", kOffice, {}, {"2026-03-13"}},
     "2026-03-12T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-03-16T10:00:00+01:00"},
    {"an override opens a date that is free otherwise",
     {"Europe/Madrid", kOffice, {}, {"2026-03-14 10:00-14:00"}},
     "2026-03-13T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-03-14T11:00:00+01:00"},
    {"an override works on a holiday",
     {"Europe/Madrid", kOffice, {"12-25 Christmas"}, {"2026-12-25 10:00-12:00"}},
     "2026-12-24T16:00:00+01:00",
     absl::Hours(2),
     {},
     "2026-12-25T11:00:00+01:00"},
    {"a night shift that began before a holiday is worked to its end",
     {"Europe/Madrid", "mon-fri 22:00-06:00", {"2026-12-25 Christmas"}},
     "2026-12-24T23:00:00+01:00",
     absl::Hours(7),
     {},
     "2026-12-25T06:00:00+01:00"},
    {"a night shift does not begin on a holiday",
     {"Europe/Madrid", "mon-fri 22:00-06:00", {"2026-12-25 Christmas"}},
     "2026-12-25T07:00:00+01:00",
     absl::Minutes(1),
     {},
     "2026-12-28T22:01:00+01:00"},
    {"a holiday on the day of a change of clocks takes its 25 hours",
     {"Europe/Madrid", kAlways, {"2026-10-25 Sunday"}},
     "2026-10-24T23:00:00+02:00",
     absl::Hours(2),
     {},
     "2026-10-26T01:00:00+01:00"},
    // Pauses.
    {"a pause within the day moves the deadline by its length",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(2),
     {{"2026-03-13T11:00:00+01:00", "2026-03-13T11:30:00+01:00"}},
     "2026-03-13T12:30:00+01:00"},
    {"a pause over night costs only the working hours in it",
     {"Europe/Madrid", kOffice},
     "2026-03-12T15:00:00+01:00",
     absl::Hours(2),
     {{"2026-03-12T16:00:00+01:00", "2026-03-13T10:00:00+01:00"}},
     "2026-03-13T11:00:00+01:00"},
    {"a pause over the weekend costs only the working hours in it",
     {"Europe/Madrid", kOffice},
     "2026-03-13T15:00:00+01:00",
     absl::Hours(2),
     {{"2026-03-13T16:00:00+01:00", "2026-03-16T09:30:00+01:00"}},
     "2026-03-16T10:30:00+01:00"},
    {"a pause over a change of clocks takes out the true time",
     {"Europe/Madrid", kAlways},
     "2026-03-29T01:00:00+01:00",
     absl::Hours(2),
     {{"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"}},
     "2026-03-29T05:00:00+02:00"},
    {"a pause over a holiday costs nothing on the holiday",
     {"Europe/Madrid", kOffice, {"2026-12-25 Christmas"}},
     "2026-12-24T16:00:00+01:00",
     absl::Hours(2),
     {{"2026-12-24T16:30:00+01:00", "2026-12-28T10:00:00+01:00"}},
     "2026-12-28T11:30:00+01:00"},
    {"two pauses that begin in one minute both count",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T10:30:05+01:00", "2026-03-13T10:30:15+01:00"},
      {"2026-03-13T10:30:40+01:00", "2026-03-13T10:40:40+01:00"}},
     "2026-03-13T11:10:10+01:00"},
    {"overlapping pauses are taken out once",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T10:20:00+01:00", "2026-03-13T10:40:00+01:00"},
      {"2026-03-13T10:10:00+01:00", "2026-03-13T10:30:00+01:00"}},
     "2026-03-13T11:30:00+01:00"},
    {"three pauses within a day add up",
     {"Europe/Madrid", kOffice},
     "2026-03-13T09:00:00+01:00",
     absl::Hours(3),
     {{"2026-03-13T09:30:00+01:00", "2026-03-13T10:00:00+01:00"},
      {"2026-03-13T11:00:00+01:00", "2026-03-13T11:10:00+01:00"},
      {"2026-03-13T12:00:00+01:00", "2026-03-13T12:20:00+01:00"}},
     "2026-03-13T13:00:00+01:00"},
    {"a pause that begins as the budget is used up changes nothing",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T11:00:00+01:00", "2026-03-13T12:00:00+01:00"}},
     "2026-03-13T11:00:00+01:00"},
    {"a clock created in a pause begins when the pause ends",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T10:00:00+01:00", "2026-03-13T12:00:00+01:00"}},
     "2026-03-13T13:00:00+01:00"},
    {"a pause before the start does not matter",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T09:00:00+01:00", "2026-03-13T09:30:00+01:00"}},
     "2026-03-13T11:00:00+01:00"},
    {"a reversed pause is empty",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T10:30:00+01:00", "2026-03-13T10:10:00+01:00"}},
     "2026-03-13T11:00:00+01:00"},
    {"a pause up to the closing second ends the day's work where it began",
     {"Europe/Madrid", kOffice},
     "2026-03-13T16:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T16:30:00+01:00", "2026-03-13T17:00:00+01:00"}},
     "2026-03-16T09:30:00+01:00"},
    {"a pause from the opening second delays the opening",
     {"Europe/Madrid", kOffice},
     "2026-03-13T08:00:00+01:00",
     absl::Hours(1),
     {{"2026-03-13T09:00:00+01:00", "2026-03-13T09:15:00+01:00"}},
     "2026-03-13T10:15:00+01:00"},
    {"zero inside a pause is the end of the pause",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::ZeroDuration(),
     {{"2026-03-13T09:30:00+01:00", "2026-03-13T11:00:00+01:00"}},
     "2026-03-13T11:00:00+01:00"},
    {"zero inside a pause that lasts till closing is the next opening",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     absl::ZeroDuration(),
     {{"2026-03-13T09:30:00+01:00", "2026-03-13T17:00:00+01:00"}},
     "2026-03-16T09:00:00+01:00"},
};

TEST(BusinessTimeTest, AddsAsTheSentencesSay) {
  for (const AddCase& c : kAddCases) {
    SCOPED_TRACE(c.sentence);
    const BusinessTime business = c.hours.Compile();
    const absl::Time got = business.Add(At(c.start), c.duration, Read(c.pauses));
    EXPECT_EQ(FormatInstant(got, business.zone()), FormatInstant(At(c.want), business.zone()));
    // What was added is what lies between.
    EXPECT_EQ(business.Between(At(c.start), got, Read(c.pauses)), c.duration);
  }
}

struct BetweenCase {
  const char* sentence;
  Hours hours;
  const char* from;
  const char* to;
  Pauses pauses;
  absl::Duration want;
};

const BetweenCase kBetweenCases[] = {
    {"a reversed interval is zero",
     {"Europe/Madrid", kOffice},
     "2026-03-13T12:00:00+01:00",
     "2026-03-13T10:00:00+01:00",
     {},
     absl::ZeroDuration()},
    {"an empty interval is zero",
     {"Europe/Madrid", kOffice},
     "2026-03-13T12:00:00+01:00",
     "2026-03-13T12:00:00+01:00",
     {},
     absl::ZeroDuration()},
    {"a weekend is zero",
     {"Europe/Madrid", kOffice},
     "2026-03-13T17:00:00+01:00",
     "2026-03-16T09:00:00+01:00",
     {},
     absl::ZeroDuration()},
    {"a day of 25 hours has 25 hours",
     {"Europe/Madrid", kAlways},
     "2026-10-25T00:00:00+02:00",
     "2026-10-26T00:00:00+01:00",
     {},
     absl::Hours(25)},
    {"a day of 23 hours has 23 hours",
     {"Europe/Madrid", kAlways},
     "2026-03-29T00:00:00+01:00",
     "2026-03-30T00:00:00+02:00",
     {},
     absl::Hours(23)},
    {"the repeated hour at the end of Cairo's day belongs to the day",
     {"Africa/Cairo", "thu 20:00-24:00"},
     "2026-10-29T00:00:00+03:00",
     "2026-10-31T00:00:00+02:00",
     {},
     absl::Hours(5)},
    {"the repeated hour at the beginning of Havana's day does not belong to the day before",
     {"America/Havana", "sat 20:00-24:00"},
     "2026-10-31T00:00:00-04:00",
     "2026-11-02T00:00:00-05:00",
     {},
     absl::Hours(4)},
    {"the year 2026 has 261 weekdays of eight hours",
     {"Europe/Madrid", kOffice},
     "2026-01-01T00:00:00+01:00",
     "2027-01-01T00:00:00+01:00",
     {},
     absl::Hours(261 * 8)},
    {"a paused clock stands still",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     "2026-03-13T12:00:00+01:00",
     {{"2026-03-13T10:00:00+01:00", "2026-03-13T12:00:00+01:00"}},
     absl::ZeroDuration()},
    {"a pause longer than the interval leaves nothing, not less",
     {"Europe/Madrid", kOffice},
     "2026-03-13T10:00:00+01:00",
     "2026-03-13T12:00:00+01:00",
     {{"2026-03-12T10:00:00+01:00", "2026-03-14T12:00:00+01:00"}},
     absl::ZeroDuration()},
};

TEST(BusinessTimeTest, MeasuresAsTheSentencesSay) {
  for (const BetweenCase& c : kBetweenCases) {
    SCOPED_TRACE(c.sentence);
    const BusinessTime business = c.hours.Compile();
    EXPECT_EQ(business.Between(At(c.from), At(c.to), Read(c.pauses)), c.want);
  }
}

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
