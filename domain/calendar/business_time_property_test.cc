// Business time against an oracle that walks seconds (wall_clock_oracle.h), around every kind of
// clock change. A failure prints the seed, the calendar and the instants.

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <random>

#include "domain/calendar/calendar_fixture.h"
#include "domain/calendar/wall_clock_oracle.h"

namespace plazo::calendar {
namespace {

constexpr int64_t kMargin = 60 * 3600;
constexpr int64_t kReach = 2 * 86400;

uint64_t Seed() {
  const char* given = std::getenv("PLAZO_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20260329;
}

// Uniform, both ends included.
using AnyNumber = std::function<int64_t(int64_t, int64_t)>;

struct Window {
  const char* what;
  const char* zone;
  const char* around;  // the middle of the days that are walked
};

constexpr Window kWindows[] = {
    {"Madrid springs forward", "Europe/Madrid", "2026-03-29T01:00:00Z"},
    {"Madrid falls back", "Europe/Madrid", "2026-10-25T01:00:00Z"},
    {"Rome falls back", "Europe/Rome", "2027-10-31T01:00:00Z"},
    {"Kyiv springs forward", "Europe/Kyiv", "2026-03-29T01:00:00Z"},
    {"Bogota has a plain Sunday", "America/Bogota", "2026-07-19T17:00:00Z"},
    {"Lord Howe falls back half an hour", "Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
    {"Lord Howe springs forward half an hour", "Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
    {"Apia skips a date", "Pacific/Apia", "2011-12-30T10:00:00Z"},
    {"Cairo loses the first hour of a Friday", "Africa/Cairo", "2026-04-23T22:00:00Z"},
    {"Cairo repeats the last hour of a Thursday", "Africa/Cairo", "2026-10-29T21:00:00Z"},
    {"Sao Paulo loses a midnight", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
    {"Sao Paulo repeats an hour before midnight", "America/Sao_Paulo", "2018-02-18T02:00:00Z"},
    {"Havana repeats the first hour of a day", "America/Havana", "2026-11-01T05:00:00Z"},
};

std::vector<policy::v1::Calendar> Calendars(const std::string& zone, absl::Time around) {
  std::vector<policy::v1::Calendar> all = {
      Weekly(zone, "mon-fri 09:00-17:00"),
      Weekly(zone, "mon-sun 00:00-24:00"),
      Weekly(zone, "mon-fri 09:00-13:30 15:00-18:15:30, sat 10:00-14:00"),
      Weekly(zone, "mon-sun 22:00-06:00"),
      Weekly(zone, "mon-sun 01:30-02:30 23:15-00:45"),
      Weekly(zone, "sun 02:30-10:00"),
      Weekly(zone,
             "mon 09:00-20:00, tue 08:00-17:00, thu 00:30-03:00, fri 12:00-12:01, sat 23:59-24:00"),
  };
  // The same with exceptions on and around the change.
  auto date = [&](int days) {
    const absl::CivilDay day =
        absl::ToCivilDay(around + absl::Hours(24 * days), absl::UTCTimeZone());
    return absl::FormatCivilTime(day);
  };
  for (size_t i = 0, n = all.size(); i < n; ++i) {
    policy::v1::Calendar with = all[i];
    AddHoliday(with, date(0) + " change-day");
    // Half of them have that exception alone, so that the week after is a regular one.
    if (i % 2 == 0) {
      AddHoliday(with, date(1).substr(5) + " yearly");
      AddHoliday(with, date(-1) + " half-day 13:00-02:20");
      AddOverride(with, date(2) + " 10:00-12:00 21:00-03:00");
    }
    all.push_back(with);
  }
  return all;
}

// What the oracle counts, with pauses already taken out.
class Walked {
 public:
  Walked(int64_t first, std::vector<char> open, const std::vector<Interval>& pauses)
      : first_(first), open_before_{0} {
    open_before_.reserve(open.size() + 1);
    for (const Interval& pause : pauses) {
      for (int64_t t = absl::ToUnixSeconds(pause.from); t < absl::ToUnixSeconds(pause.to); ++t) {
        if (t >= first_ && t < first_ + static_cast<int64_t>(open.size())) open[t - first_] = 0;
      }
    }
    for (char is_open : open) open_before_.push_back(open_before_.back() + is_open);
  }

  int64_t Between(int64_t from, int64_t to) const {
    return open_before_[to - first_] - open_before_[from - first_];
  }

  // The end of the second that used up the budget; with none, the first open second. -1: beyond the
  // walk.
  int64_t Add(int64_t start, int64_t budget) const {
    const int64_t target = open_before_[start - first_] + std::max(budget, int64_t{1});
    const auto end = std::lower_bound(open_before_.begin(), open_before_.end(), target);
    if (end == open_before_.end()) return -1;
    return first_ + (end - open_before_.begin()) - (budget == 0 ? 1 : 0);
  }

  // Seconds at which open turns closed or back.
  std::vector<int64_t> Edges() const {
    std::vector<int64_t> edges;
    for (size_t i = 2; i < open_before_.size(); ++i) {
      const int64_t now = open_before_[i] - open_before_[i - 1];
      if (now != open_before_[i - 1] - open_before_[i - 2]) {
        edges.push_back(first_ + static_cast<int64_t>(i) - 1);
      }
    }
    return edges;
  }

 private:
  int64_t first_;
  std::vector<int64_t> open_before_;
};

class BusinessTimePropertyTest : public testing::TestWithParam<Window> {
 protected:
  void SetUp() override {
    around_ = At(GetParam().around);
    from_ = absl::ToUnixSeconds(around_) - kReach;
    to_ = absl::ToUnixSeconds(around_) + kReach;
    const int year = static_cast<int>(absl::ToCivilYear(around_, absl::UTCTimeZone()).year());
    horizon_ = {year - 1, year + 1};
    random_.seed(Seed());
  }

  std::vector<Interval> AnyPauses() {
    std::vector<Interval> pauses;
    for (int64_t n = any_(0, 4); n > 0; --n) {
      const int64_t from = any_(from_ - 7200, to_);
      // From two in one minute to several days.
      const int64_t length = any_(0, 1) == 0 ? any_(-5, 40) : any_(0, 3 * 86400);
      pauses.push_back({absl::FromUnixSeconds(from), absl::FromUnixSeconds(from + length)});
      if (any_(0, 2) == 0) {
        pauses.push_back(
            {absl::FromUnixSeconds(from + length + 10), absl::FromUnixSeconds(from + length + 20)});
      }
    }
    return pauses;
  }

  void Check(const BusinessTime& business, const Walked& walked, int64_t start, int64_t other,
             int64_t budget, const std::vector<Interval>& pauses) {
    const absl::Time t = absl::FromUnixSeconds(start);
    ASSERT_EQ(absl::ToInt64Seconds(business.Between(t, absl::FromUnixSeconds(other), pauses)),
              start < other ? walked.Between(start, other) : 0)
        << t << " .. " << absl::FromUnixSeconds(other);
    const int64_t want = walked.Add(start, budget);
    // Beyond the walk there is nothing to compare with.
    if (want < 0 || want > to_) return;
    ASSERT_EQ(absl::ToUnixSeconds(business.Add(t, absl::Seconds(budget), pauses)), want)
        << t << " + " << budget << " s";
  }

  // Without the margins of which the oracle is not sure.
  static std::vector<char> Core(const std::vector<char>& open) {
    return {open.begin() + kMargin, open.end() - kMargin};
  }

  // Openings and closings to the second.
  void CheckEdges(const BusinessTime& business, const Walked& walked) {
    for (int64_t edge : walked.Edges()) {
      if (edge <= from_ + 1 || edge >= to_ - 1) continue;
      for (int64_t d : {-1, 0, 1}) {
        Check(business, walked, edge + d, any_(from_, to_), any_(0, 3), {});
        Check(business, walked, any_(from_, edge), edge + d, any_(0, 86400), {});
        const absl::Time t = absl::FromUnixSeconds(edge + d);
        ASSERT_EQ(business.IsOpen(t), walked.Between(edge + d, edge + d + 1) == 1) << t;
      }
    }
  }

  absl::Time around_;
  Horizon horizon_;  // the years around, as compiling takes most of the time
  int64_t from_ = 0;
  int64_t to_ = 0;
  std::mt19937_64 random_;
  AnyNumber any_ = [this](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  };
};

TEST_P(BusinessTimePropertyTest, AgreesWithAWalkThroughEverySecond) {
  const WallClock wall = WallClockOf(GetParam().zone, from_ - kMargin, to_ + kMargin);
  for (const policy::v1::Calendar& calendar : Calendars(GetParam().zone, around_)) {
    SCOPED_TRACE("seed " + std::to_string(Seed()) + "\n" + calendar.ShortDebugString());
    const BusinessTime business = Compiled(calendar, horizon_);
    const std::vector<char> open = Core(OpenSeconds(calendar, wall));
    const Walked unpaused(from_, open, {});
    ASSERT_NO_FATAL_FAILURE(CheckEdges(business, unpaused));
    for (int i = 0; i < 5; ++i) {
      const std::vector<Interval> pauses = AnyPauses();
      const Walked walked(from_, open, pauses);
      for (int k = 0; k < 4; ++k) {
        const int64_t budget = any_(0, 3) == 0 ? any_(0, 100) : any_(0, 86400);
        Check(business, walked, any_(from_, to_), any_(from_, to_), budget, pauses);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(BusinessTimePropertyTest, TheAccountAddsUp) {
  for (const policy::v1::Calendar& calendar : Calendars(GetParam().zone, around_)) {
    SCOPED_TRACE("seed " + std::to_string(Seed()) + "\n" + calendar.ShortDebugString());
    const BusinessTime business = Compiled(calendar, horizon_);
    for (int i = 0; i < 8; ++i) {
      const std::vector<Interval> pauses = AnyPauses();
      const absl::Time from = absl::FromUnixMillis(any_(from_ * 1000, to_ * 1000));
      const absl::Time to = from + absl::Milliseconds(any_(1, 4 * 86400 * 1000));
      const Explanation account = business.Explain(from, to, pauses);
      ASSERT_TRUE(account.complete);
      ASSERT_EQ(account.counted, business.Between(from, to, pauses));
      ASSERT_EQ(account.segments.back().to, to);
      for (size_t k = 0; k < account.segments.size(); ++k) {
        const Segment& segment = account.segments[k];
        const absl::Time previous = k > 0 ? account.segments[k - 1].to : from;
        ASSERT_EQ(segment.from, previous);
        ASSERT_EQ(business.Between(segment.from, segment.to, pauses),
                  segment.counted() ? segment.to - segment.from : absl::ZeroDuration())
            << segment.from << " .. " << segment.to;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Zones, BusinessTimePropertyTest, testing::ValuesIn(kWindows),
                         [](const testing::TestParamInfo<Window>& window) {
                           std::string name = window.param.what;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// A zone that nobody has: clocks change by any amount at about midnight between two weeks or days.
// Whatever a government decides must not find a week that is taken for a regular one.
policy::v1::ZoneTable InventedZone(int64_t midnight, const AnyNumber& any) {
  policy::v1::ZoneTable table;
  table.set_name("Invented/Zone");
  const int64_t offset = any(-12, 12) * 1800;
  table.set_initial_offset_seconds(static_cast<int32_t>(offset));
  auto* transition = table.add_transitions();
  transition->set_utc_seconds(midnight - offset + any(-4, 4) * 900);
  transition->set_offset_seconds(static_cast<int32_t>(offset + any(-8, 8) * 900));
  if (any(0, 3) == 0) {
    auto* second = table.add_transitions();
    second->set_utc_seconds(transition->utc_seconds() + any(1, 200) * 900);
    second->set_offset_seconds(static_cast<int32_t>(offset + any(-8, 8) * 900));
  }
  return table;
}

// Hours of any length, most of them near midnight.
policy::v1::Calendar InventedHours(const AnyNumber& any) {
  policy::v1::Calendar calendar = Weekly("Invented/Zone", "wed 12:00-12:30");
  auto quarter_hour = [&any] { return any(0, 2) == 0 ? any(0, 95) : any(90, 100) % 96; };
  for (int weekday = 1; weekday <= 7; ++weekday) {
    for (int64_t n = any(0, 2); n > 0; --n) {
      policy::v1::WeeklyHours* weekly = calendar.add_weekly();
      weekly->add_weekdays(static_cast<policy::v1::Weekday>(weekday));
      policy::v1::LocalInterval* hours = weekly->add_intervals();
      hours->set_start_second(static_cast<uint32_t>(quarter_hour() * 900));
      hours->set_end_second(static_cast<uint32_t>((quarter_hour() + 1) * 900));
      if (hours->start_second() == hours->end_second()) hours->set_end_second(43201);
    }
  }
  return calendar;
}

class InventedZoneTest : public BusinessTimePropertyTest {};

TEST_P(InventedZoneTest, AgreesWithAWalkThroughEverySecond) {
  for (int round = 0; round < 10; ++round) {
    const policy::v1::ZoneTable table = InventedZone(absl::ToUnixSeconds(around_), any_);
    const WallClock wall(
        [&table](int64_t t) {
          int64_t offset = table.initial_offset_seconds();
          for (const auto& change : table.transitions()) {
            if (change.utc_seconds() <= t) offset = change.offset_seconds();
          }
          return absl::CivilSecond(1970, 1, 1) + t + offset;
        },
        from_ - kMargin, to_ + kMargin);
    for (int k = 0; k < 8; ++k) {
      const policy::v1::Calendar calendar = InventedHours(any_);
      SCOPED_TRACE("seed " + std::to_string(Seed()) + " round " + std::to_string(round) + "\n" +
                   calendar.ShortDebugString() + "\n" + table.ShortDebugString());
      const BusinessTime business = Must(BusinessTime::Compile(calendar, table, horizon_));
      const Walked walked(from_, Core(OpenSeconds(calendar, wall)), {});
      ASSERT_NO_FATAL_FAILURE(CheckEdges(business, walked));
      const Explanation account =
          business.Explain(absl::FromUnixSeconds(from_), absl::FromUnixSeconds(to_));
      ASSERT_EQ(absl::ToInt64Seconds(account.counted), walked.Between(from_, to_));
      ASSERT_EQ(account.segments.front().from, absl::FromUnixSeconds(from_));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Midnights, InventedZoneTest,
                         testing::Values(Window{"Before_Monday", "", "2026-07-20T00:00:00Z"},
                                         Window{"Before_Sunday", "", "2026-07-19T00:00:00Z"}),
                         [](const testing::TestParamInfo<Window>& window) {
                           return std::string(window.param.what);
                         });

// Years apart, where the walk would take too long: the parts must add up to the whole, and both
// directions agree.
TEST(BusinessTimeLawTest, HoldOverDecades) {
  std::mt19937_64 random(Seed());
  for (const char* zone :
       {"Europe/Madrid", "America/Bogota", "Australia/Lord_Howe", "Africa/Cairo"}) {
    policy::v1::Calendar calendar =
        Weekly(zone, "mon-fri 08:00-12:00 13:00-18:00, sat 22:00-03:00");
    AddHoliday(calendar, "12-25 Christmas");
    AddHoliday(calendar, "02-29 leap");
    AddOverride(calendar, "2026-04-03 10:00-11:00");
    const BusinessTime business = Compiled(calendar);
    std::uniform_int_distribution<int64_t> any(absl::ToUnixNanos(At("2001-01-01T00:00:00Z")),
                                               absl::ToUnixNanos(At("2090-01-01T00:00:00Z")));
    for (int i = 0; i < 20000; ++i) {
      const absl::Time a = absl::FromUnixNanos(any(random));
      const absl::Time b = absl::FromUnixNanos(any(random));
      const absl::Time c = absl::FromUnixNanos(any(random));
      const absl::Time first = std::min({a, b, c}), last = std::max({a, b, c});
      const absl::Time middle = std::max(std::min(a, b), std::min(std::max(a, b), c));
      const absl::Duration whole = business.Between(first, last);
      ASSERT_EQ(whole, business.Between(first, middle) + business.Between(middle, last));
      const absl::Time reached = business.Add(first, whole);
      ASSERT_LE(reached, last) << "seed " << Seed();
      ASSERT_EQ(business.Between(first, reached), whole);
      ASSERT_EQ(business.Between(reached, last), absl::ZeroDuration());
      if (whole > absl::ZeroDuration()) {
        ASSERT_LT(business.Between(first, reached - absl::Nanoseconds(1)), whole);
      }
    }
  }
}

}  // namespace
}  // namespace plazo::calendar
