#include "domain/calendar/text.h"

#include <gtest/gtest.h>

#include "domain/calendar/calendar_fixture.h"

namespace plazo::calendar {
namespace {

TEST(TextTest, ReadsTimesOfDay) {
  EXPECT_EQ(Must(ParseTimeOfDay("00:00")), 0u);
  EXPECT_EQ(Must(ParseTimeOfDay("9:05")), 32700u);
  EXPECT_EQ(Must(ParseTimeOfDay("23:59:59")), 86399u);
  EXPECT_EQ(Must(ParseTimeOfDay("24:00")), 86400u);
  for (const char* text : {"", "9", "09", "24:01", "25:00", "09:60", "09:00:60", "-1:00", "09:00 ",
                           " 09:00", "09:0", "009:00", "09.00", "24:00:01"}) {
    EXPECT_FALSE(ParseTimeOfDay(text).ok()) << text;
  }
}

TEST(TextTest, ReadsIntervals) {
  EXPECT_EQ(Must(ParseLocalInterval("22:00-06:00")).end_second(), 21600u);
  EXPECT_EQ(Must(ParseLocalInterval("00:00-24:00")).end_second(), 86400u);
  for (const char* text : {"", "09:00", "24:00-06:00", "09:00-09:00", "09:00-17:00-18:00"}) {
    EXPECT_FALSE(ParseLocalInterval(text).ok()) << text;
  }
}

TEST(TextTest, ReadsDates) {
  EXPECT_EQ(Must(ParseLocalDate("2026-12-25")).year(), 2026u);
  EXPECT_EQ(Must(ParseLocalDate("02-29")).year(), 0u);
  for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "0000-01-01",
                           "02-30", "2026-12-25x", "25.12.2026"}) {
    EXPECT_FALSE(ParseLocalDate(text).ok()) << text;
  }
}

TEST(TextTest, ReadsInstants) {
  const absl::Time want = absl::FromUnixSeconds(1774627200);
  for (const char* text :
       {"2026-03-27T16:00:00Z", "2026-03-27t16:00:00z", "2026-03-27 16:00:00Z",
        "2026-03-27T17:00:00+01:00", "2026-03-27T11:00:00-05:00", "2026-03-27T21:30:00+05:30",
        "2026-03-27T16:00:00.999999999999Z", "2026-03-27T15:59:60Z", "2026-03-27T16:00:00-00:00"}) {
    const auto got = ParseInstant(text);
    ASSERT_TRUE(got.ok()) << text << ": " << got.status();
    EXPECT_EQ(*got, want) << text;
  }
  for (const char* text :
       {"", "2026-03-27", "2026-03-27T16:00:00", "2026-03-27T16:00Z", "2026-02-29T16:00:00Z",
        "2026-03-27T24:00:00Z", "2026-03-27T16:60:00Z", "2026-03-27T16:00:61Z",
        "2026-03-27T16:00:00+0100", "2026-03-27T16:00:00+24:00", "2026-03-27T16:00:00.Z", "now",
        "2026-03-27T16:00:00Zx", "infinite-future"}) {
    EXPECT_FALSE(ParseInstant(text).ok()) << text;
  }
}

TEST(TextTest, WritesInstantsInTheZone) {
  const absl::Time t = At("2026-07-01T12:00:00Z") + absl::Milliseconds(900);
  EXPECT_EQ(FormatInstant(t, ZoneOf("Europe/Madrid")), "2026-07-01T14:00:00+02:00");
  EXPECT_EQ(FormatInstant(t, ZoneOf("America/Bogota")), "2026-07-01T07:00:00-05:00");
  EXPECT_EQ(FormatInstant(t, ZoneOf("Asia/Kathmandu")), "2026-07-01T17:45:00+05:45");
  EXPECT_EQ(FormatInstant(t, ZoneOf("America/St_Johns")), "2026-07-01T09:30:00-02:30");
  EXPECT_EQ(FormatInstant(t, ZoneOf("UTC")), "2026-07-01T12:00:00+00:00");
  // Monrovia was 44 minutes and 30 seconds behind until 1972.
  EXPECT_EQ(FormatInstant(At("1971-01-01T00:00:00Z"), ZoneOf("Africa/Monrovia")),
            "1970-12-31T23:16:00-00:44");
}

TEST(TextTest, ReadsWeekdays) {
  EXPECT_EQ(Must(ParseWeekday("Mon")), policy::v1::WEEKDAY_MONDAY);
  EXPECT_EQ(Must(ParseWeekday("sunday")), policy::v1::WEEKDAY_SUNDAY);
  EXPECT_FALSE(ParseWeekday("mo").ok());
}

}  // namespace
}  // namespace plazo::calendar
