#include "domain/policy/findings.h"

#include "domain/policy/terms.h"

namespace plazo::policy {
namespace {

constexpr absl::Duration kLongest = absl::Hours(100 * 366 * 24);
constexpr std::string_view kTwice = " is there twice";

}  // namespace

std::string At(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

std::string Quoted(std::string_view word) { return "\"" + std::string(word) + "\""; }

std::string NeverCounts(std::string_view list, int earlier) {
  return "never counts: " + At(list, earlier) + " comes first and matches all that this one does";
}

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

Findings::Findings(const v1::Policy& policy)
    : languages_(policy.languages().begin(), policy.languages().end()) {
  for (const v1::Calendar& calendar : policy.calendars()) calendars_.insert(calendar.name());
  for (const v1::Team& team : policy.teams()) teams_.insert(team.id());
  for (const v1::Plan& plan : policy.plans()) plans_.insert(plan.id());
}

void Findings::Line(const std::string& path, const std::string& text) {
  if (!IsLine(text)) Error(path, "must be one line of text, not empty");
}

void Findings::Id(const std::string& path, const std::string& id, Names& seen) {
  if (!IsId(id)) {
    Error(path, Quoted(id) + " must be lower case letters, digits and dashes, at most 63");
  } else if (!seen.insert(id).second) {
    Error(path, Quoted(id).append(kTwice));
  }
}

void Findings::Address(const std::string& path, const std::string& address) {
  if (!IsAddress(address)) Error(path, Quoted(address) + " is no mail address");
}

void Findings::Addresses(const std::string& path,
                         const google::protobuf::RepeatedPtrField<std::string>& addresses) {
  Names seen;
  for (int i = 0; i < addresses.size(); ++i) {
    Address(At(path, i), addresses[i]);
    if (!seen.insert(addresses[i]).second) Error(At(path, i), Quoted(addresses[i]).append(kTwice));
  }
}

void Findings::Texts(const std::string& path,
                     const google::protobuf::RepeatedPtrField<v1::LocalisedText>& texts) {
  Names seen;
  for (int i = 0; i < texts.size(); ++i) {
    const std::string& language = texts[i].language();
    const std::string language_path = At(path, i) + ".language";
    if (!languages_.contains(language)) {
      Error(language_path, Quoted(language) + " is not among the policy's languages");
    }
    if (!seen.insert(language).second) Error(language_path, Quoted(language).append(kTwice));
    if (!IsText(texts[i].text())) {
      Error(At(path, i) + ".text", "must be text without control characters, not empty");
    }
  }
  for (const std::string& language : languages_) {
    if (!seen.contains(language)) Error(path, "has no text in " + Quoted(language));
  }
}

bool Findings::Positive(const std::string& path, const google::protobuf::Duration& duration) {
  const absl::Duration value = ToAbsl(duration);
  if (value > absl::ZeroDuration() && value <= kLongest) return true;
  Error(path, "must be more than 0 and at most 100 years");
  return false;
}

void Findings::Calendar(const std::string& path, const std::string& name) {
  if (!name.empty()) Reference(path, name, calendars_, "calendar");
}

void Findings::Language(const std::string& path, const std::string& name) {
  if (!name.empty() && !languages_.contains(name)) {
    Error(path, Quoted(name) + " is not among the policy's languages");
  }
}

void Findings::Team(const std::string& path, const std::string& id) {
  Reference(path, id, teams_, "team");
}

void Findings::Plan(const std::string& path, const std::string& id) {
  Reference(path, id, plans_, "plan");
}

void Findings::Reference(const std::string& path, const std::string& name, const Names& known,
                         std::string_view what) {
  if (!known.contains(name)) Error(path, "there is no " + std::string(what) + " " + Quoted(name));
}

}  // namespace plazo::policy
