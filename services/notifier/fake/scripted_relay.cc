#include "services/notifier/fake/scripted_relay.h"

#include <utility>

namespace plazo::notifier {

using smtp::SendOutcome;
using smtp::SendResult;

void Inbox::AnswerOnce(const std::string& to, Answer answer) {
  absl::MutexLock lock(&mutex_);
  once_[to].push_back(answer);
}

void Inbox::AnswerAll(Answer answer) {
  absl::MutexLock lock(&mutex_);
  all_ = answer;
}

void Inbox::Release() {
  absl::MutexLock lock(&mutex_);
  released_ = true;
}

void Inbox::OnKept(std::function<void()> call) {
  absl::MutexLock lock(&mutex_);
  on_kept_ = std::move(call);
}

std::vector<Inbox::Mail> Inbox::mails() const {
  absl::MutexLock lock(&mutex_);
  return mails_;
}

int Inbox::tries() const {
  absl::MutexLock lock(&mutex_);
  return tries_;
}

int Inbox::hanging() const {
  absl::MutexLock lock(&mutex_);
  return hanging_;
}

Answer Inbox::Next(const std::string& to) {
  absl::MutexLock lock(&mutex_);
  ++tries_;
  std::deque<Answer>& answers = once_[to];
  if (answers.empty()) return all_;
  const Answer answer = answers.front();
  answers.pop_front();
  return answer;
}

absl::Time Inbox::Keep(const smtp::Envelope& envelope, std::string_view message) {
  std::function<void()> call;
  const absl::Time now = clock_.Now();
  {
    absl::MutexLock lock(&mutex_);
    mails_.push_back({envelope.from, envelope.to, std::string(message), now});
    call = on_kept_;
  }
  if (call) call();
  return now;
}

void Inbox::Hang() {
  absl::MutexLock lock(&mutex_);
  ++hanging_;
  mutex_.Await(absl::Condition(&released_));
  --hanging_;
}

SendOutcome ScriptedRelay::Send(const smtp::Envelope& envelope, std::string_view message,
                                const smtp::BeforeFinalDot& before_final_dot) {
  const Answer answer = inbox_.Next(envelope.to);
  switch (answer) {
    case Answer::kNoConnection:
      return {.result = SendResult::kDeferred, .relay_unusable = true};
    case Answer::kHangs:
      inbox_.Hang();
      return {.result = SendResult::kDeferred, .code = 451};
    case Answer::kGreylisted:
      return {.result = SendResult::kDeferred, .code = 451};
    case Answer::kRefused:
      return {.result = SendResult::kRefused, .code = 550};
    default:
      break;
  }
  if (!before_final_dot()) return {.result = SendResult::kAborted};
  switch (answer) {
    case Answer::kDeferredAtEnd:
      return {.result = SendResult::kDeferred, .code = 451};
    case Answer::kRefusedAtEnd:
      return {.result = SendResult::kRefused, .code = 550};
    case Answer::kLost:
      return {.result = SendResult::kInDoubt};
    default:
      break;
  }
  const absl::Time time = inbox_.Keep(envelope, message);
  if (answer == Answer::kKeptAndLost) return {.result = SendResult::kInDoubt};
  return {.result = SendResult::kAccepted, .code = 250, .accepted_time = time};
}

}  // namespace plazo::notifier
