#pragma once

// The table of evidence: concepts seen -> intents -> answers.
//
// An intent's score is its prior plus the weights of the rules that hold, each times the weakest of
// its concepts. Scores become shares by softmax; each intent gives its share to its answers, and
// field rules shift the answers.

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain/classify/reading.h"
#include "plazo/policy/v1/lexicon.pb.h"

namespace plazo::classify {

enum Field : uint8_t { kDepartment, kTeam, kImpact, kComplexity };
inline constexpr size_t kFields = 4;

// Answers by field, in the order of the enums of plazo.core.v1 and of the levels.
inline constexpr std::array<std::array<std::string_view, 4>, kFields> kAnswers = {{
    {"technical", "billing", "abuse", ""},
    {"support-engineers", "billing", "data-centre", "system-administrators"},
    {"low", "medium", "high", ""},
    {"simple", "standard", "complex", "nonstandard"},
}};
inline constexpr std::array<std::string_view, kFields> kFieldNames = {"department", "team",
                                                                      "impact", "complexity"};

// Index of an answer, or -1.
int AnswerIndex(Field field, std::string_view answer);

// Logarithms of what speaks for each answer; only differences matter.
using Scores = std::array<std::array<double, 4>, kFields>;

struct IntentEntry {
  std::string name;
  std::string title;
  std::array<int, kFields> answers = {};
  double prior = 0;
};

struct FiredRule {
  size_t rule;
  double value;
};

struct Evidence {
  std::vector<double> intent_scores;
  std::vector<double> intent_shares;
  std::vector<FiredRule> fired;
  Scores scores = {};
};

class RuleTable {
 public:
  using NameToConcept = absl::flat_hash_map<std::string, ConceptId>;

  // kInvalidArgument names what is unknown.
  absl::Status AddIntent(const policy::v1::Intent& intent);
  absl::Status AddRule(const policy::v1::Rule& rule, const NameToConcept& concepts);

  Evidence Judge(const Reading& reading) const;

  const std::vector<IntentEntry>& intents() const { return intents_; }

  struct Rule {
    int intent = -1;
    int field = -1;
    int answer = -1;
    bool near = false;
    double weight = 0;
    std::vector<std::vector<ConceptId>> all;
    std::vector<ConceptId> none;
  };
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  static double Value(const Rule& rule, const Reading& reading);

  std::vector<IntentEntry> intents_;
  absl::flat_hash_map<std::string, int> intent_by_name_;
  std::vector<Rule> rules_;
};

}  // namespace plazo::classify
