#pragma once

// Collects every fault of a request, so that the caller hears of all at once.
//
//   FieldViolations v;
//   v.Text("subject", request.subject(), {.required = true, .max_bytes = 1000});
//   v.Require("body", !request.body().empty(), "must not be empty");
//   if (!v.ok()) return Finish(v.ToGrpc());
//
// Paths are proto field names from the request down. One owner, short-lived.

#include <grpcpp/support/status.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "platform/rpc/errors.h"

namespace plazo::rpc {

struct TextRule {
  bool required = false;       // not empty
  size_t max_bytes = 1 << 20;  // of UTF-8
  bool single_line = false;    // no control characters
};

class FieldViolations {
 public:
  bool ok() const { return violations_.empty(); }
  const std::vector<FieldViolation>& violations() const { return violations_; }

  void Add(std::string_view field, std::string_view description);
  // Adds the description unless the condition holds; returns the condition.
  bool Require(std::string_view field, bool condition, std::string_view description);
  // Checks presence, length and UTF-8; reports the first that fails.
  bool Text(std::string_view field, std::string_view value, const TextRule& rule);
  bool MaxCount(std::string_view field, size_t count, size_t max);
  // [a-zA-Z0-9._:@-]{1,max_bytes}: ids that callers choose.
  bool Id(std::string_view field, std::string_view value, size_t max_bytes = 128);

  // INVALID_ARGUMENT with a BadRequest; the message names the first field and the count. Only when
  // !ok().
  grpc::Status ToGrpc() const;

 private:
  std::vector<FieldViolation> violations_;
};

// "attachments[2].id"
std::string FieldPath(std::string_view list, size_t index, std::string_view field = {});

}  // namespace plazo::rpc
