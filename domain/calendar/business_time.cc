#include "domain/calendar/business_time.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "domain/calendar/pauses.h"

namespace plazo::calendar {
namespace {

Nanos SaturatingAdd(Nanos a, Nanos b) {
  Nanos sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? kNever : std::numeric_limits<Nanos>::min();
}

Nanos SaturatingSubtract(Nanos a, Nanos b) {
  Nanos difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a > b ? kNever : std::numeric_limits<Nanos>::min();
}

// absl::ToUnixNanos turns the infinities and what lies beyond 2262 into the extremes.
absl::Time ToTime(Nanos t) { return t == kNever ? absl::InfiniteFuture() : absl::FromUnixNanos(t); }

}  // namespace

absl::StatusOr<BusinessTime> BusinessTime::Compile(const policy::v1::Calendar& calendar,
                                                   const policy::v1::ZoneTable& zone,
                                                   Horizon horizon) {
  if (calendar.time_zone() != zone.name()) {
    return absl::InvalidArgumentError(absl::StrCat("time_zone is ", calendar.time_zone(),
                                                   ", but the zone table is ", zone.name()));
  }
  if (horizon.first_year < 1970 || horizon.last_year > 2250 ||
      horizon.first_year > horizon.last_year) {
    return absl::InvalidArgumentError("the horizon must lie within 1970..2250");
  }
  absl::StatusOr<Zone> compiled = Zone::Compile(zone, horizon.last_year + 1);
  if (!compiled.ok()) return compiled.status();
  BusinessTime result(calendar.name(), *std::move(compiled));
  if (calendar.always_open()) {
    if (const auto errors = Validate(calendar); !errors.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(errors.front().path, " ", errors.front().message));
    }
    return result;
  }
  absl::StatusOr<Schedule> schedule = Schedule::Compile(calendar);
  if (!schedule.ok()) return schedule.status();
  result.schedule_ = *std::move(schedule);
  result.timeline_ =
      Timeline::Build(*result.schedule_, result.zone_, horizon.first_year, horizon.last_year);
  if (result.timeline_->total() == 0) {
    return absl::InvalidArgumentError("weekly leaves no working time beside the exceptions");
  }
  return result;
}

absl::Time BusinessTime::Add(absl::Time start, absl::Duration duration,
                             absl::Span<const Interval> pauses) const {
  const Nanos from = absl::ToUnixNanos(start);
  const Nanos budget = absl::ToInt64Nanoseconds(duration);
  const MergedPauses merged(pauses);
  if (budget <= 0) {
    Nanos t = NextOpening(from);
    for (const NanoRange& pause : merged.ranges()) {
      if (pause.from <= t && t < pause.to) t = NextOpening(pause.to);
    }
    return ToTime(t);
  }
  Nanos target = SaturatingAdd(WorkedBefore(from), budget);
  for (const NanoRange& pause : merged.ranges()) {
    if (pause.to <= from) continue;
    const Nanos worked = WorkedBefore(std::max(pause.from, from));
    // The deadline is reached before, or just as, this pause begins.
    if (worked >= target) break;
    target = SaturatingAdd(target, SaturatingSubtract(WorkedBefore(pause.to), worked));
  }
  return ToTime(EarliestWith(target));
}

absl::Duration BusinessTime::Between(absl::Time from, absl::Time to,
                                     absl::Span<const Interval> pauses) const {
  const Nanos a = absl::ToUnixNanos(from);
  const Nanos b = absl::ToUnixNanos(to);
  if (a >= b) return absl::ZeroDuration();
  Nanos worked = SaturatingSubtract(WorkedBefore(b), WorkedBefore(a));
  const MergedPauses merged(pauses);
  for (const NanoRange& pause : merged.ranges()) {
    const Nanos p = std::max(pause.from, a);
    const Nanos q = std::min(pause.to, b);
    if (p < q) worked -= SaturatingSubtract(WorkedBefore(q), WorkedBefore(p));
  }
  return absl::Nanoseconds(worked);
}

absl::Time BusinessTime::NextOpening(absl::Time t) const {
  return ToTime(NextOpening(absl::ToUnixNanos(t)));
}

bool BusinessTime::IsOpen(absl::Time t) const {
  const Nanos at = absl::ToUnixNanos(t);
  return NextOpening(at) == at;
}

}  // namespace plazo::calendar
