#include "domain/sla/explain.h"

#include "domain/sla/pauses.h"

namespace plazo::sla {
namespace {

using core::v1::Clock;

// Why the clock was paused at `at`.
std::string PauseText(const Clock& clock, absl::Time at) {
  for (const core::v1::Interval& pause : clock.pauses()) {
    if (FromProto(pause.from_time()) > at) continue;
    if (pause.has_to_time() && FromProto(pause.to_time()) <= at) continue;
    return pause.cause().empty() ? "paused" : "paused: " + pause.cause();
  }
  return "paused";
}

std::string CauseText(const Clock& clock, const calendar::Segment& segment) {
  switch (segment.cause) {
    case calendar::Cause::kWorkingHours:
      return clock.calendar().empty() ? "round the clock" : "working hours";
    case calendar::Cause::kOverrideHours:
      return "special hours";
    case calendar::Cause::kClosed:
      return "outside of working hours";
    case calendar::Cause::kHoliday:
      return "holiday " + segment.name;
    case calendar::Cause::kOverride:
      return "closed by exception " + segment.name;
    case calendar::Cause::kPaused:
      return PauseText(clock, segment.from);
  }
  return {};
}

absl::Time StopOr(const Clock& clock, absl::Time now) {
  return clock.has_stop_time() ? FromProto(clock.stop_time()) : now;
}

}  // namespace

absl::StatusOr<Account> Explain(const Clock& clock, const policy::CompiledPolicy& policy,
                                absl::Time known_since, absl::Time now) {
  if (clock.policy_hash() != policy.hash()) {
    return absl::FailedPreconditionError("the clock was promised under " + clock.policy_hash());
  }
  const absl::Time start = FromProto(clock.start_time());
  const absl::Time end = clock.has_due_time() ? FromProto(clock.due_time()) : StopOr(clock, now);
  const std::vector<calendar::Interval> pauses = PausesOf(clock);
  const calendar::Explanation explained =
      policy.CalendarFor(clock.calendar()).Explain(start, end, pauses, kMaxAccountLines);
  if (!explained.complete) {
    return absl::OutOfRangeError("the account has more than " + std::to_string(kMaxAccountLines) +
                                 " lines");
  }
  Account account{{}, explained.counted};
  if (known_since < start) account.lines.push_back({known_since, start, false, "before the start"});
  for (const calendar::Segment& segment : explained.segments) {
    account.lines.push_back(
        {segment.from, segment.to, segment.counted(), CauseText(clock, segment)});
  }
  const absl::Time stop = StopOr(clock, now);
  if (clock.has_due_time() && clock.has_breach_time() && stop > end) {
    account.lines.push_back({end, stop, false, "after the deadline"});
  }
  return account;
}

}  // namespace plazo::sla
