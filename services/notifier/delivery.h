#pragma once

// One intent from its addresses to the relay's answer, in the order that makes a crash harmless:
// everything that can fail comes before the ledger's entry, the entry just before the final dot,
// the report after both (architecture §8).
//
// A mail to several addresses is one copy each, with one Message-ID, and each copy has its own
// entry: what one address refuses or defers does not touch the others, and an attempt that follows
// sends only what is missing.
//
// Thread-safe; Relay belongs to the caller's thread. Lifetime: everything in DeliveryWorld outlives
// it.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <string>
#include <variant>
#include <vector>

#include "platform/base/clock.h"
#include "platform/smtp/relay_breaker.h"
#include "services/notifier/composer.h"
#include "services/notifier/copies.h"
#include "services/notifier/directory.h"
#include "services/notifier/ledger.h"
#include "services/notifier/notifier_metrics.h"
#include "services/notifier/relay.h"
#include "services/notifier/report.h"

namespace plazo::notifier {

// An intent being delivered, by one process. `token` is drawn for it: see Try.
struct Task {
  Intent intent;
  std::string token;
  // What this process knows of the copies better than a ledger that could not be written.
  CopyEntries known;
};

struct DeliveryWorld {
  Directory& directory;
  Ledger& ledger;
  const Composer& composer;
  smtp::RelayBreaker& breaker;
  const Clock& clock;
  NotifierMetrics& metrics;
};

// The same task again after `wait`. The cause (ledger, relay) concerns every task.
struct HoldBack {
  absl::Duration wait;
};
using Verdict = std::variant<Report, HoldBack>;

class Delivery {
 public:
  explicit Delivery(const DeliveryWorld& world) : world_(world) {}

  // False while the directory has not reached what the intent was decided with.
  bool DirectoryReached(const core::v1::DeliveryIntent& intent) const;
  // Whom it would be sent to now.
  Recipients RecipientsNow(const core::v1::DeliveryIntent& intent) const;

  Verdict Deliver(Task& task, Relay& relay);

 private:
  Policy PolicyOf(const core::v1::DeliveryIntent& intent) const;
  Recipients RecipientsNow(const core::v1::DeliveryIntent& intent,
                           const policy::v1::Policy& policy) const;
  // Marks the copies to addresses that have had their share of automatic answers (I11).
  absl::Status SuppressLoops(const core::v1::DeliveryIntent& intent,
                             const policy::v1::Policy& policy, Copies& copies);
  Verdict SendCopies(Task& task, const policy::v1::Policy& policy, Copies& copies, Relay& relay);
  // OK, or the ledger's error: then the copy was not sent.
  absl::Status SendCopy(Task& task, const ComposedMail& mail, const std::string& address,
                        Copies& copies, Relay& relay);
  void Taken(Task& task, const CopyId& copy, absl::Time relay_time);
  bool MarkSent(const CopyId& copy, absl::Time relay_time);
  bool MayReportRelayDown();

  const DeliveryWorld world_;
  absl::Mutex mutex_;
  double report_allowance_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration allowance_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace plazo::notifier
