// Business time against an oracle that walks seconds (wall_clock_oracle.h), around every kind of
// clock change. A failure prints the seed, the calendar and the instants.

#include <gtest/gtest.h>

#include <cstdlib>
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
    {"Bogota never changes", "America/Bogota", "2026-07-20T05:00:00Z"},
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
  for (size_t i = 0, n = all.size(); i < n; i += 2) {
    policy::v1::Calendar with = all[i];
    AddHoliday(with, date(0) + " change-day");
    AddHoliday(with, date(1).substr(5) + " yearly");
    AddHoliday(with, date(-1) + " half-day 13:00-02:20");
    AddOverride(with, date(2) + " 10:00-12:00 21:00-03:00");
    all.push_back(with);
  }
  return all;
}

// What the oracle counts, as prefix sums of seconds, with pauses already taken out.
class Walked {
 public:
  Walked(int64_t first, std::vector<char> open, const std::vector<Interval>& pauses)
      : first_(first), open_(std::move(open)) {
    for (const Interval& pause : pauses) {
      for (int64_t t = absl::ToUnixSeconds(pause.from); t < absl::ToUnixSeconds(pause.to); ++t) {
        if (t >= first_ && t < first_ + static_cast<int64_t>(open_.size())) open_[t - first_] = 0;
      }
    }
  }

  int64_t Between(int64_t from, int64_t to) const {
    int64_t n = 0;
    for (int64_t t = from; t < to; ++t) n += open_[t - first_];
    return n;
  }

  // The end of the second that used up the budget; -1 when it lies beyond the walk.
  int64_t Add(int64_t start, int64_t budget) const {
    for (int64_t t = start; t < first_ + static_cast<int64_t>(open_.size()); ++t) {
      if (budget == 0 && open_[t - first_]) return t;
      if (open_[t - first_] && --budget == 0) return t + 1;
    }
    return -1;
  }

  // Seconds at which open turns closed or back.
  std::vector<int64_t> Edges() const {
    std::vector<int64_t> edges;
    for (size_t i = 1; i < open_.size(); ++i) {
      if (open_[i] != open_[i - 1]) edges.push_back(first_ + static_cast<int64_t>(i));
    }
    return edges;
  }

 private:
  int64_t first_;
  std::vector<char> open_;
};

class BusinessTimePropertyTest : public testing::TestWithParam<Window> {
 protected:
  void SetUp() override {
    around_ = At(GetParam().around);
    from_ = absl::ToUnixSeconds(around_) - kReach;
    to_ = absl::ToUnixSeconds(around_) + kReach;
    random_.seed(Seed());
  }

  int64_t Any(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  std::vector<Interval> AnyPauses() {
    std::vector<Interval> pauses;
    for (int64_t n = Any(0, 4); n > 0; --n) {
      const int64_t from = Any(from_ - 7200, to_);
      // From two in one minute to several days.
      const int64_t length = Any(0, 1) == 0 ? Any(-5, 40) : Any(0, 3 * 86400);
      pauses.push_back({absl::FromUnixSeconds(from), absl::FromUnixSeconds(from + length)});
      if (Any(0, 2) == 0) {
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

  absl::Time around_;
  int64_t from_ = 0;
  int64_t to_ = 0;
  std::mt19937_64 random_;
};

TEST_P(BusinessTimePropertyTest, AgreesWithAWalkThroughEverySecond) {
  const WallClock wall(GetParam().zone, from_ - kMargin, to_ + kMargin);
  for (const policy::v1::Calendar& calendar : Calendars(GetParam().zone, around_)) {
    SCOPED_TRACE("seed " + std::to_string(Seed()) + "\n" + calendar.ShortDebugString());
    const BusinessTime business = Compiled(calendar, {2010, 2030});
    const std::vector<char> open = OpenSeconds(calendar, wall);
    const Walked unpaused(wall.first_second, open, {});
    // Openings and closings to the second.
    for (int64_t edge : unpaused.Edges()) {
      if (edge <= from_ || edge >= to_) continue;
      for (int64_t d : {-1, 0, 1}) {
        Check(business, unpaused, edge + d, Any(from_, to_), Any(0, 3), {});
        Check(business, unpaused, Any(from_, edge), edge + d, unpaused.Between(from_, edge), {});
        const absl::Time t = absl::FromUnixSeconds(edge + d);
        ASSERT_EQ(business.IsOpen(t), open[edge + d - wall.first_second] != 0) << t;
      }
    }
    for (int i = 0; i < 8; ++i) {
      const std::vector<Interval> pauses = AnyPauses();
      const Walked walked(wall.first_second, open, pauses);
      for (int k = 0; k < 4; ++k) {
        const int64_t budget = Any(0, 3) == 0 ? Any(0, 100) : Any(0, 86400);
        Check(business, walked, Any(from_, to_), Any(from_, to_), budget, pauses);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(BusinessTimePropertyTest, TheAccountAddsUp) {
  for (const policy::v1::Calendar& calendar : Calendars(GetParam().zone, around_)) {
    SCOPED_TRACE("seed " + std::to_string(Seed()) + "\n" + calendar.ShortDebugString());
    const BusinessTime business = Compiled(calendar, {2010, 2030});
    for (int i = 0; i < 20; ++i) {
      const std::vector<Interval> pauses = AnyPauses();
      const absl::Time from = absl::FromUnixMillis(Any(from_ * 1000, to_ * 1000));
      const absl::Time to = from + absl::Milliseconds(Any(1, 4 * 86400 * 1000));
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
