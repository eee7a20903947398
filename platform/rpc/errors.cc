#include "platform/rpc/errors.h"

#include <algorithm>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "platform/base/status.h"

namespace plazo::rpc {
namespace {

bool WantsRetryInfo(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

void AddErrorInfo(const ErrorDetails& details, google::rpc::Status* status) {
  if (details.reason.empty()) return;
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason);
  info.set_domain(details.domain);
  for (const auto& [key, value] : details.metadata) (*info.mutable_metadata())[key] = value;
  status->add_details()->PackFrom(info);
}

void AddBadRequest(const ErrorDetails& details, google::rpc::Status* status) {
  if (details.violations.empty()) return;
  google::rpc::BadRequest bad;
  for (const FieldViolation& violation : details.violations) {
    auto* out = bad.add_field_violations();
    out->set_field(violation.field);
    out->set_description(violation.description);
  }
  status->add_details()->PackFrom(bad);
}

void AddRetryInfo(const ErrorDetails& details, google::rpc::Status* status) {
  if (!details.retry_delay) return;
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(*details.retry_delay, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  status->add_details()->PackFrom(retry);
}

void Read(const google::rpc::ErrorInfo& info, ErrorDetails* details) {
  details->reason = info.reason();
  details->domain = info.domain();
  for (const auto& [key, value] : info.metadata()) details->metadata.emplace_back(key, value);
  std::sort(details->metadata.begin(), details->metadata.end());
}

void Read(const google::rpc::BadRequest& bad, ErrorDetails* details) {
  for (const auto& violation : bad.field_violations()) {
    details->violations.push_back({violation.field(), violation.description()});
  }
}

void Read(const google::rpc::RetryInfo& retry, ErrorDetails* details) {
  details->retry_delay =
      absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
}

}  // namespace

grpc::Status MakeError(grpc::StatusCode code, std::string_view message, ErrorDetails details) {
  if (WantsRetryInfo(code) && !details.retry_delay) details.retry_delay = kDefaultRetryDelay;
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(std::string(message));
  AddErrorInfo(details, &status);
  AddBadRequest(details, &status);
  AddRetryInfo(details, &status);
  if (status.details().empty()) return grpc::Status(code, std::string(message));
  return grpc::Status(code, std::string(message), status.SerializeAsString());
}

grpc::Status Refused(std::string_view reason, std::string_view message) {
  return MakeError(grpc::StatusCode::FAILED_PRECONDITION, message, {.reason = std::string(reason)});
}

grpc::Status UnavailableError(std::string_view reason, std::string_view message,
                              absl::Duration retry_delay) {
  return MakeError(grpc::StatusCode::UNAVAILABLE, message,
                   {.reason = std::string(reason), .retry_delay = retry_delay});
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both enums have the numbers of google.rpc.Code.
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  if (code == grpc::StatusCode::INTERNAL || code == grpc::StatusCode::UNKNOWN) {
    return grpc::Status(code, "internal error");
  }
  return MakeError(code, ToStd(status.message()), {});
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

ErrorDetails DetailsOf(const grpc::Status& status) {
  ErrorDetails details;
  details.domain.clear();
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details()))
    return details;
  for (const auto& any : rich.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) Read(info, &details);
    if (google::rpc::BadRequest bad; any.UnpackTo(&bad)) Read(bad, &details);
    if (google::rpc::RetryInfo retry; any.UnpackTo(&retry)) Read(retry, &details);
  }
  return details;
}

bool IsRetryable(const grpc::Status& status) {
  return WantsRetryInfo(status.error_code()) || status.error_code() == grpc::StatusCode::ABORTED;
}

}  // namespace plazo::rpc
