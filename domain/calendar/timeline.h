#pragma once

// Working time since the horizon's beginning, as a function of the instant, and its inverse. See
// docs/adr/0002-business-time.md.
//
// Almost every week of a calendar is like every other: only weeks with a change of offset or an
// exceptional date differ. A *block* is a run of equal weeks, or one odd stretch; it knows the
// working time before it, its period, and the pieces of one period. So both directions are a binary
// search over blocks, a division, and a binary search over the pieces of one period: the cost does
// not depend on how far apart two instants are.
//
// Instants are nanoseconds since 1970 (UTC). Before and after the horizon nothing counts.
// Immutable, thread-safe.

#include <cstdint>
#include <limits>
#include <vector>

#include "domain/calendar/ranges.h"
#include "domain/calendar/schedule.h"
#include "domain/calendar/zone.h"

namespace plazo::calendar {

using Nanos = int64_t;
inline constexpr Nanos kNanosPerSecond = 1'000'000'000;
inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

class Timeline {
 public:
  // Whole local weeks that hold 1 January of `first_year` to 31 December of `last_year`, within
  // 1970..2250.
  static Timeline Build(const Schedule& schedule, const Zone& zone, int first_year, int last_year);

  // Working time before `t`.
  Nanos WorkedBefore(Nanos t) const;

  // The earliest instant before which `worked` > 0 has been worked: the day used up ends at closing
  // time.
  Nanos EarliestWith(Nanos worked) const;

  // The instant at which the next of `worked` begins: what follows a closing time is the next
  // opening.
  Nanos BeginOfMoreThan(Nanos worked) const;

  Nanos total() const { return worked_until_.back(); }
  Nanos begin() const { return begins_.front(); }
  Nanos end() const { return end_; }

 private:
  class Builder;
  struct Block {
    Nanos period;
    Nanos worked_in_period;
    uint32_t first_piece;
    uint32_t piece_count;
  };
  struct Piece {
    Nanos from;  // since the period's beginning
    Nanos to;
    Nanos worked_before;  // within the period
  };
  const Piece* PiecesOf(const Block& block) const { return &pieces_[block.first_piece]; }
  Nanos WorkedBeforeBlock(size_t i) const { return i == 0 ? 0 : worked_until_[i - 1]; }

  // One entry a block; apart, because only these are searched.
  std::vector<Nanos> begins_;
  std::vector<Nanos> worked_until_;
  std::vector<Block> blocks_;
  std::vector<Piece> pieces_;
  Nanos end_ = 0;
};

}  // namespace plazo::calendar
