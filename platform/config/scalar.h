#pragma once

// One YAML scalar into one field, and back.

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

namespace plazo::config {

// Sets the field (adds to it when repeated) from the text of a scalar; `quoted` = it stood in
// quotes, which only strings, enums, durations, times of day and times may. Returns what is wrong,
// or an empty string. Never repeats a secret's value.
std::string SetScalar(google::protobuf::Message* message,
                      const google::protobuf::FieldDescriptor& field, std::string_view text,
                      bool quoted);

// The text SetScalar reads. `index` is for repeated fields.
std::string GetScalar(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor& field, int index);

// The value as a number, a Duration in seconds; for fields with min or max.
double GetNumber(const google::protobuf::Message& message,
                 const google::protobuf::FieldDescriptor& field, int index);

}  // namespace plazo::config
