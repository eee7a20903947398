#include "platform/kafka/error.h"

#include <absl/strings/cord.h>

#include "platform/base/status.h"

namespace plazo::kafka {
namespace {

constexpr absl::string_view kKindUrl = "plazo.kafka/error-kind";
constexpr absl::string_view kInstanceUrl = "plazo.kafka/instance-fenced";

absl::StatusCode DefaultCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kRetriable:
    case ErrorKind::kAbortable:
      return absl::StatusCode::kUnavailable;
    case ErrorKind::kFenced:
      return absl::StatusCode::kAborted;
    case ErrorKind::kFatal:
      break;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace

absl::Status Error(ErrorKind kind, absl::StatusCode code, std::string_view message) {
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(kKindUrl,
                    absl::Cord(std::string(1, static_cast<char>('0' + static_cast<int>(kind)))));
  return status;
}

absl::Status Error(ErrorKind kind, std::string_view message) {
  return Error(kind, DefaultCode(kind), message);
}

ErrorKind ErrorKindOf(const absl::Status& status) {
  if (const auto payload = status.GetPayload(kKindUrl)) {
    return static_cast<ErrorKind>(static_cast<std::string>(*payload)[0] - '0');
  }
  const bool transient = status.code() == absl::StatusCode::kUnavailable ||
                         status.code() == absl::StatusCode::kDeadlineExceeded ||
                         status.code() == absl::StatusCode::kResourceExhausted;
  return transient ? ErrorKind::kRetriable : ErrorKind::kFatal;
}

std::string Describe(const absl::Status& status) {
  return status.ToString(absl::StatusToStringMode::kWithNoExtraData);
}

bool IsFencedInstance(const absl::Status& status) {
  return status.GetPayload(kInstanceUrl).has_value();
}

absl::Status FencedInstanceError(std::string_view message) {
  absl::Status status = Error(ErrorKind::kFenced, message);
  status.SetPayload(kInstanceUrl, absl::Cord("1"));
  return status;
}

}  // namespace plazo::kafka
