#pragma once

// The ledger in Redis, spread over its endpoints by notification (windows: by address). As
// thread-safe as the endpoints: give it pools. Losing Redis loses what was not reported yet and the
// windows of automatic answers, nothing else.

#include "platform/base/clock.h"
#include "platform/redis/endpoints.h"
#include "services/notifier/ledger.h"

namespace plazo::notifier {

class RedisLedger final : public Ledger {
 public:
  // `redis` and `clock` must outlive it.
  RedisLedger(const redis::Endpoints& redis, const Clock& clock, std::string prefix)
      : redis_(redis), clock_(clock), prefix_(std::move(prefix)) {}

  absl::StatusOr<CopyEntries> Look(const std::string& notification_id) override;
  absl::StatusOr<StartAnswer> Start(const CopyId& copy, const Try& by) override;
  absl::Status MarkSent(const CopyId& copy, absl::Time relay_time) override;
  absl::Status MarkRefused(const CopyId& copy, const Try& by) override;
  absl::StatusOr<bool> AdmitAnswer(const AnswerWindow& answer) override;

 private:
  redis::Redis& For(std::string_view what) const;

  const redis::Endpoints& redis_;
  const Clock& clock_;
  const std::string prefix_;
};

}  // namespace plazo::notifier
