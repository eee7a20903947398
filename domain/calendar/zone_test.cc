#include "domain/calendar/zone.h"

#include <absl/time/time.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "domain/calendar/calendar_fixture.h"
#include "domain/calendar/posix_rule.h"

namespace plazo::calendar {
namespace {

using ::testing::HasSubstr;

LocalSeconds Local(int year, int month, int day, int hour = 0, int minute = 0) {
  return DayOf(absl::CivilDay(year, month, day)) * kSecondsPerDay + hour * 3600 + minute * 60;
}

UtcSeconds Utc(std::string_view rfc3339) { return absl::ToUnixSeconds(At(rfc3339)); }

// Every canonical zone of the machine's database.
std::set<std::string> AllZones() {
  std::set<std::string> names;
  std::ifstream file(std::string(kZoneinfoDirectory) + "/zone1970.tab");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string country, coordinates, name;
    fields >> country >> coordinates >> name;
    names.insert(name);
  }
  return names;
}

TEST(ZoneTest, AgreesWithAnotherReaderOfTheDatabaseForEveryZone) {
  const std::set<std::string> zones = AllZones();
  ASSERT_GT(zones.size(), 250u);
  std::mt19937_64 random(20260329);
  for (const std::string& name : zones) {
    SCOPED_TRACE(name);
    const policy::v1::ZoneTable table = TableOf(name);
    const Zone zone = Must(Zone::Compile(table));
    absl::TimeZone other;
    ASSERT_TRUE(absl::LoadTimeZone(name, &other));
    std::vector<UtcSeconds> instants;
    for (const auto& transition : table.transitions()) {
      for (int d : {-1, 0, 1}) instants.push_back(transition.utc_seconds() + d);
    }
    // 1900..2150: also the years that only the rule knows.
    std::uniform_int_distribution<UtcSeconds> any(-2208988800, 5680281600);
    for (int i = 0; i < 200; ++i) instants.push_back(any(random));
    for (UtcSeconds at : instants) {
      ASSERT_EQ(zone.OffsetAt(at), other.At(absl::FromUnixSeconds(at)).offset) << at;
    }
  }
}

TEST(ZoneTest, LeavesOutWhatTheRuleYields) {
  const policy::v1::ZoneTable madrid = TableOf("Europe/Madrid");
  EXPECT_EQ(madrid.posix_rule(), "CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_LT(madrid.transitions(madrid.transitions_size() - 1).utc_seconds(),
            Utc("1999-01-01T00:00:00Z"));
  EXPECT_EQ(TableOf("America/Bogota").posix_rule(), "<-05>5");
}

TEST(ZoneTest, ATableTrimmedOrNotIsTheSameZone) {
  policy::v1::ZoneTable longer = TableOf("Europe/Rome");
  const Zone trimmed = Must(Zone::Compile(longer));
  for (const Transition& t : Must(PosixRule::Parse(longer.posix_rule())).Transitions(1990, 2037)) {
    if (t.at <= longer.transitions(longer.transitions_size() - 1).utc_seconds()) continue;
    auto* added = longer.add_transitions();
    added->set_utc_seconds(t.at);
    added->set_offset_seconds(static_cast<int32_t>(t.offset_seconds));
  }
  ASSERT_GT(longer.transitions_size(), TableOf("Europe/Rome").transitions_size() + 60);
  const Zone written_out = Must(Zone::Compile(longer));
  for (UtcSeconds at = 0; at < Utc("2100-01-01T00:00:00Z"); at += 86400) {
    ASSERT_EQ(trimmed.OffsetAt(at), written_out.OffsetAt(at)) << at;
  }
}

TEST(ZoneTest, AnOpeningInsideAGapStartsWhereTheGapEnds) {
  const Zone madrid = ZoneOf("Europe/Madrid");
  EXPECT_EQ(madrid.Opens(Local(2026, 3, 29, 2, 30)), Utc("2026-03-29T03:00:00+02:00"));
  EXPECT_EQ(madrid.Closes(Local(2026, 3, 29, 2, 30)), Utc("2026-03-29T03:00:00+02:00"));
  EXPECT_EQ(madrid.Opens(Local(2026, 3, 29, 2, 0)), Utc("2026-03-29T03:00:00+02:00"));
  EXPECT_EQ(madrid.Opens(Local(2026, 3, 29, 1, 59)), Utc("2026-03-29T01:59:00+01:00"));
}

TEST(ZoneTest, ARepeatedHourOpensAtItsFirstAndClosesAtItsLastOccurrence) {
  const Zone madrid = ZoneOf("Europe/Madrid");
  EXPECT_EQ(madrid.Opens(Local(2026, 10, 25, 2, 30)), Utc("2026-10-25T02:30:00+02:00"));
  EXPECT_EQ(madrid.Closes(Local(2026, 10, 25, 2, 30)), Utc("2026-10-25T02:30:00+01:00"));
}

TEST(ZoneTest, TheEdgesOfARepeatedHourAreNotRepeated) {
  const Zone madrid = ZoneOf("Europe/Madrid");
  // All that lies before 02:00 has passed for good when 02:00 shows for the first time.
  EXPECT_EQ(madrid.Closes(Local(2026, 10, 25, 2, 0)), Utc("2026-10-25T02:00:00+02:00"));
  EXPECT_EQ(madrid.Opens(Local(2026, 10, 25, 3, 0)), Utc("2026-10-25T03:00:00+01:00"));
  // Havana repeats the first hour of the day: the day before still ends at its own midnight.
  const Zone havana = ZoneOf("America/Havana");
  EXPECT_EQ(havana.Closes(Local(2026, 11, 1)), Utc("2026-11-01T00:00:00-04:00"));
  EXPECT_EQ(havana.Opens(Local(2026, 11, 1)), Utc("2026-11-01T00:00:00-04:00"));
}

TEST(ZoneTest, ADateThatWasSkippedHasNoTime) {
  const Zone apia = ZoneOf("Pacific/Apia");
  EXPECT_EQ(apia.Opens(Local(2011, 12, 30)), apia.Closes(Local(2011, 12, 31)));
  EXPECT_EQ(apia.Opens(Local(2011, 12, 30, 9)), Utc("2011-12-31T00:00:00+14:00"));
}

TEST(ZoneTest, TellsWhereTheOffsetChanges) {
  const Zone madrid = ZoneOf("Europe/Madrid");
  const UtcSeconds change = Utc("2026-03-29T01:00:00Z");
  EXPECT_TRUE(madrid.ChangesWithin(change, change));
  EXPECT_TRUE(madrid.ChangesWithin(change - 5, change + 5));
  EXPECT_FALSE(madrid.ChangesWithin(change + 1, change + 86400));
  EXPECT_FALSE(madrid.ChangesWithin(change - 86400, change - 1));
}

TEST(ZoneTest, RefusesATableItCannotTrust) {
  policy::v1::ZoneTable table;
  table.set_name("X/Y");
  table.set_posix_rule("CET-1CEST,M13.5.0,M10.5.0/3");
  EXPECT_THAT(std::string(Zone::Compile(table).status().message()),
              HasSubstr("a number from 1 to 12"));
  table.set_posix_rule("");
  table.set_initial_offset_seconds(27 * 3600);
  EXPECT_FALSE(Zone::Compile(table).ok());
  table.set_initial_offset_seconds(0);
  for (int i = 0; i < 2; ++i) table.add_transitions()->set_utc_seconds(100);
  EXPECT_FALSE(Zone::Compile(table).ok());
}

struct RuleCase {
  const char* name;
  const char* rule;
  int year;
  const char* begins;  // null: no daylight saving
  const char* ends;
};

TEST(PosixRuleTest, YieldsTheTransitionsOfAYear) {
  const RuleCase kCases[] = {
      {"Madrid", "CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29T01:00:00Z",
       "2026-10-25T01:00:00Z"},
      {"Cairo, last Friday and Thursday 24:00", "EET-2EEST,M4.5.5/0,M10.5.4/24", 2026,
       "2026-04-23T22:00:00Z", "2026-10-29T21:00:00Z"},
      {"Nuuk, negative hour", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29T01:00:00Z",
       "2026-10-25T01:00:00Z"},
      {"Lord Howe, half an hour", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026,
       "2026-10-03T15:30:00Z", "2026-04-04T15:00:00Z"},
      {"by day of the year, leap day never counted", "AAA0BBB,J60/0,J300/0", 2028,
       "2028-03-01T00:00:00Z", "2028-10-26T23:00:00Z"},
      {"by day of the year from zero", "AAA0BBB,59/0,300/0", 2028, "2028-02-29T00:00:00Z",
       "2028-10-26T23:00:00Z"},
      {"Bogota", "<-05>5", 2026, nullptr, nullptr},
  };
  for (const RuleCase& c : kCases) {
    SCOPED_TRACE(c.name);
    std::vector<UtcSeconds> want;
    if (c.begins != nullptr) want = {Utc(c.begins), Utc(c.ends)};
    std::sort(want.begin(), want.end());
    std::vector<UtcSeconds> got;
    for (const Transition& t : Must(PosixRule::Parse(c.rule)).Transitions(c.year, c.year)) {
      got.push_back(t.at);
    }
    EXPECT_EQ(got, want);
  }
}

TEST(PosixRuleTest, RefusesWhatIsNoRule) {
  for (const char* text : {"", "C", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1x",
                           "CET-1CEST,J0,J1", "CET-1CEST,M3.5.0/168,M10.5.0", "<CET-1"}) {
    EXPECT_FALSE(PosixRule::Parse(text).ok()) << text;
  }
}

TEST(ZoneinfoTest, RefusesNamesThatCouldLeaveTheDirectory) {
  for (const char* name : {"", "/etc/passwd", "../../etc/passwd", "Europe/../Europe/Madrid",
                           "Europe/", "Europe//Madrid", "Europe", "Mars/Olympus", "a\nb"}) {
    EXPECT_FALSE(ReadZoneinfo(name).ok()) << name;
  }
  EXPECT_FALSE(ReadZoneinfo("Europe/Madrid", "/nonexistent").ok());
}

}  // namespace
}  // namespace plazo::calendar
