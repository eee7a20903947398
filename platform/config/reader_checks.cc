// The reader's work on a message that has been read: defaults, then the demands of options.proto.

#include <re2/re2.h>

#include <cstdio>

#include "platform/config/duration.h"
#include "platform/config/reader.h"
#include "platform/config/scalar.h"
#include "platform/config/schema.h"
#include "plazo/config/v1/options.pb.h"

namespace plazo::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool HasValue(const Message& message, const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  return field.is_repeated() ? reflection->FieldSize(message, &field) > 0
                             : reflection->HasField(message, &field);
}

std::string FormatBound(const FieldDescriptor& field, double bound) {
  if (IsDuration(field)) return DurationText(absl::Seconds(bound));
  char text[40];
  std::snprintf(text, sizeof text, "%.15g", bound);
  return text;
}

}  // namespace

void Reader::ApplyDefault(Message* message, const FieldDescriptor& field, const std::string& path) {
  try {
    YAML::Node node = YAML::Load(DefaultValue(field));
    if (!IsScalar(field) && !field.is_repeated()) {
      if (node.IsMap())
        return ReadMap(node, message->GetReflection()->MutableMessage(message, &field), path);
    } else if (!Present(path)) {
      return ReadField(node, node, message, field, path);
    }
  } catch (const YAML::Exception&) {
    Error({source_, 0, 0}, path, "the schema's default_value is not valid YAML");
  }
}

void Reader::ApplyDefaults(Message* message, const std::string& path) {
  const auto* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    const std::string field_path = Join(path, field.name());
    const bool block = !IsScalar(field) && !field.is_repeated();
    if (block && !reflection->HasField(*message, &field)) {
      if (!IsCreatedWhenAbsent(field)) continue;
      reflection->MutableMessage(message, &field);
    }
    if (!DefaultValue(field).empty() && field.real_containing_oneof() == nullptr) {
      in_default_ = true;
      ApplyDefault(message, field, field_path);
      in_default_ = false;
    }
    if (block) {
      ApplyDefaults(reflection->MutableMessage(message, &field), field_path);
    } else if (!IsScalar(field) && !field.is_map()) {
      for (int k = 0; k < reflection->FieldSize(*message, &field); ++k) {
        ApplyDefaults(reflection->MutableRepeatedMessage(message, &field, k), Join(field_path, k));
      }
    }
  }
}

void Reader::CheckPresence(const Message& message, const FieldDescriptor& field,
                           const std::string& path) {
  const bool present = Present(path) || HasValue(message, field);
  if (!present && IsRequired(field)) {
    std::string how = "is required";
    if (IsSecret(field)) {
      how += ": give " + field.name() + "_file";
      if (!environment_prefix_.empty()) how += " or the environment's " + VariableName(path);
    }
    Error(positions_->Find(path), path, how);
  }
  if (!present || !field.options().GetExtension(v1::non_empty)) return;
  const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field.is_repeated();
  if (text ? GetScalar(message, field, 0).empty() : !HasValue(message, field)) {
    Error(positions_->Find(path), path, "must not be empty");
  }
}

void Reader::CheckValue(const Message& message, const FieldDescriptor& field, int index,
                        const std::string& path) {
  const auto& options = field.options();
  const bool min = options.HasExtension(v1::min);
  const bool max = options.HasExtension(v1::max);
  if (min || max) {
    const double value = GetNumber(message, field, index);
    if (min && value < options.GetExtension(v1::min)) {
      Error(positions_->Find(path), path,
            "must be at least " + FormatBound(field, options.GetExtension(v1::min)));
    }
    if (max && value > options.GetExtension(v1::max)) {
      Error(positions_->Find(path), path,
            "must be at most " + FormatBound(field, options.GetExtension(v1::max)));
    }
  }
  const std::string& pattern = options.GetExtension(v1::pattern);
  if (pattern.empty() || field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
  const std::string value = GetScalar(message, field, index);
  if (!value.empty() && !RE2::FullMatch(value, pattern)) {
    Error(positions_->Find(path), path, "must have the form " + pattern);
  }
}

void Reader::Check(const Message& message, const std::string& path) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    if (field.is_map()) continue;
    const std::string field_path = Join(path, field.name());
    if (faulty_.contains(field_path)) continue;
    CheckPresence(message, field, field_path);
    if (field.is_repeated()) {
      for (int k = 0; k < reflection->FieldSize(message, &field); ++k) {
        const std::string element_path = Join(field_path, k);
        if (faulty_.contains(element_path)) continue;
        if (IsScalar(field)) {
          CheckValue(message, field, k, element_path);
        } else {
          Check(reflection->GetRepeatedMessage(message, &field, k), element_path);
        }
      }
    } else if (!IsScalar(field)) {
      if (reflection->HasField(message, &field))
        Check(reflection->GetMessage(message, &field), field_path);
    } else if (Present(field_path)) {
      CheckValue(message, field, 0, field_path);
    }
  }
}

}  // namespace plazo::config
