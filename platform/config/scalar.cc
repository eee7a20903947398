#include "platform/config/scalar.h"

#include <absl/strings/escaping.h>
#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "platform/base/encoding.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"
#include "platform/config/schema.h"

namespace plazo::config {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Expected(std::string_view what, const FieldDescriptor& field, std::string_view text,
                     bool quoted) {
  std::string message = "expected " + std::string(what);
  if (IsSecret(field)) return message;
  constexpr size_t kShown = 60;
  message += quoted ? ", got the quoted \"" : ", got \"";
  message += absl::Utf8SafeCHexEscape(ToAbsl(text.substr(0, kShown)));
  return message + (text.size() > kShown ? "...\"" : "\"");
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Set or Add of one C++ type, whichever the field wants.
template <typename T>
struct Setter {
  Message* message;
  const FieldDescriptor* field;
  void (Reflection::*set)(Message*, const FieldDescriptor*, T) const;
  void (Reflection::*add)(Message*, const FieldDescriptor*, T) const;

  void operator()(T value) const {
    const Reflection* reflection = message->GetReflection();
    (reflection->*(field->is_repeated() ? add : set))(message, field, std::move(value));
  }
};

template <typename T>
std::string SetInteger(const Setter<T>& set, std::string_view text, bool quoted) {
  const FieldDescriptor& field = *set.field;
  const bool byte_size = IsByteSize(field);
  const std::string_view kind = byte_size ? "a size like 512, 64KiB or 5MiB"
                                : std::numeric_limits<T>::is_signed
                                    ? "a whole number"
                                    : "a whole number that is not negative";
  if (!quoted) {
    if (byte_size) {
      const std::optional<uint64_t> size = ParseByteSize(text);
      if (size && *size <= static_cast<uint64_t>(std::numeric_limits<T>::max())) {
        set(static_cast<T>(*size));
        return {};
      }
    } else if (const std::optional<T> value = ParseNumber<T>(text)) {
      set(*value);
      return {};
    }
  }
  return Expected(kind, field, text, quoted);
}

std::string SetLocalTime(const Setter<uint32_t>& set, std::string_view text, bool quoted) {
  const std::optional<uint32_t> second = ParseLocalTime(text);
  if (!second) return Expected("a time of day like 09:00", *set.field, text, quoted);
  set(*second);
  return {};
}

template <typename T>
std::string SetReal(const Setter<T>& set, std::string_view text, bool quoted) {
  const std::optional<T> value = quoted ? std::nullopt : ParseNumber<T>(text);
  if (!value || !std::isfinite(*value)) return Expected("a number", *set.field, text, quoted);
  set(*value);
  return {};
}

std::string SetBool(const Setter<bool>& set, std::string_view text, bool quoted) {
  if (quoted || (text != "true" && text != "false"))
    return Expected("true or false", *set.field, text, quoted);
  set(text == "true");
  return {};
}

std::string SetEnum(const Setter<int>& set, std::string_view text, bool quoted) {
  const EnumDescriptor& type = *set.field->enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string name = EnumValueName(*type.value(i));
    if (name != text || name == "unspecified") continue;
    set(type.value(i)->number());
    return {};
  }
  std::string list;
  const std::vector<std::string> names = EnumValueNames(type);
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return Expected("one of " + list, *set.field, text, quoted) + DidYouMean(text, names);
}

std::string SetText(const Setter<std::string>& set, std::string_view text) {
  if (set.field->type() == FieldDescriptor::TYPE_STRING && !IsValidUtf8(text))
    return "is not valid UTF-8";
  set(std::string(text));
  return {};
}

Message* MutableOrAdd(Message* message, const FieldDescriptor& field) {
  const Reflection* reflection = message->GetReflection();
  return field.is_repeated() ? reflection->AddMessage(message, &field)
                             : reflection->MutableMessage(message, &field);
}

// Both types have the fields seconds = 1 and nanos = 2; by reflection, so that dynamic messages
// work too.
void SetSecondsAndNanos(Message* message, int64_t seconds, int64_t nanos) {
  const auto* type = message->GetDescriptor();
  message->GetReflection()->SetInt64(message, type->FindFieldByNumber(1), seconds);
  message->GetReflection()->SetInt32(message, type->FindFieldByNumber(2),
                                     static_cast<int32_t>(nanos));
}

absl::Duration SecondsAndNanos(const Message& message) {
  const auto* type = message.GetDescriptor();
  return absl::Seconds(message.GetReflection()->GetInt64(message, type->FindFieldByNumber(1))) +
         absl::Nanoseconds(message.GetReflection()->GetInt32(message, type->FindFieldByNumber(2)));
}

std::string SetTime(Message* message, const FieldDescriptor& field, std::string_view text,
                    bool quoted) {
  if (IsDuration(field)) {
    const std::optional<absl::Duration> parsed = ParseDuration(text);
    if (!parsed) return Expected("a duration like 10m, 2h30m or 500ms", field, text, quoted);
    absl::Duration rest;
    const int64_t seconds = absl::IDivDuration(*parsed, absl::Seconds(1), &rest);
    SetSecondsAndNanos(MutableOrAdd(message, field), seconds, absl::ToInt64Nanoseconds(rest));
    return {};
  }
  absl::Time time;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &ignored) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return Expected("a time like 2030-01-31T09:00:00Z", field, text, quoted);
  }
  const int64_t seconds = absl::ToUnixSeconds(time);
  SetSecondsAndNanos(MutableOrAdd(message, field), seconds,
                     absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)));
  return {};
}

