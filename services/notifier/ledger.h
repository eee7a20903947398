#pragma once

// What is known of every copy of a notification, kept outside the process: the reason why a crash
// does not send a mail twice (architecture §8, I9), and why a robot is not answered for ever (I11).
//
// A notification has one copy an address. A copy is `started` just before the final dot of its
// mail, then `refused` or `sent`; `sent` never changes again. Entries live for more than a week.
//
// Thread-safe. Errors: any status means that the ledger could not be asked (kUnavailable: nothing
// happened; kDeadlineExceeded, kAborted: it may have taken effect); the caller holds the mail back
// and asks again, every call may be repeated. Times have millisecond resolution.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <map>
#include <string>
#include <string_view>

namespace plazo::notifier {

// Stands for an address without showing it: a digest of its normalised form.
std::string AddressKey(std::string_view address);

struct CopyId {
  std::string notification_id;
  std::string address_key;
};

// One try of one process: `token` is drawn for each intent taken from the log, so that a process
// recognises its own entry after a lost reply, and nobody else's.
struct Try {
  int attempt = 0;
  std::string token;
};

enum class CopyState { kStarted, kRefused, kSent };

struct CopyEntry {
  CopyState state = CopyState::kStarted;
  Try by;                 // of kStarted; of kRefused without the token
  absl::Time relay_time;  // of kSent
};
using CopyEntries = std::map<std::string, CopyEntry>;  // by address key

struct StartAnswer {
  enum class Verdict {
    kGo,             // the entry stands as `started` by this try
    kStartedBefore,  // by another try of this attempt, or a later attempt: nobody knows its end
    kSent,           // the relay has it
  };
  Verdict verdict = Verdict::kGo;
  bool repeats = false;   // kGo, although an earlier attempt was started and never ended
  absl::Time relay_time;  // of kSent
};

// Automatic answers to one address: at most `limit` notifications within `window`.
struct AnswerWindow {
  std::string tenant;
  std::string address_key;
  std::string notification_id;  // counted once however often it is asked for
  int limit = 0;
  absl::Duration window;
};

class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual absl::StatusOr<CopyEntries> Look(const std::string& notification_id) = 0;
  // Compare-and-set: absent, refused or an older attempt's entry becomes ours.
  virtual absl::StatusOr<StartAnswer> Start(const CopyId& copy, const Try& by) = 0;
  // Whatever stands there; an earlier relay time stays.
  virtual absl::Status MarkSent(const CopyId& copy, absl::Time relay_time) = 0;
  // Only where `by` had started it.
  virtual absl::Status MarkRefused(const CopyId& copy, const Try& by) = 0;
  virtual absl::StatusOr<bool> AdmitAnswer(const AnswerWindow& answer) = 0;
};

}  // namespace plazo::notifier
