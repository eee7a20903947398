#include "domain/policy/compiled_policy.h"

#include <algorithm>
#include <utility>

#include "domain/calendar/business_time.h"
#include "domain/classify/classifier.h"
#include "domain/policy/check.h"
#include "domain/policy/findings.h"
#include "platform/base/encoding.h"
#include "platform/base/sha256.h"
#include "platform/base/status.h"
#include "platform/base/string_map.h"
#include "platform/base/zstd.h"

namespace plazo::policy {
namespace {

using calendar::BusinessTime;

// Real bundles hold a few hundred KiB; the bound keeps a crafted one from filling memory.
constexpr size_t kMaxContentBytes = 16 * 1024 * 1024;

template <typename List, typename Value>
bool Allows(const List& list, const Value& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

bool Matches(const v1::Match& match, const Facts& facts, std::string_view plan) {
  return Allows(match.channels(), facts.channel) && Allows(match.impacts(), facts.impact) &&
         Allows(match.complexities(), facts.complexity) &&
         Allows(match.departments(), facts.department) &&
         Allows(match.priorities(), facts.priority) && Allows(match.plans(), plan) &&
         Allows(match.teams(), facts.team);
}

BusinessTime RoundTheClock() {
  v1::Calendar calendar;
  calendar.set_time_zone("UTC");
  calendar.set_always_open(true);
  v1::ZoneTable utc;
  utc.set_name("UTC");
  return *BusinessTime::Compile(calendar, utc);
}

v1::Plan PlanWithEverything() {
  v1::Plan plan;
  plan.set_default_(true);
  for (int i = core::v1::Channel_MIN + 1; i <= core::v1::Channel_MAX; ++i) {
    if (core::v1::Channel_IsValid(i)) plan.add_channels(static_cast<core::v1::Channel>(i));
  }
  return plan;
}

absl::StatusOr<v1::PolicyBundle> Read(std::string_view content) {
  v1::PolicyBundle bundle;
  if (!bundle.ParseFromArray(content.data(), static_cast<int>(content.size()))) {
    return InvalidArgument("policy bundle: not a PolicyBundle");
  }
  if (const std::vector<FieldError> errors = CheckBundle(bundle); !errors.empty()) {
    return InvalidArgument(ToText(errors));
  }
  return bundle;
}

}  // namespace

struct CompiledPolicy::State {
  v1::PolicyBundle bundle;
  std::string hash;
  std::string tzdb_version;
  BusinessTime round_the_clock = RoundTheClock();
  StringMap<BusinessTime> calendars;
  v1::Plan plan_with_everything = PlanWithEverything();
  const v1::Plan* default_plan = nullptr;
  std::unique_ptr<classify::Classifier> classifier;

