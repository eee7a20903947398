#pragma once

// A reply of Redis (RESP2) as a value. The typed readers return INTERNAL when the reply is of
// another type, so that a script and its caller cannot disagree silently; a kError reply gives its
// own status.

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::redis {

class Reply {
 public:
  enum class Type { kNil, kStatus, kString, kInteger, kArray, kError };

  static Reply Nil() { return Reply(Type::kNil); }
  static Reply Ok() { return Text(Type::kStatus, "OK"); }
  static Reply String(std::string_view text) { return Text(Type::kString, text); }
  static Reply StatusText(std::string_view text) { return Text(Type::kStatus, text); }
  static Reply Error(std::string_view text) { return Text(Type::kError, text); }
  static Reply Integer(int64_t value);
  static Reply Array(std::vector<Reply> elements);

  Reply() = default;

  Type type() const { return type_; }
  bool is_nil() const { return type_ == Type::kNil; }
  bool is_error() const { return type_ == Type::kError; }

  // OK unless this is a kError; see redis.h for the codes.
  absl::Status ToStatus() const;

  // An integer, or a string that is one.
  absl::StatusOr<int64_t> AsInteger() const;
  // A string or status line.
  absl::StatusOr<std::string> AsString() const;
  // Likewise, nullopt for nil.
  absl::StatusOr<std::optional<std::string>> AsOptionalString() const;
  absl::StatusOr<std::vector<std::string>> AsStrings() const;

  // Valid for the matching type only; empty otherwise.
  const std::vector<Reply>& elements() const { return elements_; }
  const std::string& text() const { return text_; }
  int64_t integer() const { return integer_; }

  // For messages of failed tests.
  std::string DebugString() const;

  friend bool operator==(const Reply&, const Reply&) = default;

 private:
  explicit Reply(Type type) : type_(type) {}
  static Reply Text(Type type, std::string_view text);

  Type type_ = Type::kNil;
  int64_t integer_ = 0;
  std::string text_;
  std::vector<Reply> elements_;
};

}  // namespace plazo::redis
