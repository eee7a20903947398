#include "domain/calendar/tzif.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "domain/calendar/calendar_fixture.h"
#include "domain/calendar/posix_rule.h"

namespace plazo::calendar {
namespace {

std::string BigEndian(int64_t value, int width) {
  std::string bytes;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
  return bytes;
}

// A TZif file of version 2 with one time type a transition.
std::string File(int64_t initial, const std::vector<Transition>& transitions,
                 const std::string& footer) {
  const auto header = [](size_t times, size_t types) {
    std::string bytes = "TZif2" + std::string(15, '\0');
    for (size_t count : {size_t{0}, size_t{0}, size_t{0}, times, types, size_t{4}}) {
      bytes += BigEndian(static_cast<int64_t>(count), 4);
    }
    return bytes;
  };
  const std::string abbreviation("XYZ\0", 4);
  std::string file = header(0, 1) + std::string(6, '\0') + abbreviation;
  file += header(transitions.size(), transitions.size() + 1);
  for (const Transition& t : transitions) file += BigEndian(t.at, 8);
  for (size_t i = 0; i < transitions.size(); ++i) file.push_back(static_cast<char>(i + 1));
  file += BigEndian(initial, 4) + std::string(2, '\0');
  for (const Transition& t : transitions) {
    file += BigEndian(t.offset_seconds, 4) + std::string(2, '\0');
  }
  return file + abbreviation + "\n" + footer + "\n";
}

UtcSeconds Utc(std::string_view rfc3339) { return absl::ToUnixSeconds(At(rfc3339)); }

TEST(TzifTest, PackagedFatOrSlimTheTableIsTheSame) {
  // Lisbon came back to its own time in two steps of 1996; the first changes a name but no offset,
  // and is where a slim file ends.
  const std::string rule = "WET0WEST,M3.5.0/1,M10.5.0";
  const std::vector<Transition> until_1995 = {{Utc("1995-03-26T01:00:00Z"), 7200},
                                              {Utc("1995-09-24T01:00:00Z"), 3600}};
  std::vector<Transition> slim = until_1995;
  slim.push_back({Utc("1996-03-31T01:00:00Z"), 3600});
  std::vector<Transition> fat = slim;
  for (const Transition& t : Must(PosixRule::Parse(rule)).Transitions(1996, 2037)) {
    if (t.at > slim.back().at) fat.push_back(t);
  }
  const auto from_slim = Must(ZoneTableFromTzif("X", File(3600, slim, rule), ""));
  const auto from_fat = Must(ZoneTableFromTzif("X", File(3600, fat, rule), ""));
  EXPECT_EQ(from_slim.DebugString(), from_fat.DebugString());
  // The rule takes over after October 1996, or it would end summer time in October 1995 once more.
  ASSERT_EQ(from_slim.transitions_size(), 3);
  EXPECT_EQ(from_slim.transitions(2).utc_seconds(), Utc("1996-10-27T01:00:00Z"));
  const Zone zone = Must(Zone::Compile(from_slim));
  EXPECT_EQ(zone.OffsetAt(Utc("1996-01-01T00:00:00Z")), 3600);
  EXPECT_EQ(zone.OffsetAt(Utc("2050-07-01T00:00:00Z")), 3600);
  EXPECT_EQ(zone.OffsetAt(Utc("2050-12-01T00:00:00Z")), 0);
}

TEST(TzifTest, RefusesEveryTruncationAndLeapSeconds) {
  const std::string whole = Must(ReadZoneinfo("Europe/Madrid"));
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ZoneTableFromTzif("X", whole.substr(0, length), "").ok()) << length;
  }
  const absl::StatusOr<std::string> leap = ReadZoneinfo("right/Europe/Madrid");
  if (leap.ok()) {
    EXPECT_FALSE(ZoneTableFromTzif("X", *leap, "").ok());
  }
  std::string with_leap = whole;
  with_leap[31] = 1;  // leap count of the first header
  EXPECT_FALSE(ZoneTableFromTzif("X", with_leap, "").ok());
}

