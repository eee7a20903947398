#pragma once

// Fields of messages set from text as people write it on a command line. Pure.
//
//   SetField(request, "agent.id", "ana");
//   SetField(request, "impact", "high");              enum values by their short names
//   SetField(request, "remaining", "2h30m");          durations; times in RFC 3339
//   SetField(request, "services", "name=web1,kind=vps");   an element of a repeated message
//   SetField(request, "addresses[type=billing].addresses", "b@c.example");
//                                                     the element that has this, made if missing

#include <absl/status/status.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace plazo::cli {

// kInvalidArgument says what is wrong; repeated fields take one more element. Empty text where the
// path selects an element only makes the element.
absl::Status SetField(google::protobuf::Message& message, std::string_view path,
                      std::string_view text);

// nullptr when the path names no field of the message.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& message,
                                                   std::string_view path);

// CLOCK_KIND_FIRST_RESPONSE = first_response. Empty for the unspecified value.
std::string ShortName(const google::protobuf::EnumValueDescriptor& value);
template <typename Enum>
std::string ShortName(Enum value) {
  const auto* found = google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value);
  return found == nullptr ? std::to_string(static_cast<int>(value)) : ShortName(*found);
}
// All that may be said, in order; empty when the field is no enum.
std::vector<std::string> Choices(const google::protobuf::FieldDescriptor& field);

}  // namespace plazo::cli
