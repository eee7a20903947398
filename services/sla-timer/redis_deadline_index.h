#pragma once

// The deadline index of production: sorted sets in Redis (names in redis_keys.h, scripts in
// redis_scripts.h). Partition p lives at endpoint p mod n.
//
// After an endpoint failed to answer, calls to it fail at once for 100 ms to 1 s (doubling), so
// that a Redis that hangs costs one command timeout now and then instead of one a call.

#include <absl/time/time.h>

#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/redis/endpoints.h"
#include "services/sla-timer/deadline_index.h"

namespace plazo::sla_timer {

class RedisDeadlineIndex final : public DeadlineIndex {
 public:
  // `clock` and the endpoints outlive it.
  RedisDeadlineIndex(const redis::Endpoints& endpoints, const Clock& clock, std::string key_prefix);

  absl::StatusOr<Ownership> Own(int32_t partition) override;
  absl::StatusOr<IndexState> Reset(const Owner& owner) override;
  absl::StatusOr<Applied> Apply(const Owner& owner, int64_t from, int64_t to,
                                std::span<const AggregateDeadlines> updates) override;
  absl::StatusOr<IndexState> Check(const Owner& owner) override;
  absl::StatusOr<DueDeadlines> Due(const Owner& owner, int64_t now_ms, size_t limit) override;

 private:
  struct Rest {
    absl::Duration until = absl::ZeroDuration();  // monotonic
    absl::Duration pause = absl::ZeroDuration();
  };

  // The elements of the script's answer, at least four.
  absl::StatusOr<std::vector<redis::Reply>> Eval(const redis::Script& script, int32_t partition,
                                                 std::vector<std::string> args);
  std::string NowMs() const { return std::to_string(clock_.NowMs()); }

  const redis::Endpoints& endpoints_;
  const Clock& clock_;
  const std::string key_prefix_;
  std::vector<Rest> rests_;  // one an endpoint
};

}  // namespace plazo::sla_timer
