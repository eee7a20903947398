#include "cli/fields.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "domain/core/proto_time.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// `name[key=value]` of a path, or just `name`.
struct Step {
  std::string name, key, value;
};

Step ParseStep(std::string_view text) {
  const size_t open = text.find('['), equals = text.find('=');
  if (open == std::string_view::npos || equals == std::string_view::npos || text.back() != ']') {
    return {std::string(text), {}, {}};
  }
  return {std::string(text.substr(0, open)), std::string(text.substr(open + 1, equals - open - 1)),
          std::string(text.substr(equals + 1, text.size() - equals - 2))};
}

std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + '_';
}

bool Unspecified(const EnumValueDescriptor& value) {
  return value.number() == 0 && absl::EndsWith(value.name(), "_UNSPECIFIED");
}

std::vector<std::string> NamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (!Unspecified(*type.value(i))) names.push_back(ShortName(*type.value(i)));
  }
  return names;
}

absl::Status Wrong(const FieldDescriptor& field, std::string_view what) {
  return InvalidArgument(field.name() + ": " + std::string(what));
}

template <typename Value, typename Set, typename Add>
absl::Status Put(Message& message, const FieldDescriptor& field, Value value, Set set, Add add) {
  const auto* reflection = message.GetReflection();
  if (field.is_repeated()) {
    (reflection->*add)(&message, &field, value);
  } else {
    (reflection->*set)(&message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status SetEnum(Message& message, const FieldDescriptor& field, std::string_view text) {
  using google::protobuf::Reflection;
  const EnumDescriptor& type = *field.enum_type();
  std::string known;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (value->name() == text || (ShortName(*value) == text && !text.empty())) {
      return Put(message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
    }
    if (!Unspecified(*value)) known += (known.empty() ? "" : ", ") + ShortName(*value);
  }
  return Wrong(field, "must be one of " + known);
}

absl::Status SetTime(Message& message, std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return InvalidArgument("must be a time such as 2026-03-01T09:00:00+01:00");
  }
  static_cast<google::protobuf::Timestamp&>(message) = ToProto(time);
  return absl::OkStatus();
}

absl::Status SetDuration(Message& message, std::string_view text) {
  const auto duration = config::ParseDuration(text);
  if (!duration) return InvalidArgument("must be a duration such as 2h30m");
  static_cast<google::protobuf::Duration&>(message) = ToProto(*duration);
  return absl::OkStatus();
}

// key=value,key=value
absl::Status SetMembers(Message& message, std::string_view text) {
  while (!text.empty()) {
    const std::string_view member = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), member.size() + 1));
    const size_t equals = member.find('=');
    if (equals == std::string_view::npos) return InvalidArgument("must be key=value,key=value");
    PLAZO_RETURN_IF_ERROR(SetField(message, member.substr(0, equals), member.substr(equals + 1)));
  }
  return absl::OkStatus();
}

absl::Status SetMessage(Message& message, const FieldDescriptor& field, std::string_view text) {
  Message* target = field.is_repeated() ? message.GetReflection()->AddMessage(&message, &field)
                                        : message.GetReflection()->MutableMessage(&message, &field);
  const std::string& type = field.message_type()->full_name();
  const absl::Status set = type == "google.protobuf.Timestamp"  ? SetTime(*target, text)
                           : type == "google.protobuf.Duration" ? SetDuration(*target, text)
                                                                : SetMembers(*target, text);
  return Annotate(set, field.name());
}

absl::Status SetNumber(Message& message, const FieldDescriptor& field, std::string_view text) {
  using google::protobuf::Reflection;
  int64_t number = 0;
  if (!absl::SimpleAtoi(ToAbsl(text), &number)) return Wrong(field, "must be a number");
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    return Put(message, field, number, &Reflection::SetInt64, &Reflection::AddInt64);
  }
  if (number != static_cast<int32_t>(number)) return Wrong(field, "is too large");
  return Put(message, field, static_cast<int32_t>(number), &Reflection::SetInt32,
             &Reflection::AddInt32);
}

absl::Status SetHere(Message& message, const FieldDescriptor& field, std::string_view text) {
  using google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Put(message, field, std::string(text), &Reflection::SetString, &Reflection::AddString);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return Wrong(field, "must be true or false");
      return Put(message, field, text == "true", &Reflection::SetBool, &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber(message, field, text);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(message, field, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, field, text);
    default:
      return Wrong(field, "cannot be given as text");
  }
}

// The element of a repeated message in which `key` says `value`.
absl::StatusOr<Message*> Select(Message& message, const FieldDescriptor& list, const Step& step) {
  const auto* reflection = message.GetReflection();
  std::unique_ptr<Message> wanted(
      reflection->GetMessageFactory()->GetPrototype(list.message_type())->New());
  PLAZO_RETURN_IF_ERROR(SetField(*wanted, step.key, step.value));
  const FieldDescriptor* key = list.message_type()->FindFieldByName(step.key);
  const auto same = [&](const Message& element) {
    return key->cpp_type() == FieldDescriptor::CPPTYPE_ENUM
               ? element.GetReflection()->GetEnumValue(element, key) ==
                     wanted->GetReflection()->GetEnumValue(*wanted, key)
               : element.GetReflection()->GetString(element, key) ==
                     wanted->GetReflection()->GetString(*wanted, key);
  };
  for (int i = 0; i < reflection->FieldSize(message, &list); ++i) {
    if (same(reflection->GetRepeatedMessage(message, &list, i))) {
      return reflection->MutableRepeatedMessage(&message, &list, i);
    }
  }
  Message* added = reflection->AddMessage(&message, &list);
  added->CopyFrom(*wanted);
  return added;
}

}  // namespace

absl::Status SetField(Message& message, std::string_view path, std::string_view text) {
  const size_t dot = path.find('.');
  const Step step = ParseStep(path.substr(0, dot));
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(step.name);
  if (field == nullptr) return InvalidArgument("there is no field " + step.name);
  if (dot == std::string_view::npos) return SetHere(message, *field, text);
  const std::string_view rest = path.substr(dot + 1);
  if (step.key.empty()) {
    return SetField(*message.GetReflection()->MutableMessage(&message, field), rest, text);
  }
  absl::StatusOr<Message*> element = Select(message, *field, step);
  if (!element.ok()) return element.status();
  return text.empty() ? absl::OkStatus() : SetField(**element, rest, text);
}

const FieldDescriptor* FindField(const Descriptor& message, std::string_view path) {
  const size_t dot = path.find('.');
  const FieldDescriptor* field = message.FindFieldByName(ParseStep(path.substr(0, dot)).name);
  if (field == nullptr || dot == std::string_view::npos) return field;
  return field->message_type() == nullptr ? nullptr
                                          : FindField(*field->message_type(), path.substr(dot + 1));
}

std::string ShortName(const EnumValueDescriptor& value) {
  if (Unspecified(value)) return {};
  std::string name = value.name();
  const std::string prefix = EnumPrefix(*value.type());
  if (name.compare(0, prefix.size(), prefix) == 0) name.erase(0, prefix.size());
  return absl::AsciiStrToLower(name);
}

std::vector<std::string> Choices(const FieldDescriptor& field) {
  return field.enum_type() == nullptr ? std::vector<std::string>() : NamesOf(*field.enum_type());
}

}  // namespace plazo::cli
