#pragma once

// A relay in memory that answers as told and keeps what it took. Survives the services that use it:
// make each worker a connection to one inbox.
//
//   Inbox inbox(clock);
//   world.make_relay = [&] { return std::make_unique<ScriptedRelay>(inbox); };
//   inbox.AnswerOnce("ana@x.example", Answer::kGreylisted);
//
// Thread-safe, a ScriptedRelay has one owner.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "services/notifier/relay.h"

namespace plazo::notifier {

enum class Answer {
  kAccepted,
  kGreylisted,     // 451 to RCPT
  kRefused,        // 550 to RCPT
  kDeferredAtEnd,  // 451 after the final dot
  kRefusedAtEnd,   // 550 after the final dot
  kLost,           // the connection ends after the final dot, the mail was not kept
  kKeptAndLost,    // likewise, but it was kept
  kNoConnection,
  kHangs,  // says nothing until Release
};

class Inbox {
 public:
  struct Mail {
    std::string from;
    std::string to;
    std::string message;
    absl::Time time;
  };

  explicit Inbox(const Clock& clock) : clock_(clock) {}

  void AnswerOnce(const std::string& to, Answer answer);
  // Instead of accepting what nothing else is said of.
  void AnswerAll(Answer answer);
  // Hanging ones end as if greylisted.
  void Release();
  // Called when a mail has been kept, before anybody is told.
  void OnKept(std::function<void()> call);

  std::vector<Mail> mails() const;
  int tries() const;
  int hanging() const;

 private:
  friend class ScriptedRelay;
  Answer Next(const std::string& to);
  absl::Time Keep(const smtp::Envelope& envelope, std::string_view message);
  void Hang();

  const Clock& clock_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::deque<Answer>> once_ ABSL_GUARDED_BY(mutex_);
  Answer all_ ABSL_GUARDED_BY(mutex_) = Answer::kAccepted;
  std::function<void()> on_kept_ ABSL_GUARDED_BY(mutex_);
  std::vector<Mail> mails_ ABSL_GUARDED_BY(mutex_);
  int tries_ ABSL_GUARDED_BY(mutex_) = 0;
  int hanging_ ABSL_GUARDED_BY(mutex_) = 0;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

class ScriptedRelay final : public Relay {
 public:
  explicit ScriptedRelay(Inbox& inbox) : inbox_(inbox) {}
  smtp::SendOutcome Send(const smtp::Envelope& envelope, std::string_view message,
                         const smtp::BeforeFinalDot& before_final_dot) override;

 private:
  Inbox& inbox_;
};

}  // namespace plazo::notifier
