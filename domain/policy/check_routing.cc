#include <algorithm>
#include <array>

#include "domain/classify/classifier.h"
#include "domain/policy/check_parts.h"
#include "domain/policy/terms.h"

namespace plazo::policy {
namespace {

constexpr std::array kClassified = {classify::kSupportEngineers, classify::kBilling,
                                    classify::kDataCentre, classify::kSystemAdministrators};

void CheckTeams(const v1::Routing& routing, Findings& findings) {
  if (routing.teams().empty()) findings.Error("routing.teams", "must not be empty");
  for (int i = 0; i < routing.teams_size(); ++i) {
    const std::string path = At("routing.teams", i);
    const v1::TeamFor& entry = routing.teams(i);
    if (std::find(kClassified.begin(), kClassified.end(), entry.classified()) ==
        kClassified.end()) {
      findings.Error(path + ".classified", Quoted(entry.classified()) +
                                               " is none of support-engineers, billing, "
                                               "data-centre, system-administrators");
    }
    for (int j = 0; j < i; ++j) {
      const v1::TeamFor& earlier = routing.teams(j);
      if (earlier.classified() != entry.classified()) continue;
      if (!Covers(earlier.data_centres(), entry.data_centres())) continue;
      findings.Error(path, NeverCounts("routing.teams", j));
      break;
    }
    findings.Team(path + ".team", entry.team());
  }
  findings.Team("routing.first_team", routing.first_team());
  if (!(routing.unsure_below() >= 0 && routing.unsure_below() <= 1)) {
    findings.Error("routing.unsure_below", "must be 0 to 1");
  }
}

// Two ends of an estimate, both optional.
template <typename Estimate>
void CheckRange(const std::string& path, const Estimate& estimate, Findings& findings) {
  if (estimate.has_typical()) findings.Positive(path + ".typical", estimate.typical());
  if (estimate.has_upper() && findings.Positive(path + ".upper", estimate.upper()) &&
      ToAbsl(estimate.upper()) < ToAbsl(estimate.typical())) {
    findings.Error(path + ".upper", "must not be less than typical");
  }
}

// F11, F12, I19: what an escalation tells the customer.
void CheckCauses(const v1::Policy& policy, Findings& findings) {
  Names seen;
  for (int i = 0; i < policy.escalation_causes_size(); ++i) {
    const std::string path = At("escalation_causes", i);
    const v1::EscalationCause& cause = policy.escalation_causes(i);
    findings.Id(path + ".id", cause.id(), seen);
    findings.Texts(path + ".reasons", cause.reasons());
    findings.Texts(path + ".next_steps", cause.next_steps());
    CheckRange(path, cause, findings);
  }
}

// F14-F17
void CheckEstimates(const v1::Policy& policy, Findings& findings) {
  std::set<int> seen;
  for (int i = 0; i < policy.estimates_size(); ++i) {
    const std::string path = At("estimates", i);
    const v1::ResolutionEstimate& estimate = policy.estimates(i);
    if (estimate.complexity() == 0 || !core::v1::Complexity_IsValid(estimate.complexity())) {
      findings.Error(path + ".complexity", "is no known value");
    } else if (!seen.insert(estimate.complexity()).second) {
      findings.Error(path + ".complexity", "is there twice");
    }
    CheckRange(path, estimate, findings);
    findings.Texts(path + ".texts", estimate.texts());
  }
}

// F40
void CheckKnowledge(const v1::Policy& policy, Findings& findings) {
  for (int i = 0; i < policy.knowledge_base_size(); ++i) {
    const std::string path = At("knowledge_base", i);
    const v1::KnowledgeArticle& article = policy.knowledge_base(i);
    findings.Language(path + ".language", article.language());
    findings.Line(path + ".title", article.title());
    if (!IsLink(article.link())) {
      findings.Error(path + ".link", Quoted(article.link()) + " is no http(s) link");
    }
  }
}

// F39
void CheckSavedAnswers(const v1::Policy& policy, Findings& findings) {
  Names seen;
  for (int i = 0; i < policy.saved_answers_size(); ++i) {
    const std::string path = At("saved_answers", i);
    const v1::SavedAnswer& answer = policy.saved_answers(i);
    findings.Id(path + ".id", answer.id(), seen);
    if (answer.intents().empty()) findings.Error(path + ".intents", "must not be empty");
    findings.Texts(path + ".texts", answer.texts());
  }
}

}  // namespace

void CheckRouting(const v1::Policy& policy, Findings& findings) {
  CheckTeams(policy.routing(), findings);
  CheckCauses(policy, findings);
  CheckEstimates(policy, findings);
  CheckKnowledge(policy, findings);
  CheckSavedAnswers(policy, findings);
}

}  // namespace plazo::policy
