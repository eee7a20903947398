#pragma once

// RelayBreaker: stops trying a relay that cannot be reached. After `failures_to_open` failures in a
// row it is open for `first_back_off`, then lets one probe through; a failed probe opens it again
// for twice as long, up to `max_back_off`. The clock is passed in. Thread-safety: safe; one breaker
// may be shared by all workers of a relay.

#include <absl/time/time.h>

#include <mutex>

namespace plazo::smtp {

class RelayBreaker {
 public:
  struct Options {
    int failures_to_open = 3;
    absl::Duration first_back_off = absl::Seconds(1);
    absl::Duration max_back_off = absl::Seconds(30);
    absl::Duration probe_timeout =
        absl::Minutes(6);  // a probe that never reported counts as failed
  };
  enum class State { kClosed, kOpen, kHalfOpen };

  RelayBreaker() : RelayBreaker(Options()) {}
  explicit RelayBreaker(const Options& options) : options_(options) {}

  // True = go ahead, and report how it went. While open: false. After the back-off: true for one
  // caller.
  bool Allow(absl::Time now);
  void OnReachable();                  // any answer of the relay to a mail, good or bad
  void OnUnreachable(absl::Time now);  // SendOutcome::relay_unusable

  State state(absl::Time now) const;
  // When Allow may say yes again; InfinitePast when it does now.
  absl::Time retry_time(absl::Time now) const;

 private:
  void OpenLocked(absl::Time now);

  const Options options_;
  mutable std::mutex mutex_;
  int failures_ = 0;
  bool open_ = false;
  bool probing_ = false;
  absl::Duration back_off_ = absl::ZeroDuration();
  absl::Time open_until_ = absl::InfinitePast();
  absl::Time probe_until_ = absl::InfinitePast();
};

}  // namespace plazo::smtp
