#include "domain/classify/rules.h"

#include <algorithm>
#include <cmath>

namespace plazo::classify {
namespace {

constexpr float kSeen = 0.3F;
// An answer that no intent speaks for is unlikely, not impossible.
constexpr double kFloor = 0.005;
// Intents that nothing speaks for must not outweigh together one that something does.
constexpr double kUnseen = 2.2;

}  // namespace

int AnswerIndex(Field field, std::string_view answer) {
  if (answer.empty()) return -1;
  const auto& answers = kAnswers[field];
  const auto* found = std::find(answers.begin(), answers.end(), answer);
  return found == answers.end() ? -1 : static_cast<int>(found - answers.begin());
}

absl::Status RuleTable::AddIntent(const policy::v1::Intent& intent) {
  IntentEntry entry{.name = intent.name(), .title = intent.title(), .prior = intent.prior()};
  const std::array<std::string_view, kFields> given = {intent.department(), intent.team(),
                                                       intent.impact(), intent.complexity()};
  for (size_t f = 0; f < kFields; ++f) {
    entry.answers[f] = AnswerIndex(static_cast<Field>(f), given[f]);
    if (entry.answers[f] < 0) {
      return absl::InvalidArgumentError("intent " + entry.name + ": " +
                                        std::string(kFieldNames[f]) + " cannot be \"" +
                                        std::string(given[f]) + "\"");
    }
  }
  if (!intent_by_name_.try_emplace(entry.name, static_cast<int>(intents_.size())).second) {
    return absl::InvalidArgumentError("intent " + entry.name + ": twice");
  }
  if (entry.title.empty()) entry.title = entry.name;
  intents_.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status RuleTable::AddRule(const policy::v1::Rule& rule, const NameToConcept& concepts) {
  Rule entry{.near = rule.near(), .weight = rule.weight()};
  const auto resolve = [&](const std::string& names, std::vector<ConceptId>& ids) -> absl::Status {
    for (size_t begin = 0; begin <= names.size();) {
      const size_t end = std::min(names.find('|', begin), names.size());
      const auto found = concepts.find(names.substr(begin, end - begin));
      if (found == concepts.end()) {
        return absl::InvalidArgumentError("rule for " + rule.intent() + rule.field() +
                                          ": no concept \"" + names.substr(begin, end - begin) +
                                          "\"");
      }
      ids.push_back(found->second);
      begin = end + 1;
    }
    return absl::OkStatus();
  };
  for (const std::string& names : rule.all()) {
    if (absl::Status status = resolve(names, entry.all.emplace_back()); !status.ok()) return status;
  }
  for (const std::string& names : rule.none()) {
    if (absl::Status status = resolve(names, entry.none); !status.ok()) return status;
  }
  if (entry.all.empty())
    return absl::InvalidArgumentError("rule for " + rule.intent() + rule.field() + ": no evidence");
  if (!rule.intent().empty()) {
    const auto found = intent_by_name_.find(rule.intent());
    if (found == intent_by_name_.end())
      return absl::InvalidArgumentError("rule: no intent \"" + rule.intent() + "\"");
    entry.intent = found->second;
  } else {
    for (size_t f = 0; f < kFields; ++f) {
      if (kFieldNames[f] == rule.field()) entry.field = static_cast<int>(f);
    }
    entry.answer =
        entry.field < 0 ? -1 : AnswerIndex(static_cast<Field>(entry.field), rule.answer());
    if (entry.answer < 0) {
      return absl::InvalidArgumentError("rule: \"" + rule.field() + "\" cannot be \"" +
                                        rule.answer() + "\"");
    }
  }
  rules_.push_back(std::move(entry));
  return absl::OkStatus();
}

double RuleTable::Value(const Rule& rule, const Reading& reading) {
  float weakest = 2;
  uint64_t together = ~uint64_t{0};
  for (const std::vector<ConceptId>& any : rule.all) {
    float strongest = 0;
    uint64_t where = 0;
    for (const ConceptId id : any) {
      strongest = std::max(strongest, reading.strength[id]);
      where |= reading.sentences[id];
    }
    if (strongest <= 0) return 0;
    weakest = std::min(weakest, strongest);
    together &= where;
  }
  if (rule.near && together == 0) return 0;
  for (const ConceptId id : rule.none) {
    if (reading.strength[id] >= kSeen) return 0;
  }
  return weakest;
}

Evidence RuleTable::Judge(const Reading& reading) const {
  Evidence evidence;
  evidence.intent_scores.reserve(intents_.size());
  for (const IntentEntry& intent : intents_) {
    evidence.intent_scores.push_back(intent.prior > 0 ? intent.prior : intent.prior - kUnseen);
  }
  std::vector<bool> seen(intents_.size());
  Scores shifts = {};
  for (size_t r = 0; r < rules_.size(); ++r) {
    const Rule& rule = rules_[r];
    const double value = Value(rule, reading) * rule.weight;
    if (value == 0) continue;
    evidence.fired.push_back({r, value});
    if (rule.intent >= 0) {
      const auto intent = static_cast<size_t>(rule.intent);
      if (!seen[intent]) evidence.intent_scores[intent] = intents_[intent].prior;
      seen[intent] = true;
      evidence.intent_scores[intent] += value;
    } else {
      shifts[static_cast<size_t>(rule.field)][static_cast<size_t>(rule.answer)] += value;
    }
  }
  double best = -1e9;
  for (const double score : evidence.intent_scores) best = std::max(best, score);
  double sum = 0;
  evidence.intent_shares.reserve(intents_.size());
  for (const double score : evidence.intent_scores)
    sum += evidence.intent_shares.emplace_back(std::exp(score - best));
  std::array<std::array<double, 4>, kFields> shares = {};
  for (size_t i = 0; i < intents_.size(); ++i) {
    evidence.intent_shares[i] /= sum;
    for (size_t f = 0; f < kFields; ++f) {
      shares[f][static_cast<size_t>(intents_[i].answers[f])] += evidence.intent_shares[i];
    }
  }
  for (size_t f = 0; f < kFields; ++f) {
    for (size_t a = 0; a < 4; ++a) {
      const bool exists = !kAnswers[f][a].empty();
      evidence.scores[f][a] = exists ? std::log(shares[f][a] + kFloor) + shifts[f][a] : -1e9;
    }
  }
  return evidence;
}

}  // namespace plazo::classify
