// A loaded policy for people: printed whole, or as what differs from another.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "cli/policy_file.h"
#include "platform/config/config.h"
#include "platform/config/scalar.h"
#include "platform/config/schema.h"

namespace plazo::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using policy::v1::Policy;

Policy Resolved(const Policy& policy) {
  Policy resolved = policy;
  for (policy::v1::ClockRule& rule : *resolved.mutable_clocks()) {
    if (!rule.has_limit()) *rule.mutable_limit() = rule.target();
    if (rule.pause() == policy::v1::PAUSE_RULE_UNSPECIFIED) {
      rule.set_pause(policy::v1::PAUSE_RULE_NEVER);
    }
  }
  return resolved;
}

// `a,b` of a scalar field, repeated or not.
std::string ScalarText(const Message& message, const FieldDescriptor& field) {
  if (!field.is_repeated()) return config::GetScalar(message, field, 0);
  std::string text;
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    text += (i == 0 ? "" : ",") + config::GetScalar(message, field, i);
  }
  return text;
}

// What tells an element from its neighbours: a name, and for rules what they match. Empty = nothing
// but its place does.
std::string NameOf(const Message& element) {
  static constexpr std::array kNames = {"id",          "name",       "language", "classified",
                                        "complexity",  "clock",      "link",     "data_centres",
                                        "match",       "channels",   "impacts",  "complexities",
                                        "departments", "priorities", "plans",    "teams"};
  const bool plan = element.GetDescriptor() == policy::v1::Plan::descriptor();
  std::string name;
  for (const char* key : kNames) {
    const FieldDescriptor* field = element.GetDescriptor()->FindFieldByName(key);
    if (field == nullptr || (plan && field->is_repeated())) continue;
    std::string part;
    if (config::IsScalar(*field)) {
      part = ScalarText(element, *field);
      if (field->is_repeated() && !part.empty()) part = field->name() + "=" + part;
    } else if (!field->is_repeated()) {
      part = NameOf(element.GetReflection()->GetMessage(element, field));
    }
    if (!part.empty()) name += (name.empty() ? "" : " ") + part;
  }
  return name;
}

// Every value of a policy with its path, in the order of the schema.
class Flat {
 public:
  explicit Flat(const Message& message) { AddFields(message, ""); }

  const std::vector<std::pair<std::string, std::string>>& values() const { return values_; }
  // Names of each list's elements, by the path of the list.
  const std::map<std::string, std::vector<std::string>>& orders() const { return orders_; }
  // nullptr = absent.
  const std::string* Find(const std::string& path) const {
    const auto it = by_path_.find(path);
    return it == by_path_.end() ? nullptr : &values_[it->second].second;
  }

 private:
  void AddFields(const Message& message, const std::string& path) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string field_path = config::Join(path, field->name());
      if (config::IsScalar(*field)) {
        by_path_.emplace(field_path, values_.size());
        values_.emplace_back(field_path, ScalarText(message, *field));
      } else if (field->is_repeated()) {
        AddElements(message, *field, field_path);
      } else {
        AddFields(message.GetReflection()->GetMessage(message, field), field_path);
      }
    }
  }

  void AddElements(const Message& message, const FieldDescriptor& field, const std::string& path) {
    std::map<std::string, int> seen;
    const int size = message.GetReflection()->FieldSize(message, &field);
    for (int i = 0; i < size; ++i) {
      const Message& element = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      std::string name = NameOf(element);
      const int before = seen[name]++;
      if (name.empty()) {
        name = std::to_string(before);
      } else if (before > 0) {
        name += "#" + std::to_string(before + 1);
      }
      AddFields(element, path + "[" + name + "]");
      orders_[path].push_back(std::move(name));
    }
  }

  std::vector<std::pair<std::string, std::string>> values_;
  std::map<std::string, size_t> by_path_;
  std::map<std::string, std::vector<std::string>> orders_;
};

// The names that `other` has too, in the order of `names`.
std::string Common(const std::vector<std::string>& names, const std::vector<std::string>& other) {
  std::string text;
  for (const std::string& name : names) {
    if (std::find(other.begin(), other.end(), name) == other.end()) continue;
    text += (text.empty() ? "" : "; ") + name;
  }
  return text;
}

// The first rule that matches counts: a policy differs when only their order does.
std::string DiffOrders(const Flat& old_values, const Flat& new_values) {
  std::string diff;
  for (const auto& [path, names] : old_values.orders()) {
    const auto now = new_values.orders().find(path);
    if (now == new_values.orders().end()) continue;
    const std::string before = Common(names, now->second);
    const std::string after = Common(now->second, names);
    if (before == after) continue;
    diff += "- order of " + path + ": " + before + "\n+ order of " + path + ": " + after + "\n";
  }
  return diff;
}

}  // namespace

std::string PrintPolicy(const PolicyFile& file) {
  const policy::CompiledPolicy& compiled = *file.compiled;
  std::string text = "# hash " + compiled.hash() + "\n# bundle " +
                     std::to_string(file.bundle.size()) + " of " +
                     std::to_string(policy::CompiledPolicy::kMaxBundleBytes) + " bytes, " +
                     std::to_string(file.content.lexicons_size()) + " lexicons, " +
                     std::to_string(file.content.zones_size()) + " time zones";
  if (!compiled.tzdb_version().empty()) text += " of tz database " + compiled.tzdb_version();
  return text + "\n" + config::Print(Resolved(file.content.policy()));
}

std::string DiffPolicies(const Policy& before, const Policy& after) {
  const Flat old_values(Resolved(before));
  const Flat new_values(Resolved(after));
  std::string diff;
  for (const auto& [path, value] : old_values.values()) {
    const std::string* now = new_values.Find(path);
    if (now != nullptr && *now == value) continue;
    diff += "- " + path + ": " + value + "\n";
    if (now != nullptr) diff += "+ " + path + ": " + *now + "\n";
  }
  for (const auto& [path, value] : new_values.values()) {
    if (old_values.Find(path) == nullptr) diff += "+ " + path + ": " + value + "\n";
  }
  return diff + DiffOrders(old_values, new_values);
}

}  // namespace plazo::cli
