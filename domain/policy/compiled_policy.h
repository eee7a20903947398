#pragma once

// A published policy, ready to decide with: calendars and texts compiled, rules looked up by what a
// ticket is. Made once per process and bundle, then shared; two processes that compile the same
// bundle decide alike.
//
// Immutable after Compile, so safe from any thread. Pointers and views it returns live as long as
// it does.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <memory>
#include <string>
#include <string_view>

#include "plazo/core/v1/types.pb.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::calendar {
class BusinessTime;
}
namespace plazo::classify {
class Classifier;
}

namespace plazo::policy {

// What rules are matched against.
struct Facts {
  core::v1::Channel channel = core::v1::CHANNEL_UNSPECIFIED;
  core::v1::Impact impact = core::v1::IMPACT_UNSPECIFIED;
  core::v1::Complexity complexity = core::v1::COMPLEXITY_UNSPECIFIED;
  core::v1::Department department = core::v1::DEPARTMENT_UNSPECIFIED;
  core::v1::Priority priority = core::v1::PRIORITY_UNSPECIFIED;
  std::string_view plan;
  std::string_view team;
};

class CompiledPolicy {
 public:
  // From the published form: zstd of a serialised PolicyBundle, at most kMaxBundleBytes.
  // kInvalidArgument names the field and what is wrong with it; everything that Check
  // (check.h) refuses is refused here too.
  static constexpr size_t kMaxBundleBytes = 256 * 1024;
  static absl::StatusOr<std::shared_ptr<const CompiledPolicy>> Compile(std::string_view bundle);

  ~CompiledPolicy();
  CompiledPolicy(const CompiledPolicy&) = delete;
  CompiledPolicy& operator=(const CompiledPolicy&) = delete;

  const v1::Policy& policy() const;
  const std::string& tenant() const;
  // Hex SHA-256 of the uncompressed bundle.
  const std::string& hash() const;
  const std::string& tzdb_version() const;

  // Round the clock for the empty name (and for one the policy does not have, which Compile refuses
  // anyway).
  const calendar::BusinessTime& CalendarFor(std::string_view name) const;
  const v1::Team* FindTeam(std::string_view id) const;
  // The default plan for an empty or unknown id; never null (a policy without plans has one that
  // includes everything).
  const v1::Plan& PlanFor(std::string_view id) const;
  // The first rule of the clock that matches; nullptr = this clock does not run.
  const v1::ClockRule* RuleFor(core::v1::ClockKind clock, const Facts& facts) const;
  // Name of the calendar a rule counts in, with `team` resolved; empty = round the clock.
  std::string CalendarName(const v1::ClockRule& rule, std::string_view team) const;
  const v1::EscalationCause* FindCause(std::string_view id) const;
  const v1::ResolutionEstimate* EstimateFor(core::v1::Complexity complexity) const;
  // Team for a classifier's answer, about a service that stands in `data_centre` (empty = unknown:
  // only entries for any place count); the first team where the policy names none.
  const v1::Team& TeamForClassified(std::string_view classified,
                                    std::string_view data_centre = {}) const;
  const v1::Team& FirstTeam() const;
  // Language to answer in: the wanted one if the policy speaks it, else its first.
  std::string_view LanguageFor(std::string_view wanted) const;
  const classify::Classifier& classifier() const;

 private:
  CompiledPolicy();
  struct State;
  std::unique_ptr<State> state_;
};

// The text in `language`, else in the first language given; empty for an empty list.
std::string_view Localised(const google::protobuf::RepeatedPtrField<v1::LocalisedText>& texts,
                           std::string_view language);

}  // namespace plazo::policy