  absl::Status CompileCalendars();
  absl::Status CompileClassifier();
};

absl::Status CompiledPolicy::State::CompileCalendars() {
  std::string faults;
  const v1::Policy& policy = bundle.policy();
  for (int i = 0; i < policy.calendars_size(); ++i) {
    const v1::Calendar& calendar = policy.calendars(i);
    // CheckBundle saw to it that the zone is there.
    const auto zone =
        std::find_if(bundle.zones().begin(), bundle.zones().end(),
                     [&](const v1::ZoneTable& z) { return z.name() == calendar.time_zone(); });
    absl::StatusOr<BusinessTime> compiled = BusinessTime::Compile(calendar, *zone);
    if (!compiled.ok()) {
      faults += "calendars[" + std::to_string(i) +
                "]: " + std::string(ToStd(compiled.status().message())) + "\n";
      continue;
    }
    calendars.emplace(calendar.name(), *std::move(compiled));
  }
  return faults.empty() ? absl::OkStatus() : InvalidArgument(faults);
}

absl::Status CompiledPolicy::State::CompileClassifier() {
  auto compiled = classify::Classifier::Compile(bundle.lexicons());
  if (!compiled.ok()) return Annotate(compiled.status(), "lexicons");
  classifier = *std::move(compiled);
  return absl::OkStatus();
}

CompiledPolicy::CompiledPolicy() : state_(std::make_unique<State>()) {}
CompiledPolicy::~CompiledPolicy() = default;

absl::StatusOr<std::shared_ptr<const CompiledPolicy>> CompiledPolicy::Compile(
    std::string_view bundle) {
  if (bundle.size() > kMaxBundleBytes) {
    return InvalidArgument("policy bundle: " + std::to_string(bundle.size()) +
                           " bytes, more than " + std::to_string(kMaxBundleBytes));
  }
  absl::StatusOr<std::string> content = ZstdDecompress(bundle, kMaxContentBytes);
  if (!content.ok()) {
    return InvalidArgument("policy bundle: " + std::string(ToStd(content.status().message())));
  }
  absl::StatusOr<v1::PolicyBundle> read = Read(*content);
  if (!read.ok()) return read.status();

  std::shared_ptr<CompiledPolicy> compiled(new CompiledPolicy);
  State& state = *compiled->state_;
  state.bundle = *std::move(read);
  state.hash = Hex(Sha256(*content));
  for (const v1::ZoneTable& zone : state.bundle.zones()) {
    if (state.tzdb_version.empty()) state.tzdb_version = zone.tzdb_version();
  }
  PLAZO_RETURN_IF_ERROR(state.CompileCalendars());
  PLAZO_RETURN_IF_ERROR(state.CompileClassifier());
  state.default_plan = &state.plan_with_everything;
  for (const v1::Plan& plan : state.bundle.policy().plans()) {
    if (plan.default_()) state.default_plan = &plan;
  }
  return std::shared_ptr<const CompiledPolicy>(std::move(compiled));
}

const v1::Policy& CompiledPolicy::policy() const { return state_->bundle.policy(); }
const std::string& CompiledPolicy::tenant() const { return policy().tenant(); }
const std::string& CompiledPolicy::hash() const { return state_->hash; }
const std::string& CompiledPolicy::tzdb_version() const { return state_->tzdb_version; }
const classify::Classifier& CompiledPolicy::classifier() const { return *state_->classifier; }

const BusinessTime& CompiledPolicy::CalendarFor(std::string_view name) const {
  const auto it = state_->calendars.find(name);
  return it == state_->calendars.end() ? state_->round_the_clock : it->second;
}

const v1::Team* CompiledPolicy::FindTeam(std::string_view id) const {
  for (const v1::Team& team : policy().teams()) {
    if (team.id() == id) return &team;
  }
  return nullptr;
}

const v1::Plan& CompiledPolicy::PlanFor(std::string_view id) const {
  for (const v1::Plan& plan : policy().plans()) {
    if (plan.id() == id) return plan;
  }
  return *state_->default_plan;
}

const v1::ClockRule* CompiledPolicy::RuleFor(core::v1::ClockKind clock, const Facts& facts) const {
  const std::string_view plan = PlanFor(facts.plan).id();
  for (const v1::ClockRule& rule : policy().clocks()) {
    if (rule.clock() == clock && Matches(rule.match(), facts, plan)) return &rule;
  }
  return nullptr;
}

std::string CompiledPolicy::CalendarName(const v1::ClockRule& rule, std::string_view team) const {
  if (rule.calendar() != kCalendarOfTeam) return rule.calendar();
  const v1::Team* found = FindTeam(team);
  return found == nullptr ? std::string() : found->calendar();
}

const v1::EscalationCause* CompiledPolicy::FindCause(std::string_view id) const {
  for (const v1::EscalationCause& cause : policy().escalation_causes()) {
    if (cause.id() == id) return &cause;
  }
  return nullptr;
}

const v1::ResolutionEstimate* CompiledPolicy::EstimateFor(core::v1::Complexity complexity) const {
  for (const v1::ResolutionEstimate& estimate : policy().estimates()) {
    if (estimate.complexity() == complexity) return &estimate;
  }
  return nullptr;
}

const v1::Team& CompiledPolicy::TeamForClassified(std::string_view classified,
                                                  std::string_view data_centre) const {
  for (const v1::TeamFor& entry : policy().routing().teams()) {
    if (entry.classified() == classified && Allows(entry.data_centres(), data_centre)) {
      return *FindTeam(entry.team());
    }
  }
  return FirstTeam();
}

const v1::Team& CompiledPolicy::FirstTeam() const {
  return *FindTeam(policy().routing().first_team());
}

std::string_view CompiledPolicy::LanguageFor(std::string_view wanted) const {
  const auto& languages = policy().languages();
  const auto it = std::find(languages.begin(), languages.end(), wanted);
  return it == languages.end() ? languages.Get(0) : *it;
}

std::string_view Localised(const google::protobuf::RepeatedPtrField<v1::LocalisedText>& texts,
                           std::string_view language) {
  for (const v1::LocalisedText& text : texts) {
    if (text.language() == language) return text.text();
  }
  return texts.empty() ? std::string_view() : std::string_view(texts.Get(0).text());
}

}  // namespace plazo::policy
