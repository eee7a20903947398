// The environment's part of the reader: names of variables are derived from the message, never the
// other way round, because Kubernetes puts variables of its own (PLAZO_DESK_PORT=tcp://...) into
// every pod.

#include <algorithm>
#include <cctype>
#include <memory>

#include "platform/config/reader.h"
#include "platform/config/scalar.h"
#include "platform/config/schema.h"

namespace plazo::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Lookup = std::function<std::optional<std::string>(const std::string&)>;

constexpr int kMaxDepth = 8;

}  // namespace

// kafka.properties[0].value -> PLAZO_KAFKA_PROPERTIES_0_VALUE
std::string Reader::VariableName(const std::string& path) const {
  std::string name = environment_prefix_ + "_";
  for (const char c : path) {
    if (c == ']') continue;
    name.push_back(c == '.' || c == '['
                       ? '_'
                       : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  }
  return name;
}

bool Reader::ReadVariable(const std::string& name, const std::string& value, Message* message,
                          const FieldDescriptor& field, const std::string& path) {
  const Position position{"environment " + name, 0, 0};
  message->GetReflection()->ClearField(message, &field);
  MarkPresent(path, position);
  if (!field.is_repeated()) {
    const std::string fault = SetScalar(message, field, value, false);
    if (!fault.empty()) Error(position, path, fault);
    return true;
  }
  int index = 0;
  for (size_t begin = 0; begin < value.size();) {
    const size_t comma = std::min(value.find(',', begin), value.size());
    const std::string element_path = Join(path, index++);
    MarkPresent(element_path, position);
    const std::string fault = SetScalar(message, field, value.substr(begin, comma - begin), false);
    if (!fault.empty()) Error(position, element_path, fault);
    begin = comma + 1;
  }
  return true;
}

bool Reader::ReadVariableOf(const Lookup& lookup, Message* message, const FieldDescriptor& field,
                            const std::string& path) {
  const std::string name = VariableName(path);
  if (const std::optional<std::string> value = lookup(name))
    return ReadVariable(name, *value, message, field, path);
  if (!IsSecret(field)) return false;
  const std::optional<std::string> file = lookup(name + "_FILE");
  if (!file) return false;
  ReadSecretFile({"environment " + name + "_FILE", 0, 0}, *file, message, field, path);
  return true;
}

bool Reader::ReadEnvironment(const Lookup& lookup, Message* message, const std::string& path) {
  if (depth_ >= kMaxDepth) return false;
  ++depth_;
  bool any = false;
  const auto* type = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor& field = *type->field(i);
    const std::string field_path = Join(path, field.name());
    if (field.is_map()) continue;
    if (IsScalar(field)) {
      any |= ReadVariableOf(lookup, message, field, field_path);
    } else if (field.is_repeated()) {
      for (int k = 0; k < reflection->FieldSize(*message, &field); ++k) {
        any |= ReadEnvironment(lookup, reflection->MutableRepeatedMessage(message, &field, k),
                               Join(field_path, k));
      }
    } else if (reflection->HasField(*message, &field)) {
      any |= ReadEnvironment(lookup, reflection->MutableMessage(message, &field), field_path);
    } else {
      // Made only when something in it is set.
      const std::unique_ptr<Message> block(reflection->GetMessage(*message, &field).New());
      if (!ReadEnvironment(lookup, block.get(), field_path)) continue;
      reflection->MutableMessage(message, &field)->CopyFrom(*block);
      any = true;
    }
  }
  --depth_;
  return any;
}

}  // namespace plazo::config
