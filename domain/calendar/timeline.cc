#include "domain/calendar/timeline.h"

#include <algorithm>

namespace plazo::calendar {
namespace {

// An offset change this near to a week makes the week odd: more than any offset or repeated hour.
constexpr int64_t kSafeDistance = 2 * kSecondsPerDay;

// One week of nothing but weekly hours under one offset, from Monday 00:00.
UtcRanges RegularWeek(const Schedule& schedule) {
  UtcRanges week;
  for (int weekday = 0; weekday < 7; ++weekday) {
    for (const Schedule::Shift& shift : schedule.Weekly(weekday)) {
      const int64_t midnight = weekday * kSecondsPerDay;
      const UtcRange range{midnight + shift.begin, midnight + shift.end};
      week.push_back({range.from, std::min(range.to, kSecondsPerWeek)});
      // Sunday's night shift ends on Monday.
      week.push_back({0, range.to - kSecondsPerWeek});
    }
  }
  Normalize(week);
  return week;
}

}  // namespace

class Timeline::Builder {
 public:
  Builder(const Schedule& schedule, const Zone& zone) : schedule_(schedule), zone_(zone) {}

  Timeline Run(Day first_monday, Day end_monday) {
    const std::vector<Day> exceptional = schedule_.ExceptionalDays(first_monday - 2, end_monday);
    auto next_exception = exceptional.begin();
    AddPieces(RegularWeek(schedule_), 0);
    for (Day monday = first_monday; monday < end_monday; monday += 7) {
      const UtcRange week{BeginOf(monday), BeginOf(monday + 7)};
      // A shift reaches into the second day after it began.
      while (next_exception != exceptional.end() && *next_exception < monday - 2) ++next_exception;
      const bool has_exception =
          next_exception != exceptional.end() && *next_exception < monday + 7;
      if (has_exception ||
          zone_.ChangesWithin(week.from - kSafeDistance, week.to + kSafeDistance)) {
        AddOddWeek(monday, week);
      } else {
        AddRegularWeek(week);
      }
    }
    Close(BeginOf(end_monday));
    return std::move(timeline_);
  }

 private:
  UtcSeconds BeginOf(Day day) const { return zone_.Opens(day * kSecondsPerDay); }

  void AddRegularWeek(UtcRange week) {
    // Between two weeks of one kind without an offset change in between there is nothing to tell.
    if (open_ && !odd_) return;
    Close(week.from);
    odd_ = false;
    Open(week.from);
  }

  void AddOddWeek(Day monday, UtcRange week) {
    if (!(open_ && odd_)) {
      Close(week.from);
      odd_ = true;
      Open(week.from);
    }
    const UtcRanges worked = WorkingTime(schedule_, zone_, monday, monday + 6, week);
    odd_pieces_.insert(odd_pieces_.end(), worked.begin(), worked.end());
  }

  void Open(UtcSeconds at) {
    open_ = true;
    timeline_.begins_.push_back(at * kNanosPerSecond);
  }

  // Ends the open block, if any, at `at`.
  void Close(UtcSeconds at) {
    timeline_.end_ = at * kNanosPerSecond;
    if (!open_) return;
    open_ = false;
    const Nanos length = timeline_.end_ - timeline_.begins_.back();
    Block block = regular_;
    if (odd_) {
      Normalize(odd_pieces_);
      block = AddPieces(odd_pieces_, timeline_.begins_.back() / kNanosPerSecond);
      block.period = length;
      odd_pieces_.clear();
    }
    const Nanos before = timeline_.worked_until_.empty() ? 0 : timeline_.worked_until_.back();
    timeline_.blocks_.push_back(block);
    timeline_.worked_until_.push_back(before + length / block.period * block.worked_in_period);
  }

  // The first call makes the regular week.
  Block AddPieces(const UtcRanges& ranges, UtcSeconds begin) {
    Block block{kSecondsPerWeek * kNanosPerSecond, 0,
                static_cast<uint32_t>(timeline_.pieces_.size()),
                static_cast<uint32_t>(ranges.size())};
    for (const UtcRange& range : ranges) {
      timeline_.pieces_.push_back({(range.from - begin) * kNanosPerSecond,
                                   (range.to - begin) * kNanosPerSecond, block.worked_in_period});
      block.worked_in_period += (range.to - range.from) * kNanosPerSecond;
    }
    if (timeline_.blocks_.empty() && timeline_.begins_.empty()) regular_ = block;
    return block;
  }

  const Schedule& schedule_;
  const Zone& zone_;
  Timeline timeline_;
  Block regular_{};
  bool open_ = false;
  bool odd_ = false;
  UtcRanges odd_pieces_;
};

Timeline Timeline::Build(const Schedule& schedule, const Zone& zone, int first_year,
                         int last_year) {
  const Day first = MondayOnOrBefore(DayOf(absl::CivilDay(first_year, 1, 1)));
  const Day last = MondayOnOrBefore(DayOf(absl::CivilDay(last_year, 12, 31)));
  return Builder(schedule, zone).Run(first, last + 7);
}

Nanos Timeline::WorkedBefore(Nanos t) const {
  if (t <= begin()) return 0;
  if (t >= end_) return total();
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), t);
  const size_t i = static_cast<size_t>(after - begins_.begin()) - 1;
  const Block& block = blocks_[i];
  const Nanos since = t - begins_[i];
  const Nanos periods = since / block.period;
  const Nanos rest = since % block.period;
  const Nanos whole = WorkedBeforeBlock(i) + periods * block.worked_in_period;
  const Piece* pieces = PiecesOf(block);
  const Piece* next = std::partition_point(pieces, pieces + block.piece_count,
                                           [rest](const Piece& p) { return p.from < rest; });
  if (next == pieces) return whole;
  const Piece& piece = next[-1];
  return whole + piece.worked_before + std::min(rest, piece.to) - piece.from;
}

Nanos Timeline::EarliestWith(Nanos worked) const {
  const auto it = std::lower_bound(worked_until_.begin(), worked_until_.end(), worked);
  if (it == worked_until_.end()) return kNever;
  const size_t i = static_cast<size_t>(it - worked_until_.begin());
  const Block& block = blocks_[i];
  const Nanos rest = worked - WorkedBeforeBlock(i);
  const Nanos periods = (rest - 1) / block.worked_in_period;
  const Nanos in_period = rest - periods * block.worked_in_period;  // > 0
  const Piece* pieces = PiecesOf(block);
  const Piece* next = std::partition_point(pieces, pieces + block.piece_count, [=](const Piece& p) {
    return p.worked_before < in_period;
  });
  const Piece& piece = next[-1];
  return begins_[i] + periods * block.period + piece.from + (in_period - piece.worked_before);
}

Nanos Timeline::BeginOfMoreThan(Nanos worked) const {
  const auto it = std::upper_bound(worked_until_.begin(), worked_until_.end(), worked);
  if (it == worked_until_.end()) return kNever;
  const size_t i = static_cast<size_t>(it - worked_until_.begin());
  const Block& block = blocks_[i];
  const Nanos rest = worked - WorkedBeforeBlock(i);
  const Nanos periods = rest / block.worked_in_period;
  const Nanos in_period = rest % block.worked_in_period;
  const Piece* pieces = PiecesOf(block);
  const Piece* next = std::partition_point(pieces, pieces + block.piece_count, [=](const Piece& p) {
    return p.worked_before <= in_period;
  });
  const Piece& piece = next[-1];
  return begins_[i] + periods * block.period + piece.from + (in_period - piece.worked_before);
}

}  // namespace plazo::calendar
