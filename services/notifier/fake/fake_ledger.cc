#include "services/notifier/fake/fake_ledger.h"

#include <algorithm>

namespace plazo::notifier {

absl::Status FakeLedger::Reply() {
  if (calls_until_loss_ < 0 || calls_until_loss_-- > 0) return absl::OkStatus();
  return absl::AbortedError("the reply was lost");
}

absl::StatusOr<CopyEntries> FakeLedger::Look(const std::string& notification_id) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  if (const absl::Status lost = Reply(); !lost.ok()) return lost;
  return notifications_[notification_id];
}

absl::StatusOr<StartAnswer> FakeLedger::Start(const CopyId& copy, const Try& by) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  CopyEntries& entries = notifications_[copy.notification_id];
  StartAnswer answer;
  if (const auto found = entries.find(copy.address_key); found != entries.end()) {
    const CopyEntry& entry = found->second;
    const bool later = entry.by.attempt > by.attempt;
    const bool same = entry.by.attempt == by.attempt;
    if (entry.state == CopyState::kSent) {
      answer.verdict = StartAnswer::Verdict::kSent;
      answer.relay_time = entry.relay_time;
    } else if (later ||
               (same && entry.state == CopyState::kStarted && entry.by.token != by.token)) {
      answer.verdict = StartAnswer::Verdict::kStartedBefore;
    } else {
      answer.repeats = entry.state == CopyState::kStarted && !same;
    }
  }
  if (answer.verdict == StartAnswer::Verdict::kGo) {
    entries[copy.address_key] = {.state = CopyState::kStarted, .by = by};
  }
  if (const absl::Status lost = Reply(); !lost.ok()) return lost;
  return answer;
}

absl::Status FakeLedger::MarkSent(const CopyId& copy, absl::Time relay_time) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  CopyEntry& entry = notifications_[copy.notification_id][copy.address_key];
  if (entry.state != CopyState::kSent) {
    entry = {.state = CopyState::kSent,
             .by = {},
             .relay_time = absl::FromUnixMillis(absl::ToUnixMillis(relay_time))};
  }
  return Reply();
}

absl::Status FakeLedger::MarkRefused(const CopyId& copy, const Try& by) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  CopyEntries& entries = notifications_[copy.notification_id];
  const auto found = entries.find(copy.address_key);
  if (found != entries.end() && found->second.state == CopyState::kStarted &&
      found->second.by.attempt == by.attempt && found->second.by.token == by.token) {
    found->second = {.state = CopyState::kRefused, .by = {by.attempt, ""}};
  }
  return Reply();
}

absl::StatusOr<bool> FakeLedger::AdmitAnswer(const AnswerWindow& answer) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  auto& given = answers_[{answer.tenant, answer.address_key}];
  const absl::Time now = clock_.Now();
  std::erase_if(given, [&](const auto& each) { return each.second <= now - answer.window; });
  const bool admitted = given.contains(answer.notification_id) ||
                        given.size() < static_cast<size_t>(std::max(0, answer.limit));
  if (admitted) given.try_emplace(answer.notification_id, now);
  if (const absl::Status lost = Reply(); !lost.ok()) return lost;
  return admitted;
}

void FakeLedger::SetOutage(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  outage_ = std::move(status);
}

void FakeLedger::LoseReplyAfter(int calls) {
  absl::MutexLock lock(&mutex_);
  calls_until_loss_ = calls;
}

void FakeLedger::Wipe() {
  absl::MutexLock lock(&mutex_);
  notifications_.clear();
  answers_.clear();
}

}  // namespace plazo::notifier
