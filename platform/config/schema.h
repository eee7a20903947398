#pragma once

// What the loader, the checks and the printer need to know of a field. Pure functions over
// descriptors.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

namespace plazo::config {

// Written as one YAML scalar: everything but messages, and of those Duration and Timestamp.
bool IsScalar(const google::protobuf::FieldDescriptor& field);
bool IsDuration(const google::protobuf::FieldDescriptor& field);
bool IsTimestamp(const google::protobuf::FieldDescriptor& field);

bool IsRequired(const google::protobuf::FieldDescriptor& field);
bool IsSecret(const google::protobuf::FieldDescriptor& field);
bool IsByteSize(const google::protobuf::FieldDescriptor& field);
bool IsLocalTime(const google::protobuf::FieldDescriptor& field);
// Empty = none.
std::string DefaultValue(const google::protobuf::FieldDescriptor& field);

// An absent block that is created for the defaults in it: see options.proto.
bool IsCreatedWhenAbsent(const google::protobuf::FieldDescriptor& field);

// LOG_LEVEL_INFO -> info.
std::string EnumValueName(const google::protobuf::EnumValueDescriptor& value);
// All but _UNSPECIFIED.
std::vector<std::string> EnumValueNames(const google::protobuf::EnumDescriptor& type);

// Keys a map for this message may have: field names, <secret>_file for secrets.
std::vector<std::string> KeysOf(const google::protobuf::Descriptor& type);

// ` (did you mean "x"?)` for the nearest candidate, or nothing when none is near.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

// a + b -> a.b; "" + b -> b.
std::string Join(std::string_view path, std::string_view field);
std::string Join(std::string_view path, int index);

}  // namespace plazo::config
