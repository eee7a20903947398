#pragma once

// Business time: arithmetic in the hours that a calendar works, less the pauses of a clock.
//
//   Add(Fri 16:00, 2 h) with Mon-Fri 9-17 = Mon 10:00.
//
// Conventions. Intervals are half open: the closing second is closed. Using up the day ends at
// closing time, zero from a closed moment is the next opening, a reversed interval is 0, a day of
// 25 hours has 25 hours (zone.h says what becomes of openings and closings where clocks change). A
// pause takes its working time out, wherever it lies; pauses may overlap, come in any order, and be
// reversed (then they are empty).
//
// Precise to the nanosecond; openings and closings are whole seconds. Answers take about as long
// for a year as for an hour (ADR 0002).
//
// The horizon: a calendar is written out for whole years. Nothing is worked outside of them, and a
// deadline beyond, like one under a pause without end, is absl::InfiniteFuture(): never. A 24/7
// calendar has no horizon.
//
// Immutable and thread-safe; compile once per policy and share.

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/calendar/schedule.h"
#include "domain/calendar/timeline.h"
#include "domain/calendar/zone.h"
#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

// Half open. `to` may be absl::InfiniteFuture(): has not ended yet.
struct Interval {
  absl::Time from;
  absl::Time to;
  bool operator==(const Interval&) const = default;
};

struct Horizon {
  int first_year = 2000;
  int last_year = 2099;  // at most 2250
};

enum class Cause {
  kWorkingHours,   // counted: the weekly hours, or 24/7
  kOverrideHours,  // counted: the hours of an overridden date
  kClosed,         // left out: outside of working hours
  kHoliday,        // left out: `name` is the holiday
  kOverride,       // left out: not in the hours of an overridden date; `name` is the override
  kPaused,         // left out: would be worked, but the clock was paused
};

// One line of the account of a deadline.
struct Segment {
  absl::Time from;
  absl::Time to;
  Cause cause;
  std::string name;  // of the holiday or override, else empty

  bool counted() const { return cause == Cause::kWorkingHours || cause == Cause::kOverrideHours; }
  bool operator==(const Segment&) const = default;
};

struct Explanation {
  std::vector<Segment> segments;  // gapless, ascending; neighbours differ in cause or name
  absl::Duration counted;         // in all of `segments`
  bool complete = true;           // false: stopped at the limit
};

class BusinessTime {
 public:
  // kInvalidArgument names every field that is wrong: zone of another name than the calendar's, no
  // working time (also when holidays or overrides leave none within the horizon), unreadable zone
  // table.
  static absl::StatusOr<BusinessTime> Compile(const policy::v1::Calendar& calendar,
                                              const policy::v1::ZoneTable& zone,
                                              Horizon horizon = {});

  // The earliest instant at which `duration` has been worked since `start`. A duration <= 0: the
  // first moment from `start` on that is worked and not paused.
  absl::Time Add(absl::Time start, absl::Duration duration,
                 absl::Span<const Interval> pauses = {}) const;

  // The working time of [from, to).
  absl::Duration Between(absl::Time from, absl::Time to,
                         absl::Span<const Interval> pauses = {}) const;

  // `t` itself when open.
  absl::Time NextOpening(absl::Time t) const;
  bool IsOpen(absl::Time t) const;

  // What of [from, to) counts, what does not and why: adds up to Between(from, to, pauses). Takes
  // time in proportion to its length; ends after `max_segments`. Infinite ends explain nothing.
  Explanation Explain(absl::Time from, absl::Time to, absl::Span<const Interval> pauses = {},
                      size_t max_segments = 1000) const;

  const std::string& calendar_name() const { return name_; }
  const Zone& zone() const { return zone_; }

 private:
  BusinessTime(std::string name, Zone zone) : name_(std::move(name)), zone_(std::move(zone)) {}

  Nanos WorkedBefore(Nanos t) const { return timeline_ ? timeline_->WorkedBefore(t) : t; }
  Nanos EarliestWith(Nanos worked) const {
    return timeline_ ? timeline_->EarliestWith(worked) : worked;
  }
  Nanos NextOpening(Nanos t) const {
    return timeline_ ? timeline_->BeginOfMoreThan(timeline_->WorkedBefore(t)) : t;
  }

  std::string name_;
  Zone zone_;
  // Absent for 24/7: working time is then time itself.
  std::optional<Schedule> schedule_;
  std::optional<Timeline> timeline_;
};

}  // namespace plazo::calendar
