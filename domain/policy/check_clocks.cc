#include "domain/policy/check_parts.h"

namespace plazo::policy {
namespace {

bool MatchCovers(const v1::Match& earlier, const v1::Match& later) {
  return Covers(earlier.channels(), later.channels()) &&
         Covers(earlier.impacts(), later.impacts()) &&
         Covers(earlier.complexities(), later.complexities()) &&
         Covers(earlier.departments(), later.departments()) &&
         Covers(earlier.priorities(), later.priorities()) &&
         Covers(earlier.plans(), later.plans()) && Covers(earlier.teams(), later.teams());
}

void CheckMatch(const std::string& path, const v1::Match& match, Findings& findings) {
  findings.Enums(path + ".channels", match.channels(), core::v1::Channel_IsValid);
  findings.Enums(path + ".impacts", match.impacts(), core::v1::Impact_IsValid);
  findings.Enums(path + ".complexities", match.complexities(), core::v1::Complexity_IsValid);
  findings.Enums(path + ".departments", match.departments(), core::v1::Department_IsValid);
  findings.Enums(path + ".priorities", match.priorities(), core::v1::Priority_IsValid);
  for (int i = 0; i < match.plans_size(); ++i) {
    findings.Plan(At(path + ".plans", i), match.plans(i));
  }
  for (int i = 0; i < match.teams_size(); ++i) {
    findings.Team(At(path + ".teams", i), match.teams(i));
  }
}

// F36: warnings first, then the target, then the limit.
void CheckTimes(const std::string& path, const v1::ClockRule& rule, Findings& findings) {
  if (!findings.Positive(path + ".target", rule.target())) return;
  absl::Duration limit = ToAbsl(rule.target());
  if (rule.has_limit()) {
    if (!findings.Positive(path + ".limit", rule.limit())) return;
    if (ToAbsl(rule.limit()) < limit) {
      findings.Error(path + ".limit", "must not be less than target");
      return;
    }
    limit = ToAbsl(rule.limit());
  }
  absl::Duration last;
  for (int i = 0; i < rule.warn_after_size(); ++i) {
    const std::string warn_path = At(path + ".warn_after", i);
    const absl::Duration warn = ToAbsl(rule.warn_after(i));
    if (!findings.Positive(warn_path, rule.warn_after(i))) continue;
    if (i > 0 && warn <= last) findings.Error(warn_path, "must be more than the one before");
    if (warn >= limit) {
      findings.Error(warn_path, rule.has_limit() ? "must be less than limit"
                                                 : "must be less than target (no limit is given)");
    }
    last = warn;
  }
}

void CheckClock(const std::string& path, const v1::ClockRule& rule, Findings& findings) {
  if (rule.clock() == 0 || !core::v1::ClockKind_IsValid(rule.clock())) {
    findings.Error(path + ".clock", "is no known value");
  }
  CheckMatch(path + ".match", rule.match(), findings);
  CheckTimes(path, rule, findings);
  if (rule.calendar() != kCalendarOfTeam) findings.Calendar(path + ".calendar", rule.calendar());
  if (!v1::PauseRule_IsValid(rule.pause())) findings.Error(path + ".pause", "is no known value");
}

}  // namespace

void CheckClocks(const v1::Policy& policy, Findings& findings) {
  if (policy.clocks().empty()) findings.Error("clocks", "must not be empty");
  for (int i = 0; i < policy.clocks_size(); ++i) {
    const v1::ClockRule& rule = policy.clocks(i);
    CheckClock(At("clocks", i), rule, findings);
    for (int j = 0; j < i; ++j) {
      const v1::ClockRule& earlier = policy.clocks(j);
      if (earlier.clock() != rule.clock() || !MatchCovers(earlier.match(), rule.match())) continue;
      findings.Error(At("clocks", i), NeverCounts("clocks", j));
      break;
    }
  }
}

}  // namespace plazo::policy
