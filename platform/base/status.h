#pragma once

// Bridges between std::string_view, used in our interfaces, and Debian's absl::string_view, which
// is a different type with no conversion either way. Only this header and adapters know of the
// difference.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/strings/cord.h>
#include <absl/strings/string_view.h>

#include <string>
#include <string_view>

namespace plazo {

inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

// `code: message` for logs; messages never hold customer text.
inline std::string ToString(const absl::Status& status) { return status.ToString(); }

inline absl::Status InvalidArgument(std::string_view message) {
  return absl::InvalidArgumentError(ToAbsl(message));
}
inline absl::Status Unavailable(std::string_view message) {
  return absl::UnavailableError(ToAbsl(message));
}
inline absl::Status Internal(std::string_view message) {
  return absl::InternalError(ToAbsl(message));
}

// Puts `context: ` before the message of a failed status; leaves OK alone; payloads are kept.
inline absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  std::string message(context);
  message.append(": ").append(status.message().data(), status.message().size());
  absl::Status annotated(status.code(), message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

}  // namespace plazo

// Leaves the enclosing function with the status when it is not OK.
#define PLAZO_RETURN_IF_ERROR(expr)                                                  \
  do {                                                                               \
    if (absl::Status plazo_status = (expr); !plazo_status.ok()) return plazo_status; \
  } while (false)
