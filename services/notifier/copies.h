#pragma once

// The copies of one notification while it is being delivered, one an address, and the one report
// that follows. Not thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "platform/smtp/mailer.h"
#include "services/notifier/ledger.h"
#include "services/notifier/recipients.h"
#include "services/notifier/report.h"

namespace plazo::notifier {

class Copies {
 public:
  // `entries` is what the ledger knows.
  Copies(const Recipients& recipients, const CopyEntries& entries, Try by);

  // Addresses whose copy is still to be sent, those it is for first. Once a copy has gone, or may
  // have gone, to an address that is no recipient any more, one that came in its place is left out:
  // that would be a second copy.
  std::vector<std::string> Missing() const;

  // All of them, as they stand in the mail: the same in every attempt.
  std::vector<std::string> Addressees() const;

  void Sent(const std::string& address, absl::Time relay_time);  // now, or before
  void InDoubt(const std::string& address);
  void Suppress(const std::string& address, std::string reason);
  void NotTaken(const smtp::SendOutcome& outcome, const std::string& address);

  // Nobody that the notification is for can have it, so nobody needs a copy of it.
  bool AllSuppressed() const;

  // DEFERRED while any copy can still be taken; then IN_DOUBT while the end of any is not known;
  // then what became of it for those it is for: ACCEPTED with the earliest time if one was taken,
  // so that a clock is judged by that however late the report is; else FAILED; else SUPPRESSED.
  Report Conclude() const;

  const Try& by() const { return by_; }

 private:
  struct Copy {
    std::string address;  // empty: of a recipient that is none any more
    std::string key;
    bool main = true;  // not only a copy for somebody else in the conversation
    Report report;     // unspecified while it is missing
  };

  void Set(const std::string& address, Report report);
  const Report* FirstWith(core::v1::DeliveryOutcome outcome, bool main_only) const;

  const Try by_;
  std::vector<Copy> copies_;
};

}  // namespace plazo::notifier
