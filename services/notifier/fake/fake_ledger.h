#pragma once

// The ledger in memory, with the ways in which a Redis fails: outages, lost replies, wipes.
// Survives the services that use it, as Redis would. Thread-safe. Entries do not expire.

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <string>
#include <utility>

#include "platform/base/clock.h"
#include "services/notifier/ledger.h"

namespace plazo::notifier {

class FakeLedger final : public Ledger {
 public:
  explicit FakeLedger(const Clock& clock) : clock_(clock) {}

  absl::StatusOr<CopyEntries> Look(const std::string& notification_id) override;
  absl::StatusOr<StartAnswer> Start(const CopyId& copy, const Try& by) override;
  absl::Status MarkSent(const CopyId& copy, absl::Time relay_time) override;
  absl::Status MarkRefused(const CopyId& copy, const Try& by) override;
  absl::StatusOr<bool> AdmitAnswer(const AnswerWindow& answer) override;

  // Every call fails with this status and does nothing, until it is set to OK.
  void SetOutage(absl::Status status);
  // A call takes effect, but its reply is lost (ABORTED): the one after the next `calls`.
  void LoseReplyAfter(int calls);
  void Wipe();

 private:
  // What to answer after a call that took effect.
  absl::Status Reply() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  absl::Mutex mutex_;
  std::map<std::string, CopyEntries> notifications_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, std::map<std::string, absl::Time>> answers_
      ABSL_GUARDED_BY(mutex_);
  absl::Status outage_ ABSL_GUARDED_BY(mutex_);
  int calls_until_loss_ ABSL_GUARDED_BY(mutex_) = -1;
};

}  // namespace plazo::notifier
