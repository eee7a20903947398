#pragma once

// A time zone as a pure function: what the clock on the wall shows at an instant, and when it shows
// a given time.
//
// Compiled from a ZoneTable, never from the machine's tz database, so that no package update
// changes a decision. Immutable and thread-safe. Its rule for later years is written out until
// `until_year`; after that the last offset stays.
//
// The local time line has gaps (clocks go forward) and repeats (clocks go back). `Opens` and
// `Closes` say what working hours make of them:
//   an opening inside a gap starts where the gap ends, an opening in a repeated hour at its first
//   occurrence; a closing inside a gap ends where the gap begins, a closing in a repeated hour at
//   its last occurrence; so a day of 00:00-24:00 has all of its 23 or 25 hours, and a date that a
//   zone skipped has none.

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include <string>
#include <vector>

#include "domain/calendar/civil.h"
#include "plazo/policy/v1/calendar.pb.h"

namespace plazo::calendar {

class Zone {
 public:
  // kInvalidArgument: transitions out of order, an offset beyond ±26 h, an unreadable rule.
  static absl::StatusOr<Zone> Compile(const policy::v1::ZoneTable& table, int until_year = 2200);

  const std::string& name() const { return name_; }

  // Seconds east of UTC.
  int64_t OffsetAt(UtcSeconds at) const { return offsets_[SegmentAt(at)]; }
  LocalSeconds LocalAt(UtcSeconds at) const { return at + OffsetAt(at); }

  // The first instant at which the clock shows `local` or later.
  UtcSeconds Opens(LocalSeconds local) const;

  // The first instant from which on the clock never shows less than `local`. Not before
  // Opens(local).
  UtcSeconds Closes(LocalSeconds local) const;

  // Whether the offset changes at an instant of [from, to].
  bool ChangesWithin(UtcSeconds from, UtcSeconds to) const;

 private:
  Zone() = default;
  size_t SegmentAt(UtcSeconds at) const;
  void IndexLocalTimes();

  std::string name_;
  // Segment i lasts from begins_[i] to begins_[i + 1]; the first begins and the last ends far
  // beyond all use.
  std::vector<UtcSeconds> begins_;
  std::vector<int64_t> offsets_;
  std::vector<LocalSeconds> latest_until_;  // the greatest local time shown before segment i ends
  std::vector<LocalSeconds> least_from_;    // the smallest local time shown since segment i began
};

}  // namespace plazo::calendar
