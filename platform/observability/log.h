#pragma once

// One JSON object a line on standard error, one line an event:
//
//   Log(Level::kInfo, "lane restored", {{"partition", 3}, {"records", n}, {"trace_id",
//   trace.TraceId()}});
//   {"time":"2030-01-02T03:04:05.678Z","level":"info","service":"plazo-router","message":"lane
//   restored",...}
//
// The message is a constant phrase (people search for it, alerts match it); what varies goes into
// fields. Keys are snake_case; `time`, `level`, `service`, `instance` and `message` are taken. What
// customers wrote appears in a field only as CustomerText, which shows its length unless the level
// is debug.
//
// Thread-safe, usable before InitLog (info, service "plazo"). The process has one log: it is the
// only global here. Bytes that are no UTF-8 are replaced, so that every line is valid JSON.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace plazo::observability {

enum class Level { kDebug, kInfo, kWarning, kError };

struct LogOptions {
  std::string service = "plazo";
  std::string instance;  // empty = left out
  Level level = Level::kInfo;
};

void InitLog(const LogOptions& options);
bool LogEnabled(Level level);

// Text a customer or agent wrote: subject, body, address.
struct CustomerText {
  std::string_view text;
};

// A field holds views: it lives for the call of Log only.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value)
      : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  Field(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<int64_t>(value)) {}
  template <std::unsigned_integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<uint64_t>(value)) {}
  Field(std::string_view key, CustomerText value) : key_(key), value_(value) {}
  // RFC 3339 in UTC with milliseconds.
  Field(std::string_view key, absl::Time value) : key_(key), value_(value) {}
  // Milliseconds as a number: let the key end in _ms.
  Field(std::string_view key, absl::Duration value)
      : key_(key), value_(absl::ToDoubleMilliseconds(value)) {}
  // `CODE: message`.
  Field(std::string_view key, const absl::Status& value) : key_(key), value_(value.ToString()) {}

  using Value = std::variant<std::string_view, std::string, bool, int64_t, uint64_t, double,
                             absl::Time, CustomerText>;
  std::string_view key() const { return key_; }
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void LogDebug(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<Field> fields = {}) {
  Log(Level::kError, message, fields);
}

}  // namespace plazo::observability
