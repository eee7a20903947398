#pragma once

// What is known of the copies of one notification while it is being delivered, and the one report
// that follows. Not thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "platform/smtp/mailer.h"
#include "services/notifier/ledger.h"
#include "services/notifier/report.h"

namespace plazo::notifier {

class Copies {
 public:
  Copies(std::vector<std::string> addresses, CopyEntries entries, Try by);

  // Addresses whose copy is still to be sent, in order.
  std::vector<std::string> Missing() const;

  void Sent(absl::Time relay_time);  // now, or before
  void InDoubt();
  void Suppressed(std::string reason);
  void Failed(const smtp::SendOutcome& outcome);
  void Deferred(const smtp::SendOutcome& outcome);

  // DEFERRED while a copy can still be taken; then IN_DOUBT while the end of one is not known; then
  // ACCEPTED with the earliest time if any was taken; else FAILED, or SUPPRESSED when nothing was
  // tried. A late ACCEPTED carries the time of the first copy, so that a clock is judged by it.
  Report Conclude() const;

  const Try& by() const { return by_; }

 private:
  void Note(Report& what, core::v1::DeliveryOutcome outcome, int code, std::string reason);

  const std::vector<std::string> addresses_;
  const CopyEntries entries_;
  const Try by_;
  bool recipients_changed_ = false;
  std::optional<absl::Time> accepted_;
  // The first of each kind; unset while there is none.
  Report deferred_, in_doubt_, failed_, suppressed_;
};

}  // namespace plazo::notifier
