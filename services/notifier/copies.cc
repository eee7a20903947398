#include "services/notifier/copies.h"

#include <algorithm>
#include <utility>

namespace plazo::notifier {

using namespace core::v1;

namespace {

Report Taken(absl::Time relay_time) {
  return {.outcome = DELIVERY_OUTCOME_ACCEPTED, .relay_time = relay_time};
}

Report Doubtful() {
  return {.outcome = DELIVERY_OUTCOME_IN_DOUBT, .reason = "lost_after_final_dot"};
}

std::string ReasonOf(const smtp::SendOutcome& outcome) {
  if (outcome.code != 0) return "smtp_" + std::to_string(outcome.code);
  if (outcome.result == smtp::SendResult::kRefused) return "unsendable";
  return outcome.relay_unusable ? "connect_failed" : "connection_lost";
}

// What an entry says of a copy; unspecified = it may be sent.
Report ReportOf(const CopyEntry& entry, const Try& by) {
  if (entry.state == CopyState::kSent) return Taken(entry.relay_time);
  const bool ours = entry.by.attempt == by.attempt && entry.by.token == by.token;
  const bool older = entry.by.attempt < by.attempt;
  return entry.state == CopyState::kStarted && !older && !ours ? Doubtful() : Report();
}

}  // namespace

Copies::Copies(const Recipients& recipients, const CopyEntries& entries, Try by)
    : by_(std::move(by)) {
  for (const std::string& address : recipients.to) {
    copies_.push_back({.address = address, .key = AddressKey(address)});
  }
  for (const std::string& address : recipients.copies) {
    copies_.push_back({.address = address, .key = AddressKey(address), .main = false});
  }
  for (const auto& [key, entry] : entries) {
    const auto found = std::find_if(copies_.begin(), copies_.end(),
                                    [&](const Copy& copy) { return copy.key == key; });
    Report report = ReportOf(entry, by_);
    if (found != copies_.end()) {
      found->report = std::move(report);
    } else if (report.outcome != DELIVERY_OUTCOME_UNSPECIFIED) {
      copies_.push_back({.address = {}, .key = key, .report = std::move(report)});
    }
  }
  // Known to the ledger = was a recipient before.
  const bool changed = std::any_of(copies_.begin(), copies_.end(),
                                   [](const Copy& copy) { return copy.address.empty(); });
  if (!changed) return;
  std::erase_if(copies_, [&](const Copy& copy) { return !entries.contains(copy.key); });
}

std::vector<std::string> Copies::Missing() const {
  std::vector<std::string> missing;
  for (const Copy& copy : copies_) {
    const bool open = copy.report.outcome == DELIVERY_OUTCOME_UNSPECIFIED;
    if (open && !copy.address.empty()) missing.push_back(copy.address);
  }
  return missing;
}

std::vector<std::string> Copies::Addressees() const {
  std::vector<std::string> addresses;
  for (const Copy& copy : copies_) {
    if (!copy.address.empty()) addresses.push_back(copy.address);
  }
  return addresses;
}

void Copies::Set(const std::string& address, Report report) {
  for (Copy& copy : copies_) {
    if (copy.address == address) copy.report = std::move(report);
  }
}

void Copies::Sent(const std::string& address, absl::Time relay_time) {
  Set(address, Taken(relay_time));
}

void Copies::InDoubt(const std::string& address) { Set(address, Doubtful()); }

void Copies::Suppress(const std::string& address, std::string reason) {
  Set(address, {.outcome = DELIVERY_OUTCOME_SUPPRESSED, .reason = std::move(reason)});
}

void Copies::NotTaken(const smtp::SendOutcome& outcome, const std::string& address) {
  const bool final = outcome.result == smtp::SendResult::kRefused;
  Set(address, {.outcome = final ? DELIVERY_OUTCOME_FAILED : DELIVERY_OUTCOME_DEFERRED,
                .smtp_code = outcome.code,
                .reason = ReasonOf(outcome)});
}

bool Copies::AllSuppressed() const {
  return std::all_of(copies_.begin(), copies_.end(), [](const Copy& copy) {
    return !copy.main || copy.report.outcome == DELIVERY_OUTCOME_SUPPRESSED;
  });
}

const Report* Copies::FirstWith(DeliveryOutcome outcome, bool main_only) const {
  const Report* first = nullptr;
  for (const Copy& copy : copies_) {
    if (copy.report.outcome != outcome || (main_only && !copy.main)) continue;
    if (first == nullptr || copy.report.relay_time < first->relay_time) first = &copy.report;
  }
  return first;
}

Report Copies::Conclude() const {
  for (const DeliveryOutcome open : {DELIVERY_OUTCOME_DEFERRED, DELIVERY_OUTCOME_IN_DOUBT}) {
    if (const Report* report = FirstWith(open, /*main_only=*/false)) return *report;
  }
  const Report* failed = FirstWith(DELIVERY_OUTCOME_FAILED, /*main_only=*/true);
  if (const Report* accepted = FirstWith(DELIVERY_OUTCOME_ACCEPTED, /*main_only=*/true)) {
    Report report = *accepted;
    if (failed != nullptr) report.reason = "some_refused";
    return report;
  }
  if (failed != nullptr) return *failed;
  if (const Report* kept = FirstWith(DELIVERY_OUTCOME_SUPPRESSED, /*main_only=*/true)) return *kept;
  return {.outcome = DELIVERY_OUTCOME_SUPPRESSED, .reason = "no_address"};
}

}  // namespace plazo::notifier
