#include <algorithm>

#include "domain/policy/check_parts.h"
#include "domain/policy/terms.h"

namespace plazo::policy {
namespace {

void CheckMail(const v1::Mail& mail, Findings& findings) {
  if (!IsDomain(mail.domain()))
    findings.Error("mail.domain", Quoted(mail.domain()) + " is no domain");
  findings.Line("mail.from_name", mail.from_name());
  findings.Address("mail.from_address", mail.from_address());
  findings.Addresses("mail.own_addresses", mail.own_addresses());
  const auto& own = mail.own_addresses();
  if (std::find(own.begin(), own.end(), mail.from_address()) == own.end()) {
    findings.Error("mail.own_addresses", "must have from_address: we would answer ourselves");
  }
}

void CheckLanguages(const v1::Policy& policy, Findings& findings) {
  if (policy.languages().empty()) findings.Error("languages", "must not be empty");
  Names seen;
  for (int i = 0; i < policy.languages_size(); ++i) {
    const std::string& language = policy.languages(i);
    if (!IsLanguage(language)) {
      findings.Error(At("languages", i), Quoted(language) + " is no ISO 639-1 code (en, es, ...)");
    } else if (!seen.insert(language).second) {
      findings.Error(At("languages", i), Quoted(language) + " is there twice");
    }
  }
}

void CheckCalendars(const v1::Policy& policy, Findings& findings) {
  Names seen;
  for (int i = 0; i < policy.calendars_size(); ++i) {
    const std::string path = At("calendars", i);
    const v1::Calendar& calendar = policy.calendars(i);
    findings.Id(path + ".name", calendar.name(), seen);
    if (calendar.name() == kCalendarOfTeam) {
      findings.Error(path + ".name", "\"team\" means the hours of whoever has the ticket");
    }
    for (FieldError& error : calendar::Validate(calendar)) {
      findings.Error(path + "." + error.path, std::move(error.message));
    }
  }
}

void CheckTeams(const v1::Policy& policy, Findings& findings) {
  if (policy.teams().empty()) findings.Error("teams", "must not be empty");
  Names seen;
  for (int i = 0; i < policy.teams_size(); ++i) {
    const std::string path = At("teams", i);
    const v1::Team& team = policy.teams(i);
    findings.Id(path + ".id", team.id(), seen);
    if (team.level() < 1 || team.level() > 9) findings.Error(path + ".level", "must be 1 to 9");
    findings.Texts(path + ".names", team.names());
    findings.Calendar(path + ".calendar", team.calendar());
    findings.Addresses(path + ".addresses", team.addresses());
  }
}

// F4
void CheckManagement(const v1::Management& management, Findings& findings) {
  if (management.addresses().empty()) {
    findings.Error("management.addresses",
                   "must not be empty: missed commitments are reported there");
  }
  findings.Addresses("management.addresses", management.addresses());
  findings.Positive("management.remind_every", management.remind_every());
  if (management.reminders() < 0) {
    findings.Error("management.reminders", "must not be negative");
  }
  findings.Language("management.language", management.language());
}

void CheckTelephone(const std::string& path, const v1::Plan& plan, Findings& findings) {
  const auto& channels = plan.channels();
  if (std::find(channels.begin(), channels.end(), core::v1::CHANNEL_TELEPHONE) != channels.end()) {
    findings.Calendar(path + ".telephone_calendar", plan.telephone_calendar());
    return;
  }
  constexpr const char* kNoTelephone = "is for plans whose channels include the telephone";
  if (!plan.telephone_calendar().empty()) {
    findings.Error(path + ".telephone_calendar", kNoTelephone);
  }
  if (plan.telephone_needs_case_number()) {
    findings.Error(path + ".telephone_needs_case_number", kNoTelephone);
  }
}

// F30-F32
void CheckPlans(const v1::Policy& policy, Findings& findings) {
  Names seen;
  int defaults = 0;
  for (int i = 0; i < policy.plans_size(); ++i) {
    const std::string path = At("plans", i);
    const v1::Plan& plan = policy.plans(i);
    findings.Id(path + ".id", plan.id(), seen);
    if (!plan.names().empty()) findings.Texts(path + ".names", plan.names());
    if (plan.channels().empty()) findings.Error(path + ".channels", "must not be empty");
    findings.Enums(path + ".channels", plan.channels(), core::v1::Channel_IsValid);
    CheckTelephone(path, plan, findings);
    if (plan.default_() && ++defaults > 1) {
      findings.Error(path + ".default", "a plan before is the default already");
    }
  }
  if (policy.plans_size() > 0 && defaults == 0) {
    findings.Error("plans", "none has default: true; customers without a plan get that one");
  }
}

}  // namespace

void CheckProvider(const v1::Policy& policy, Findings& findings) {
  if (!IsId(policy.tenant())) {
    findings.Error("tenant", "must be lower case letters, digits and dashes, at most 63");
  }
  findings.Line("display_name", policy.display_name());
  CheckMail(policy.mail(), findings);
  CheckLanguages(policy, findings);
  if (policy.time_zone().empty()) findings.Error("time_zone", "is required");
  CheckCalendars(policy, findings);
}

void CheckPeople(const v1::Policy& policy, Findings& findings) {
  CheckTeams(policy, findings);
  CheckManagement(policy.management(), findings);
  CheckPlans(policy, findings);
}

}  // namespace plazo::policy
