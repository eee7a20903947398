#include "services/notifier/copies.h"

#include <algorithm>
#include <utility>

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr char kLostAfterDot[] = "lost_after_final_dot";

std::string ReasonOf(const smtp::SendOutcome& outcome) {
  if (outcome.code != 0) return "smtp_" + std::to_string(outcome.code);
  return outcome.relay_unusable ? "connect_failed" : "connection_lost";
}

}  // namespace

Copies::Copies(std::vector<std::string> addresses, CopyEntries entries, Try by)
    : addresses_(std::move(addresses)), entries_(std::move(entries)), by_(std::move(by)) {
  std::vector<std::string> keys;
  for (const std::string& address : addresses_) keys.push_back(AddressKey(address));
  for (const auto& [key, entry] : entries_) {
    const bool current = std::find(keys.begin(), keys.end(), key) != keys.end();
    if (entry.state == CopyState::kSent) {
      Sent(entry.relay_time);
      recipients_changed_ |= !current;
    } else if (entry.state == CopyState::kStarted && entry.by.attempt >= by_.attempt &&
               entry.by.token != by_.token) {
      InDoubt();
      recipients_changed_ |= !current;
    }
  }
}

// Once a copy has gone (or may have gone) to an address that is none any more, an address that came
// in its place is not written to: that would be a second copy.
std::vector<std::string> Copies::Missing() const {
  std::vector<std::string> missing;
  for (const std::string& address : addresses_) {
    const auto entry = entries_.find(AddressKey(address));
    if (entry == entries_.end()) {
      if (!recipients_changed_) missing.push_back(address);
      continue;
    }
    const bool unknown_end = entry->second.state == CopyState::kStarted &&
                             entry->second.by.attempt >= by_.attempt &&
                             entry->second.by.token != by_.token;
    if (entry->second.state != CopyState::kSent && !unknown_end) missing.push_back(address);
  }
  return missing;
}

void Copies::Note(Report& what, DeliveryOutcome outcome, int code, std::string reason) {
  if (what.outcome != DELIVERY_OUTCOME_UNSPECIFIED) return;
  what.outcome = outcome;
  what.smtp_code = code;
  what.reason = std::move(reason);
}

void Copies::Sent(absl::Time relay_time) {
  accepted_ = accepted_ ? std::min(*accepted_, relay_time) : relay_time;
}

void Copies::InDoubt() { Note(in_doubt_, DELIVERY_OUTCOME_IN_DOUBT, 0, kLostAfterDot); }

void Copies::Suppressed(std::string reason) {
  Note(suppressed_, DELIVERY_OUTCOME_SUPPRESSED, 0, std::move(reason));
}

void Copies::Failed(const smtp::SendOutcome& outcome) {
  Note(failed_, DELIVERY_OUTCOME_FAILED, outcome.code,
       outcome.code == 0 ? "unsendable" : ReasonOf(outcome));
}

void Copies::Deferred(const smtp::SendOutcome& outcome) {
  Note(deferred_, DELIVERY_OUTCOME_DEFERRED, outcome.code, ReasonOf(outcome));
}

Report Copies::Conclude() const {
  for (const Report* report : {&deferred_, &in_doubt_}) {
    if (report->outcome != DELIVERY_OUTCOME_UNSPECIFIED) return *report;
  }
  const bool refused = failed_.outcome != DELIVERY_OUTCOME_UNSPECIFIED;
  if (accepted_) {
    Report report{.outcome = DELIVERY_OUTCOME_ACCEPTED, .relay_time = accepted_};
    if (refused) report.reason = "some_refused";
    return report;
  }
  return refused ? failed_ : suppressed_;
}

}  // namespace plazo::notifier
