// BusinessTime::Explain: walks day by day and says of every piece why it counts or not. It shares
// the day's rules with the timeline but none of its arithmetic, so each checks the other.

#include <absl/container/inlined_vector.h>

#include <algorithm>

#include "domain/calendar/business_time.h"
#include "domain/calendar/pauses.h"
#include "domain/calendar/ranges.h"

namespace plazo::calendar {
namespace {

const std::string kNoName;

// What speaks for a range; where several do, the strongest is heard.
enum class Strength { kDefault, kNightBefore, kDate, kShift };

struct Claim {
  UtcRange range;
  Strength strength;
  Cause cause;
  const std::string* name;
};
using Claims = absl::InlinedVector<Claim, 8>;

struct DayClaims {
  Claims claims;
  Claims cuts;  // heard only where a shift is
};

// The claims of the shifts that began on `day`.
void AddShifts(const Schedule& schedule, const Zone& zone, Day day, DayClaims& out) {
  const Schedule::DayPlan plan = schedule.On(day);
  const bool overridden = plan.kind == Schedule::Kind::kOverride;
  for (const Schedule::Shift& shift : plan.shifts) {
    out.claims.push_back({ToUtc(zone, day, shift), Strength::kShift,
                          overridden ? Cause::kOverrideHours : Cause::kWorkingHours, plan.name});
  }
  for (const Schedule::Cut& cut : plan.cuts) {
    for (const Schedule::Shift& hours : cut.hours) {
      out.cuts.push_back({ToUtc(zone, day, hours), Strength::kShift, Cause::kHoliday, cut.name});
    }
  }
}

Cause CauseOf(const Schedule::DayPlan& plan) {
  switch (plan.kind) {
    case Schedule::Kind::kHoliday:
      return Cause::kHoliday;
    case Schedule::Kind::kOverride:
      return Cause::kOverride;
    case Schedule::Kind::kWeekly:
      break;
  }
  return Cause::kClosed;
}

// All that speaks for the pieces of `chunk`, which is the local day `day`.
DayClaims ClaimsOf(const Schedule& schedule, const Zone& zone, Day day, UtcRange chunk) {
  DayClaims result;
  const Schedule::DayPlan plan = schedule.On(day);
  result.claims.push_back(
      {chunk, plan.kind == Schedule::Kind::kWeekly ? Strength::kDefault : Strength::kDate,
       CauseOf(plan), plan.name});
  const Schedule::DayPlan eve = schedule.On(day - 1);
  if (eve.kind != Schedule::Kind::kWeekly) {
    // The night shift that would have ended today did not begin.
    for (const Schedule::Shift& shift : schedule.Weekly(WeekdayOf(day - 1))) {
      if (shift.end <= kSecondsPerDay) continue;
      result.claims.push_back(
          {ToUtc(zone, day - 1, shift), Strength::kNightBefore, CauseOf(eve), eve.name});
    }
  }
  for (Day begun = day - 2; begun <= day; ++begun) AddShifts(schedule, zone, begun, result);
  return result;
}

const Claim* Strongest(const Claims& claims, UtcSeconds at) {
  const Claim* best = nullptr;
  for (const Claim& claim : claims) {
    if (claim.range.from <= at && at < claim.range.to &&
        (best == nullptr || claim.strength > best->strength)) {
      best = &claim;
    }
  }
  return best;
}

// Puts pieces together; takes the pauses out of what is worked.
class Account {
 public:
  Account(absl::Span<const Interval> pauses, size_t max_segments)
      : pauses_(pauses), max_segments_(max_segments) {}

  // In ascending order.
  void Add(Nanos from, Nanos to, Cause cause, const std::string& name) {
    if (cause != Cause::kWorkingHours && cause != Cause::kOverrideHours) {
      return Append(from, to, cause, name);
    }
    for (const NanoRange& pause : pauses_.ranges()) {
      if (pause.to <= from) continue;
      if (pause.from >= to) break;
      Append(from, std::max(from, pause.from), cause, name);
      Append(std::max(from, pause.from), std::min(to, pause.to), Cause::kPaused, kNoName);
      from = std::min(to, pause.to);
    }
    Append(from, to, cause, name);
  }

  bool full() const { return !result_.complete; }
  Explanation Take() { return std::move(result_); }

 private:
  void Append(Nanos from, Nanos to, Cause cause, const std::string& name) {
    if (from >= to || full()) return;
    const Segment segment{absl::FromUnixNanos(from), absl::FromUnixNanos(to), cause, name};
    std::vector<Segment>& segments = result_.segments;
    if (!segments.empty() && segments.back().cause == cause && segments.back().name == name) {
      segments.back().to = segment.to;
    } else if (segments.size() == max_segments_) {
      result_.complete = false;
      return;
    } else {
      segments.push_back(segment);
    }
    if (segment.counted()) result_.counted += segment.to - segment.from;
  }

  MergedPauses pauses_;
  size_t max_segments_;
  Explanation result_;
};

void AddDay(const DayClaims& day, UtcRange chunk, NanoRange within, Account& account) {
  absl::InlinedVector<UtcSeconds, 16> edges = {chunk.from, chunk.to};
  for (const Claims* claims : {&day.claims, &day.cuts}) {
    for (const Claim& claim : *claims) {
      edges.push_back(std::clamp(claim.range.from, chunk.from, chunk.to));
      edges.push_back(std::clamp(claim.range.to, chunk.from, chunk.to));
    }
  }
  std::sort(edges.begin(), edges.end());
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    if (edges[i] == edges[i + 1]) continue;
    const Claim* claim = Strongest(day.claims, edges[i]);
    if (claim->strength == Strength::kShift) {
      if (const Claim* cut = Strongest(day.cuts, edges[i])) claim = cut;
    }
    account.Add(std::max(edges[i] * kNanosPerSecond, within.from),
                std::min(edges[i + 1] * kNanosPerSecond, within.to), claim->cause, *claim->name);
  }
}

}  // namespace

Explanation BusinessTime::Explain(absl::Time from, absl::Time to, absl::Span<const Interval> pauses,
                                  size_t max_segments) const {
  Account account(pauses, max_segments);
  const NanoRange within{absl::ToUnixNanos(from), absl::ToUnixNanos(to)};
  if (from == absl::InfinitePast() || to == absl::InfiniteFuture() || within.from >= within.to) {
    return account.Take();
  }
  if (!schedule_) {
    account.Add(within.from, within.to, Cause::kWorkingHours, kNoName);
    return account.Take();
  }
  const UtcSeconds first = absl::ToUnixSeconds(from);
  // Days are told apart by when they first begin: the day that holds `first` is this one, or, where
  // clocks went back across midnight, the next.
  for (Day day = DayOf(zone_.LocalAt(first)); !account.full(); ++day) {
    const UtcRange chunk{zone_.Opens(day * kSecondsPerDay),
                         zone_.Opens((day + 1) * kSecondsPerDay)};
    if (chunk.from * kNanosPerSecond >= within.to) break;
    if (chunk.from == chunk.to || chunk.to * kNanosPerSecond <= within.from) continue;
    AddDay(ClaimsOf(*schedule_, zone_, day, chunk), chunk, within, account);
  }
  return account.Take();
}

}  // namespace plazo::calendar
