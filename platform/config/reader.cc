#include "platform/config/reader.h"

#include <utility>

#include "platform/base/file.h"
#include "platform/base/status.h"
#include "platform/config/scalar.h"
#include "platform/config/schema.h"

namespace plazo::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

constexpr size_t kMaxSecret = 64 << 10;
constexpr int kMaxNodes = 1'000'000;
constexpr std::string_view kFileSuffix = "_file";

std::string_view Kind(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "a single value";
    default:
      return "nothing";
  }
}

bool IsQuoted(const YAML::Node& node) { return node.Tag() == "!"; }

// The secret whose key is `key` = <secret>_file.
const FieldDescriptor* SecretNamed(const Descriptor& type, const std::string& key) {
  if (!key.ends_with(kFileSuffix)) return nullptr;
  const FieldDescriptor* field =
      type.FindFieldByName(key.substr(0, key.size() - kFileSuffix.size()));
  return field != nullptr && IsSecret(*field) ? field : nullptr;
}

// The other member of the field's oneof that already has a value.
const FieldDescriptor* Rival(const Message& message, const FieldDescriptor& field) {
  const OneofDescriptor* oneof = field.real_containing_oneof();
  if (oneof == nullptr) return nullptr;
  const FieldDescriptor* set = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
  return set == &field ? nullptr : set;
}

}  // namespace

Reader::Reader(std::string source, std::string folder, std::string environment_prefix,
               ConfigErrors* errors, Positions* positions)
    : source_(std::move(source)),
      folder_(std::move(folder)),
      environment_prefix_(std::move(environment_prefix)),
      errors_(errors),
      positions_(positions) {
  positions_->Set("", {source_, 0, 0});
}

Position Reader::At(const YAML::Node& node) const {
  const YAML::Mark mark = node.Mark();
  if (in_default_ || mark.is_null()) return {source_, 0, 0};
  return {source_, mark.line + 1, mark.column + 1};
}

void Reader::Error(const Position& position, std::string_view path, std::string_view message) {
  faulty_.insert(std::string(path));
  errors_->Add(position, path, message);
}

void Reader::MarkPresent(const std::string& path, const Position& position) {
  present_.insert(path);
  if (!in_default_) positions_->Set(path, position);
}

bool Reader::ReadText(std::string_view text, Message* message) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || (documents.size() == 1 && documents[0].IsNull())) return true;
    if (documents.size() == 1 && documents[0].IsMap()) {
      ReadMap(documents[0], message, "");
      return true;
    }
    if (documents.size() > 1) {
      Error(At(documents[1]), "", "more than one document in the file");
    } else {
      Error(At(documents[0]), "",
            "expected a map of keys and values, got " + std::string(Kind(documents[0])));
    }
  } catch (const YAML::Exception& e) {
    // The library throws on malformed text; nothing of ours does.
    Error({source_, e.mark.line + 1, e.mark.column + 1}, "", "not valid YAML: " + e.msg);
  }
  return false;
}

void Reader::ReadMap(const YAML::Node& map, Message* message, const std::string& path) {
  const Descriptor& type = *message->GetDescriptor();
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (++nodes_ > kMaxNodes) return;
    if (!entry.first.IsScalar()) {
      Error(At(entry.first), path, "a key must be a plain word");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    const std::string key_path = Join(path, key);
    if (!seen.insert(key).second) {
      Error(At(entry.first), key_path, "given twice in the same map");
      continue;
    }
    if (const FieldDescriptor* field = type.FindFieldByName(key)) {
      ReadField(entry.first, entry.second, message, *field, key_path);
    } else if (const FieldDescriptor* secret = SecretNamed(type, key)) {
      if (!entry.second.IsScalar() || entry.second.Scalar().empty()) {
        Error(At(entry.second), key_path, "expected the path of a file");
        continue;
      }
      ReadSecretFile(At(entry.second), entry.second.Scalar(), message, *secret,
                     Join(path, secret->name()));
    } else {
      Error(At(entry.first), key_path, "unknown key" + DidYouMean(key, KeysOf(type)));
    }
  }
  if (nodes_ == kMaxNodes) Error(At(map), path, "more than a million values");
}

void Reader::ReadField(const YAML::Node& key, const YAML::Node& value, Message* message,
                       const FieldDescriptor& field, const std::string& path) {
  // A default fills gaps only.
  if (in_default_ &&
      (Rival(*message, field) || (Present(path) && (IsScalar(field) || field.is_repeated()))))
    return;
  if (IsSecret(field)) {
    return Error(
        At(key), path,
        "a secret does not stand here: give " + field.name() + "_file" +
            (environment_prefix_.empty() ? "" : " or the environment's " + VariableName(path)));
  }
  if (const FieldDescriptor* rival = Rival(*message, field)) {
    return Error(At(key), path, "excludes " + rival->name() + ", which is given too");
  }
  if (value.IsNull()) return Error(At(key), path, "has no value");
  // Where the key stands, until the value is known to be right.
  MarkPresent(path, At(key));
  if (field.is_map()) return Error(At(key), path, "map fields are not supported");
  if (field.is_repeated()) return ReadList(value, message, field, path);
  ReadElement(value, message, field, path);
}

void Reader::ReadList(const YAML::Node& list, Message* message, const FieldDescriptor& field,
                      const std::string& path) {
  if (!list.IsSequence())
    return Error(At(list), path, "expected a list, got " + std::string(Kind(list)));
  int index = 0;
  for (const auto& element : list) {
    if (++nodes_ > kMaxNodes) return;
    const std::string element_path = Join(path, index++);
    MarkPresent(element_path, At(element));
    ReadElement(element, message, field, element_path);
  }
}

void Reader::ReadElement(const YAML::Node& value, Message* message, const FieldDescriptor& field,
                         const std::string& path) {
  if (!IsScalar(field)) {
    auto* reflection = message->GetReflection();
    Message* inner = field.is_repeated() ? reflection->AddMessage(message, &field)
                                         : reflection->MutableMessage(message, &field);
    if (!value.IsMap())
      return Error(At(value), path, "expected a map, got " + std::string(Kind(value)));
    return ReadMap(value, inner, path);
  }
  if (!value.IsScalar())
    return Error(At(value), path, "expected a single value, got " + std::string(Kind(value)));
  MarkPresent(path, At(value));
  const std::string fault = SetScalar(message, field, value.Scalar(), IsQuoted(value));
  if (!fault.empty()) Error(At(value), path, fault);
}

void Reader::ReadSecretFile(const Position& position, const std::string& file, Message* message,
                            const FieldDescriptor& field, const std::string& path) {
  MarkPresent(path, position);
  const std::string full = file.starts_with('/') || folder_.empty() ? file : folder_ + "/" + file;
  absl::StatusOr<std::string> content = ReadFile(full, kMaxSecret);
  if (!content.ok()) return Error(position, path, ToStd(content.status().message()));
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  const std::string fault = SetScalar(message, field, *content, false);
  if (!fault.empty()) Error(position, path, fault);
}

}  // namespace plazo::config
