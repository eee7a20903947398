#pragma once

// How a deadline came about: every stretch of time from the moment we knew of the request, whether
// it counts, and why. Pure; the same arithmetic that scheduled the clock adds up to its limit.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <vector>

#include "domain/policy/compiled_policy.h"
#include "plazo/core/v1/types.pb.h"

namespace plazo::sla {

struct AccountLine {
  absl::Time from;
  absl::Time to;
  bool counted = false;
  std::string cause;  // a few words for people
};

struct Account {
  std::vector<AccountLine> lines;  // gapless, ascending
  absl::Duration counted;          // of all lines
};

inline constexpr size_t kMaxAccountLines = 10'000;

// Up to the deadline; without one (paused, never) up to the clock's stop, else to `now`. What lies
// before the start (from `known_since` on) and behind a missed deadline is told too, and not
// counted. kFailedPrecondition: `policy` is not the one the clock was promised under. kOutOfRange:
// more than kMaxAccountLines.
absl::StatusOr<Account> Explain(const core::v1::Clock& clock, const policy::CompiledPolicy& policy,
                                absl::Time known_since, absl::Time now);

}  // namespace plazo::sla
