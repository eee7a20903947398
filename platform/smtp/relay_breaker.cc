#include "platform/smtp/relay_breaker.h"

#include <algorithm>

namespace plazo::smtp {

bool RelayBreaker::Allow(absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (!open_) return true;
  if (now < open_until_) return false;
  if (probing_ && now < probe_until_) return false;
  if (probing_) {  // the probe never reported
    OpenLocked(now);
    return false;
  }
  probing_ = true;
  probe_until_ = now + options_.probe_timeout;
  return true;
}

void RelayBreaker::OnReachable() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  open_ = probing_ = false;
  back_off_ = absl::ZeroDuration();
}

void RelayBreaker::OnUnreachable(absl::Time now) {
  const std::lock_guard lock(mutex_);
  ++failures_;
  // Workers that were under way when the breaker opened do not prolong it; only the probe does.
  if (open_ ? probing_ : failures_ >= options_.failures_to_open) OpenLocked(now);
}

void RelayBreaker::OpenLocked(absl::Time now) {
  back_off_ = open_ ? std::min(back_off_ * 2, options_.max_back_off) : options_.first_back_off;
  open_ = true;
  probing_ = false;
  open_until_ = now + back_off_;
}

RelayBreaker::State RelayBreaker::state(absl::Time now) const {
  const std::lock_guard lock(mutex_);
  if (!open_) return State::kClosed;
  return now < open_until_ ? State::kOpen : State::kHalfOpen;
}

absl::Time RelayBreaker::retry_time(absl::Time now) const {
  const std::lock_guard lock(mutex_);
  if (!open_) return absl::InfinitePast();
  if (probing_) return probe_until_;
  return now < open_until_ ? open_until_ : absl::InfinitePast();
}

}  // namespace plazo::smtp
