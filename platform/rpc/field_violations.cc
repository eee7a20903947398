#include "platform/rpc/field_violations.h"

#include <algorithm>

#include "platform/base/encoding.h"

namespace plazo::rpc {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:@-").find(c) != std::string_view::npos;
}

}  // namespace

void FieldViolations::Add(std::string_view field, std::string_view description) {
  violations_.push_back({std::string(field), std::string(description)});
}

bool FieldViolations::Require(std::string_view field, bool condition,
                              std::string_view description) {
  if (!condition) Add(field, description);
  return condition;
}

bool FieldViolations::Text(std::string_view field, std::string_view value, const TextRule& rule) {
  if (value.empty()) return Require(field, !rule.required, "must not be empty");
  return Require(field, value.size() <= rule.max_bytes,
                 "must not be longer than " + std::to_string(rule.max_bytes) + " bytes") &&
         Require(field, IsValidUtf8(value), "must be UTF-8") &&
         Require(field, value.find('\0') == std::string_view::npos, "must not hold NUL bytes") &&
         Require(field, !rule.single_line || std::none_of(value.begin(), value.end(), IsControl),
                 "must be one line without control characters");
}

bool FieldViolations::MaxCount(std::string_view field, size_t count, size_t max) {
  return Require(field, count <= max,
                 "must not have more than " + std::to_string(max) + " entries");
}

bool FieldViolations::Id(std::string_view field, std::string_view value, size_t max_bytes) {
  return Require(field, !value.empty(), "must not be empty") &&
         Require(field, value.size() <= max_bytes,
                 "must not be longer than " + std::to_string(max_bytes) + " bytes") &&
         Require(field, std::all_of(value.begin(), value.end(), IsIdCharacter),
                 "may hold letters, digits and . _ : @ - only");
}

grpc::Status FieldViolations::ToGrpc() const {
  std::string message = violations_.empty()
                            ? "invalid request"
                            : violations_.front().field + ": " + violations_.front().description;
  if (violations_.size() > 1)
    message += " (and " + std::to_string(violations_.size() - 1) + " more)";
  return MakeError(grpc::StatusCode::INVALID_ARGUMENT, message,
                   {.reason = "INVALID_REQUEST", .violations = violations_});
}

std::string FieldPath(std::string_view list, size_t index, std::string_view field) {
  std::string path = std::string(list) + "[" + std::to_string(index) + "]";
  if (!field.empty()) path.append(".").append(field);
  return path;
}

}  // namespace plazo::rpc
