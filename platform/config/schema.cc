#include "platform/config/schema.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "plazo/config/v1/options.pb.h"

namespace plazo::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

bool IsMessage(const FieldDescriptor& field, std::string_view name) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == name;
}

bool HasRequired(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    if (IsRequired(*type.field(i))) return true;
  }
  return false;
}

// `above` holds the types around this one, so that a recursive type ends.
bool HasDefaults(const Descriptor& type, std::vector<const Descriptor*>& above) {
  if (std::find(above.begin(), above.end(), &type) != above.end()) return false;
  above.push_back(&type);
  bool found = false;
  for (int i = 0; i < type.field_count() && !found; ++i) {
    const FieldDescriptor& field = *type.field(i);
    found = !DefaultValue(field).empty() ||
            (!IsScalar(field) && !field.is_repeated() && !field.containing_oneof() &&
             !HasRequired(*field.message_type()) && HasDefaults(*field.message_type(), above));
  }
  above.pop_back();
  return found;
}

// Length of the beginning that all value names share, up to and with an underscore.
size_t PrefixLength(const EnumDescriptor& type) {
  std::string prefix = type.value(0)->name();
  for (int i = 1; i < type.value_count(); ++i) {
    const std::string& name = type.value(i)->name();
    const auto [end, other] = std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end());
    prefix.erase(end, prefix.end());
  }
  const size_t underscore = prefix.rfind('_');
  return underscore == std::string::npos || type.value_count() == 1 ? 0 : underscore + 1;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

bool IsDuration(const FieldDescriptor& field) {
  return IsMessage(field, "google.protobuf.Duration");
}
bool IsTimestamp(const FieldDescriptor& field) {
  return IsMessage(field, "google.protobuf.Timestamp");
}

bool IsScalar(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsDuration(field) ||
         IsTimestamp(field);
}

bool IsRequired(const FieldDescriptor& field) { return field.options().GetExtension(v1::required); }
bool IsSecret(const FieldDescriptor& field) { return field.options().GetExtension(v1::secret); }
bool IsByteSize(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::byte_size);
}
bool IsLocalTime(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::local_time);
}
std::string DefaultValue(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::default_value);
}

bool IsCreatedWhenAbsent(const FieldDescriptor& field) {
  if (IsScalar(field) || field.is_repeated() || field.containing_oneof() != nullptr ||
      IsRequired(field))
    return false;
  if (!DefaultValue(field).empty()) return true;
  std::vector<const Descriptor*> above;
  return !HasRequired(*field.message_type()) && HasDefaults(*field.message_type(), above);
}

std::string EnumValueName(const EnumValueDescriptor& value) {
  std::string name = value.name().substr(PrefixLength(*value.type()));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return name;
}

std::vector<std::string> EnumValueNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    std::string name = EnumValueName(*type.value(i));
    if (name != "unspecified") names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> KeysOf(const Descriptor& type) {
  std::vector<std::string> keys;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    keys.push_back(IsSecret(field) ? field.name() + "_file" : field.name());
  }
  return keys;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  size_t best = std::max<size_t>(2, word.size() / 3) + 1;
  std::string_view nearest;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    // A short word is "near" everything: at least half of it must be right.
    if (distance < best && distance * 2 <= candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  if (nearest.empty()) return {};
  return " (did you mean \"" + std::string(nearest) + "\"?)";
}

std::string Join(std::string_view path, std::string_view field) {
  std::string joined(path);
  if (!joined.empty()) joined.push_back('.');
  return joined.append(field);
}

std::string Join(std::string_view path, int index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

}  // namespace plazo::config
