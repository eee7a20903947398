#pragma once

// How a failed Kafka operation is to be taken. The kind travels inside the absl::Status as a
// payload, so that ports speak plain Status; the code is kUnavailable (retriable, abortable),
// kAborted (fenced) or kInternal (fatal) unless something closer is known (kDeadlineExceeded: it
// may still have taken effect).

#include <absl/status/status.h>

#include <string>
#include <string_view>

namespace plazo::kafka {

enum class ErrorKind {
  kRetriable,  // nothing is lost by trying the same call again
  kAbortable,  // the transaction cannot go on; for our loop: doubt
  kFenced,     // fenced, or a generation or membership error: somebody else has our place
  kFatal,      // the handle is dead and has to be made anew
};

// Requires code != kOk.
absl::Status Error(ErrorKind kind, absl::StatusCode code, std::string_view message);
absl::Status Error(ErrorKind kind, std::string_view message);

// The kind of a failed status; one that carries none counts as kRetriable when its code is
// kUnavailable, kDeadlineExceeded or kResourceExhausted and as kFatal otherwise. Requires
// !status.ok().
ErrorKind ErrorKindOf(const absl::Status& status);

// `CODE: message` for alarms and logs, without the payload.
std::string Describe(const absl::Status& status);

// True when another process joined with our static id: starting again before a session has passed
// only fences back.
bool IsFencedInstance(const absl::Status& status);
absl::Status FencedInstanceError(std::string_view message);

}  // namespace plazo::kafka
