#include "domain/policy/check.h"

#include "domain/policy/check_parts.h"
#include "domain/policy/findings.h"

namespace plazo::policy {
namespace {

void CheckZones(const v1::PolicyBundle& bundle, std::vector<FieldError>& errors) {
  Names zones;
  for (int i = 0; i < bundle.zones_size(); ++i) {
    if (!zones.insert(bundle.zones(i).name()).second) {
      errors.push_back({At("zones", i), Quoted(bundle.zones(i).name()) + " is there twice"});
    }
  }
  const v1::Policy& policy = bundle.policy();
  if (!policy.time_zone().empty() && !zones.contains(policy.time_zone())) {
    errors.push_back({"time_zone", "the bundle has no table of " + Quoted(policy.time_zone())});
  }
  for (int i = 0; i < policy.calendars_size(); ++i) {
    const std::string& zone = policy.calendars(i).time_zone();
    if (zone.empty() || zones.contains(zone)) continue;
    errors.push_back(
        {At("calendars", i) + ".time_zone", "the bundle has no table of " + Quoted(zone)});
  }
}

void CheckIntents(const std::string& path,
                  const google::protobuf::RepeatedPtrField<std::string>& wanted, const Names& known,
                  std::vector<FieldError>& errors) {
  for (int i = 0; i < wanted.size(); ++i) {
    if (known.contains(wanted[i])) continue;
    errors.push_back({At(path + ".intents", i), "no lexicon has an intent " + Quoted(wanted[i])});
  }
}

void CheckLexicons(const v1::PolicyBundle& bundle, std::vector<FieldError>& errors) {
  Names languages;
  Names intents;
  for (const v1::Lexicon& lexicon : bundle.lexicons()) {
    languages.insert(lexicon.language());
    for (const v1::Intent& intent : lexicon.intents()) intents.insert(intent.name());
  }
  const v1::Policy& policy = bundle.policy();
  for (int i = 0; i < policy.languages_size(); ++i) {
    if (languages.contains(policy.languages(i))) continue;
    errors.push_back({At("languages", i), "there is no lexicon of this language"});
  }
  for (int i = 0; i < policy.knowledge_base_size(); ++i) {
    CheckIntents(At("knowledge_base", i), policy.knowledge_base(i).intents(), intents, errors);
  }
  for (int i = 0; i < policy.saved_answers_size(); ++i) {
    CheckIntents(At("saved_answers", i), policy.saved_answers(i).intents(), intents, errors);
  }
}

}  // namespace

std::vector<FieldError> Check(const v1::Policy& policy) {
  Findings findings(policy);
  CheckProvider(policy, findings);
  CheckPeople(policy, findings);
  CheckClocks(policy, findings);
  CheckRouting(policy, findings);
  CheckHousekeeping(policy, findings);
  return findings.Take();
}

std::vector<FieldError> CheckBundle(const v1::PolicyBundle& bundle) {
  std::vector<FieldError> errors = Check(bundle.policy());
  CheckZones(bundle, errors);
  CheckLexicons(bundle, errors);
  return errors;
}

std::vector<std::string> ZonesOf(const v1::Policy& policy) {
  Names zones;
  if (!policy.time_zone().empty()) zones.insert(policy.time_zone());
  for (const v1::Calendar& calendar : policy.calendars()) {
    if (!calendar.time_zone().empty()) zones.insert(calendar.time_zone());
  }
  return {zones.begin(), zones.end()};
}

std::string ToText(const std::vector<FieldError>& errors) {
  std::string text;
  for (const FieldError& error : errors) text += error.path + ": " + error.message + "\n";
  return text;
}

}  // namespace plazo::policy