TEST(TzifTest, TakesTransitionsOfAThousandYearsInOrder) {
  const UtcSeconds first = -(int64_t{1} << 34);
  const UtcSeconds last = int64_t{1} << 34;
  const auto read = [](const std::vector<Transition>& transitions) {
    return ZoneTableFromTzif("X", File(60, transitions, ""), "");
  };
  EXPECT_EQ(Must(read({{first, 3600}, {last, 0}})).transitions_size(), 2);
  // What lies before is how it always was, also at the very beginning of time.
  const auto before = Must(read({{first - 1, 3600}, {0, 0}}));
  EXPECT_EQ(before.initial_offset_seconds(), 3600);
  EXPECT_EQ(before.transitions_size(), 1);
  EXPECT_TRUE(read({{std::numeric_limits<int64_t>::min(), 3600}, {0, 0}}).ok());
  EXPECT_FALSE(read({{last + 1, 3600}}).ok());
  EXPECT_FALSE(read({{0, 3600}, {0, 0}}).ok());
  EXPECT_FALSE(read({{1, 3600}, {0, 0}}).ok());
}

TEST(TzifTest, RefusesATimeTypeThatIsNotThere) {
  std::string file = File(0, {{0, 3600}}, "");
  constexpr size_t kTypeIndex = 44 + 10 + 44 + 8;
  ASSERT_EQ(file[kTypeIndex], 1);
  file[kTypeIndex] = 2;
  EXPECT_FALSE(ZoneTableFromTzif("X", file, "").ok());
}

TEST(TzifTest, ATableThatTheRuleYieldsFromItsFirstTransitionKeepsThatOne) {
  const std::string rule = "CET-1CEST,M3.5.0,M10.5.0/3";
  const auto table = Must(ZoneTableFromTzif(
      "X", File(3600, Must(PosixRule::Parse(rule)).Transitions(1996, 2037), rule), ""));
  ASSERT_EQ(table.transitions_size(), 1);
  EXPECT_EQ(table.transitions(0).utc_seconds(), Utc("1996-03-31T01:00:00Z"));
}

TEST(TzifTest, AChangeThatTheFileLeavesOutIsNotTakenFromTheRule) {
  // Summer time was not begun in 2020, although the rule says so from that very instant on.
  const auto table = Must(ZoneTableFromTzif(
      "X",
      File(7200, {{Utc("2019-10-27T01:00:00Z"), 3600}, {Utc("2020-03-29T01:00:00Z"), 3600}},
           "CET-1CEST,M3.5.0,M10.5.0/3"),
      ""));
  ASSERT_EQ(table.transitions_size(), 2);
  EXPECT_EQ(table.transitions(1).utc_seconds(), Utc("2021-03-28T01:00:00Z"));
}

TEST(TzifTest, ReadsTheFirstVersionWhichHasNoFooter) {
  std::string file = "TZif" + std::string(16, '\0');
  for (int64_t count : {0, 0, 0, 1, 2, 4}) file += BigEndian(count, 4);
  file += BigEndian(-5, 4) + '\1';
  file += BigEndian(3600, 4) + std::string(2, '\0') + BigEndian(-7200, 4) + std::string(2, '\0');
  file += std::string("XYZ\0", 4);
  const auto table = Must(ZoneTableFromTzif("X", file, ""));
  EXPECT_EQ(table.initial_offset_seconds(), 3600);
  ASSERT_EQ(table.transitions_size(), 1);
  EXPECT_EQ(table.transitions(0).utc_seconds(), -5);
  EXPECT_EQ(table.transitions(0).offset_seconds(), -7200);
  EXPECT_EQ(table.posix_rule(), "");
}

TEST(TzifTest, SurvivesAnyDamage) {
  const std::string whole = Must(ReadZoneinfo("Europe/Madrid"));
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 3; ++k) damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto table = ZoneTableFromTzif("X", damaged, "");
    if (table.ok()) (void)Zone::Compile(*table).ok();
  }
}

}  // namespace
}  // namespace plazo::calendar
