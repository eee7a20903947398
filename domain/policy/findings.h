#pragma once

// Collects what is wrong with a policy, and asks the questions that come up in many of its parts.
// Names are gathered first, so that references may point forward. One check, one owner; the policy
// outlives it.

#include <absl/time/time.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/policy/check.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::policy {

// In ClockRule.calendar: the hours of whoever has the ticket.
inline constexpr std::string_view kCalendarOfTeam = "team";

using Names = std::set<std::string, std::less<>>;

std::string At(std::string_view list, int index);
std::string Quoted(std::string_view word);
absl::Duration ToAbsl(const google::protobuf::Duration& duration);

// Whatever a later entry lets through, an earlier one lets through too; an empty list matches all.
template <typename List>
bool Covers(const List& earlier, const List& later) {
  if (earlier.empty()) return true;
  return !later.empty() && std::all_of(later.begin(), later.end(), [&](const auto& value) {
    return std::find(earlier.begin(), earlier.end(), value) != earlier.end();
  });
}
std::string NeverCounts(std::string_view list, int earlier);

class Findings {
 public:
  explicit Findings(const v1::Policy& policy);

  void Error(std::string path, std::string message) {
    errors_.push_back({std::move(path), std::move(message)});
  }
  std::vector<FieldError> Take() { return std::move(errors_); }

  void Line(const std::string& path, const std::string& text);
  // `seen` remembers what the list had before.
  void Id(const std::string& path, const std::string& id, Names& seen);
  void Address(const std::string& path, const std::string& address);
  void Addresses(const std::string& path,
                 const google::protobuf::RepeatedPtrField<std::string>& addresses);
  // Each language of the policy once and no other: nobody is answered half in another language.
  void Texts(const std::string& path,
             const google::protobuf::RepeatedPtrField<v1::LocalisedText>& texts);
  // More than nothing and at most 100 years; true when it is.
  bool Positive(const std::string& path, const google::protobuf::Duration& duration);

  // References; an empty name is allowed for calendars and languages.
  void Calendar(const std::string& path, const std::string& name);
  void Language(const std::string& path, const std::string& name);
  void Team(const std::string& path, const std::string& id);
  void Plan(const std::string& path, const std::string& id);

  // Enum values: none unspecified or unknown, none twice.
  template <typename Values>
  void Enums(const std::string& path, const Values& values, bool (*is_valid)(int)) {
    std::set<int> seen;
    for (int i = 0; i < values.size(); ++i) {
      if (values[i] == 0 || !is_valid(values[i])) Error(At(path, i), "is no known value");
      if (!seen.insert(values[i]).second) Error(At(path, i), "is there twice");
    }
  }

 private:
  void Reference(const std::string& path, const std::string& name, const Names& known,
                 std::string_view what);

  Names languages_;
  Names calendars_;
  Names teams_;
  Names plans_;
  std::vector<FieldError> errors_;
};

}  // namespace plazo::policy
