#pragma once

// Errors on the wire: a gRPC status whose trailer grpc-status-details-bin carries google.rpc
// details.
//
//   ErrorInfo{reason, domain "plazo", metadata}  programs branch on the reason
//   BadRequest                                   all faults of a request at once
//   RetryInfo                                    always on UNAVAILABLE and RESOURCE_EXHAUSTED
//
// Pure functions. Messages are for developers and never hold customer text.

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plazo::rpc {

inline constexpr std::string_view kErrorDomain = "plazo";
inline constexpr absl::Duration kDefaultRetryDelay = absl::Seconds(1);

struct FieldViolation {
  std::string field;  // attachments[2].id
  std::string description;

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

struct ErrorDetails {
  std::string reason;  // UPPER_SNAKE_CASE; empty = no ErrorInfo
  std::string domain{kErrorDomain};
  std::vector<std::pair<std::string, std::string>> metadata;  // sorted by key when decoded
  std::vector<FieldViolation> violations;
  std::optional<absl::Duration> retry_delay;
};

grpc::Status MakeError(grpc::StatusCode code, std::string_view message, ErrorDetails details);

// FAILED_PRECONDITION: the domain says no.
grpc::Status Refused(std::string_view reason, std::string_view message);
// UNAVAILABLE: nothing was done, or a repeat is safe.
grpc::Status UnavailableError(std::string_view reason, std::string_view message,
                              absl::Duration retry_delay = kDefaultRetryDelay);

// The same code and message. INTERNAL and UNKNOWN lose their message: it goes to the log, not to
// the caller.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

// What a status carries; empty where it has no details or they cannot be read.
ErrorDetails DetailsOf(const grpc::Status& status);

// UNAVAILABLE, RESOURCE_EXHAUSTED or ABORTED: the same request may be sent again.
bool IsRetryable(const grpc::Status& status);

}  // namespace plazo::rpc
