#pragma once

// What the calls of desk share: errors that name a field, and page tokens. A token says where to go
// on and carries a mark of what was asked, so that a token of another question is refused. Pure.

#include <absl/status/statusor.h>
#include <grpcpp/support/status.h>

#include <charconv>
#include <string>
#include <string_view>

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"
#include "platform/rpc/errors.h"

namespace plazo::desk {

inline grpc::Status NotFound(std::string_view field, std::string_view reason) {
  return rpc::MakeError(
      grpc::StatusCode::NOT_FOUND, std::string(field) + ": unknown",
      {.reason = std::string(reason), .violations = {{std::string(field), "unknown"}}});
}

inline grpc::Status Invalid(std::string_view field, std::string_view description) {
  return rpc::MakeError(grpc::StatusCode::INVALID_ARGUMENT,
                        std::string(field) + ": " + std::string(description),
                        {.violations = {{std::string(field), std::string(description)}}});
}

template <typename Request>
std::string MarkOf(const Request& request) {
  Request question = request;
  question.clear_page_token();
  question.clear_page_size();
  if constexpr (requires { question.clear_min_position(); }) question.clear_min_position();
  return Hex(Sha256(question.SerializeAsString()).substr(0, 6));
}

// Where a page begins, as NextToken was told; empty for the first page.
template <typename Request>
absl::StatusOr<std::string> CursorOf(const Request& request) {
  const std::string& token = request.page_token();
  if (token.empty()) return std::string();
  const size_t dash = token.rfind('-');
  if (dash == std::string::npos || dash == 0 || token.substr(dash + 1) != MarkOf(request)) {
    return absl::InvalidArgumentError("page_token: belongs to another request");
  }
  return token.substr(0, dash);
}

template <typename Request>
std::string TokenAt(const Request& request, const std::string& cursor) {
  return cursor + "-" + MarkOf(request);
}

// Pages of a list that is numbered.
template <typename Request>
absl::StatusOr<size_t> StartOf(const Request& request) {
  auto cursor = CursorOf(request);
  if (!cursor.ok()) return cursor.status();
  size_t start = 0;
  if (cursor->empty()) return start;
  if (std::from_chars(cursor->data(), cursor->data() + cursor->size(), start).ec != std::errc()) {
    return absl::InvalidArgumentError("page_token: is none");
  }
  return start;
}

template <typename Request>
std::string NextToken(const Request& request, size_t next, size_t total) {
  return next < total ? TokenAt(request, std::to_string(next)) : "";
}

}  // namespace plazo::desk
