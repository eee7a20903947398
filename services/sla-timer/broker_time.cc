#include "services/sla-timer/broker_time.h"

#include <algorithm>

namespace plazo::sla_timer {
namespace {

// A report that took longer says little: the record may have been appended at any moment of it.
constexpr int64_t kMaxSlackMs = 100;

}  // namespace

void BrokerTime::Observe(int64_t sent_ms, int64_t reported_ms, int64_t appended_ms) {
  if (appended_ms <= 0 || reported_ms < sent_ms) return;
  const int64_t low = sent_ms - appended_ms;
  const int64_t high = reported_ms - appended_ms;
  if (skew_ms_ < low) {
    skew_ms_ = std::min(high, low + kMaxSlackMs);
  } else if (!measured_ && high - low <= kMaxSlackMs) {
    skew_ms_ = high;
    measured_ = true;
  } else {
    skew_ms_ = std::min(skew_ms_, high);
  }
}

}  // namespace plazo::sla_timer