const Message& MessageAt(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection* reflection = message.GetReflection();
  return field.is_repeated() ? reflection->GetRepeatedMessage(message, &field, index)
                             : reflection->GetMessage(message, &field);
}

std::string FormatReal(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end);
}

}  // namespace

std::string SetScalar(Message* message, const FieldDescriptor& field, std::string_view text,
                      bool quoted) {
  using R = Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetInteger(Setter<int32_t>{message, &field, &R::SetInt32, &R::AddInt32}, text, quoted);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetInteger(Setter<int64_t>{message, &field, &R::SetInt64, &R::AddInt64}, text, quoted);
    case FieldDescriptor::CPPTYPE_UINT32: {
      const Setter<uint32_t> set{message, &field, &R::SetUInt32, &R::AddUInt32};
      return IsLocalTime(field) ? SetLocalTime(set, text, quoted) : SetInteger(set, text, quoted);
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetInteger(Setter<uint64_t>{message, &field, &R::SetUInt64, &R::AddUInt64}, text,
                        quoted);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SetReal(Setter<float>{message, &field, &R::SetFloat, &R::AddFloat}, text, quoted);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetReal(Setter<double>{message, &field, &R::SetDouble, &R::AddDouble}, text, quoted);
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(Setter<bool>{message, &field, &R::SetBool, &R::AddBool}, text, quoted);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(Setter<int>{message, &field, &R::SetEnumValue, &R::AddEnumValue}, text,
                     quoted);
    case FieldDescriptor::CPPTYPE_STRING:
      return SetText(Setter<std::string>{message, &field, &R::SetString, &R::AddString}, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return SetTime(message, field, text, quoted);
}

double GetNumber(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection* r = message.GetReflection();
  const bool many = field.is_repeated();
  const FieldDescriptor* f = &field;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? r->GetRepeatedInt32(message, f, index) : r->GetInt32(message, f);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(many ? r->GetRepeatedInt64(message, f, index)
                                      : r->GetInt64(message, f));
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? r->GetRepeatedUInt32(message, f, index) : r->GetUInt32(message, f);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(many ? r->GetRepeatedUInt64(message, f, index)
                                      : r->GetUInt64(message, f));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return many ? r->GetRepeatedFloat(message, f, index) : r->GetFloat(message, f);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? r->GetRepeatedDouble(message, f, index) : r->GetDouble(message, f);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return absl::ToDoubleSeconds(SecondsAndNanos(MessageAt(message, field, index)));
    default:
      return 0;
  }
}

std::string GetScalar(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection* r = message.GetReflection();
  const bool many = field.is_repeated();
  const FieldDescriptor* f = &field;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(many ? r->GetRepeatedInt64(message, f, index)
                                 : r->GetInt64(message, f));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(many ? r->GetRepeatedUInt64(message, f, index)
                                 : r->GetUInt64(message, f));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (many ? r->GetRepeatedBool(message, f, index) : r->GetBool(message, f)) ? "true"
                                                                                     : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumValueName(
          *(many ? r->GetRepeatedEnum(message, f, index) : r->GetEnum(message, f)));
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? r->GetRepeatedString(message, f, index) : r->GetString(message, f);
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const absl::Duration value = SecondsAndNanos(MessageAt(message, field, index));
      if (IsDuration(field)) return DurationText(value);
      return absl::FormatTime(absl::RFC3339_full, absl::UnixEpoch() + value, absl::UTCTimeZone());
    }
    default:
      if (IsLocalTime(field)) {
        return LocalTimeText(static_cast<uint32_t>(GetNumber(message, field, index)));
      }
      return FormatReal(GetNumber(message, field, index));
  }
}

}  // namespace plazo::config
