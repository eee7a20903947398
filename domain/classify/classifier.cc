#include "domain/classify/classifier.h"

#include <algorithm>
#include <cmath>

#include "domain/classify/pipeline.h"

namespace plazo::classify {

struct Classifier::Tables {
  std::unique_ptr<Pipeline> pipeline;
};

namespace {

constexpr size_t kMaxIntentReasons = 4;
constexpr size_t kMaxLeftOut = 4;
// Share of an intent below which it is not told.
constexpr double kWorthTelling = 0.1;
constexpr size_t kMaxEntities = 32;
// Bytes of a word that a reason quotes.
constexpr size_t kLongestQuoted = 64;

struct Verdict {
  std::array<size_t, kFields> answers = {};
  std::array<double, kFields> shares = {};
};

std::array<double, 4> Softmax(const std::array<double, 4>& scores) {
  const double best = *std::max_element(scores.begin(), scores.end());
  std::array<double, 4> shares = {};
  double sum = 0;
  for (size_t a = 0; a < 4; ++a) sum += shares[a] = std::exp(scores[a] - best);
  for (double& share : shares) share /= sum;
  return shares;
}

// The answers must fit together: only combinations that some intent has are possible. A combination
// is as likely as its answers are together; an answer's share is that of the combinations with it.
Verdict Decide(const Scores& scores, const std::vector<std::array<int, kFields>>& combinations) {
  std::array<std::array<double, 4>, kFields> shares;
  for (size_t f = 0; f < kFields; ++f) shares[f] = Softmax(scores[f]);
  Scores together = {};
  double sum = 0;
  for (const std::array<int, kFields>& combination : combinations) {
    double product = 1;
    for (size_t f = 0; f < kFields; ++f)
      product *= shares[f][static_cast<size_t>(combination[f])] + 1e-6;
    for (size_t f = 0; f < kFields; ++f)
      together[f][static_cast<size_t>(combination[f])] += product;
    sum += product;
  }
  Verdict verdict;
  for (size_t f = 0; f < kFields; ++f) {
    const auto* best = std::max_element(together[f].begin(), together[f].end());
    verdict.answers[f] = static_cast<size_t>(best - together[f].begin());
    verdict.shares[f] = *best / sum;
  }
  return verdict;
}

core::v1::Department DepartmentOf(size_t answer) {
  constexpr core::v1::Department kByAnswer[] = {
      core::v1::DEPARTMENT_TECHNICAL, core::v1::DEPARTMENT_FINANCIAL, core::v1::DEPARTMENT_ABUSE};
  return kByAnswer[answer];
}

// F7-F10
int LevelOf(size_t team) {
  constexpr int kLevels[] = {1, 2, 2, 3};
  return kLevels[team];
}

std::string WordsOf(const Text& text, const Hit& hit) {
  std::string words;
  for (uint32_t i = hit.first_token; i < hit.end_token; ++i) {
    if (!words.empty()) words += ' ';
    words += CutToBytes(text.Word(i), kLongestQuoted);
  }
  return words;
}

// Adds the words that stand for one rule's concepts: "charged twice", "invoice".
void AddEvidence(const Work& work, const RuleTable::Rule& rule, std::vector<std::string>& words) {
  for (const std::vector<ConceptId>& any : rule.all) {
    const SeenHit* strongest = nullptr;
    for (const SeenHit& hit : work.reading.hits) {
      if (std::find(any.begin(), any.end(), hit.hit.concept_id) == any.end()) continue;
      if (strongest == nullptr || hit.strength > strongest->strength) strongest = &hit;
    }
    if (strongest == nullptr) continue;
    std::string quoted = "\"" + WordsOf(work.text, strongest->hit) + "\"";
    if (std::find(words.begin(), words.end(), quoted) == words.end())
      words.push_back(std::move(quoted));
  }
}

void AddReason(std::string_view field, std::string text, double weight,
               core::v1::Classification& out) {
  core::v1::ClassificationReason& reason = *out.add_reasons();
  reason.set_field(field.data(), field.size());
  reason.set_text(std::move(text));
  reason.set_weight(std::round(weight * 100) / 100);
}

std::string Joined(const std::vector<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

// One reason an intent: what it is, the words, and what it stands for.
void AddIntentReasons(const Pipeline& pipeline, const Work& work, const Verdict& verdict,
                      core::v1::Classification& out) {
  const std::vector<double>& shares = work.evidence.intent_shares;
  std::vector<size_t> order;
  for (size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] >= kWorthTelling) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return shares[a] > shares[b]; });
  size_t given = 0;
  for (const size_t i : order) {
    std::vector<std::string> words;
    double weight = 0;
    for (const FiredRule& fired : work.evidence.fired) {
      const RuleTable::Rule& rule = pipeline.rules().rules()[fired.rule];
      if (rule.intent != static_cast<int>(i)) continue;
      AddEvidence(work, rule, words);
      weight += fired.value;
    }
    if (words.empty() || given++ == kMaxIntentReasons) continue;
    const IntentEntry& intent = pipeline.rules().intents()[i];
    const auto answer = [&](Field f) {
      return kAnswers[f][static_cast<size_t>(intent.answers[f])];
    };
    const bool same_team = intent.answers[kTeam] == static_cast<int>(verdict.answers[kTeam]);
    std::string text = intent.title + ": " + Joined(words) + " (";
    text.append(answer(kTeam))
        .append(", ")
        .append(answer(kImpact))
        .append(", ")
        .append(answer(kComplexity)) += ")";
    AddReason(same_team ? "team" : "department", std::move(text), weight, out);
  }
  if (given == 0) AddReason("team", "nothing telling was seen: level 1 asks", 0, out);
}

// What speaks for one answer directly, and where the trained weights overrule the rules.
void AddFieldReasons(const Pipeline& pipeline, const Work& work, const Verdict& verdict,
                     core::v1::Classification& out) {
  for (const FiredRule& fired : work.evidence.fired) {
    const RuleTable::Rule& rule = pipeline.rules().rules()[fired.rule];
    if (rule.field < 0) continue;
    const auto field = static_cast<size_t>(rule.field);
    if (rule.answer != static_cast<int>(verdict.answers[field])) continue;
    std::vector<std::string> words;
    AddEvidence(work, rule, words);
    std::string text(kAnswers[field][verdict.answers[field]]);
    text += words.empty() ? " (chosen by the customer)" : ": " + Joined(words);
    AddReason(kFieldNames[field], std::move(text), fired.value, out);
  }
  for (size_t f = 0; f < kFields; ++f) {
    const std::array<double, 4>& scores = work.evidence.scores[f];
    const double best = *std::max_element(scores.begin(), scores.end());
    const double lead = best - scores[verdict.answers[f]];
    if (lead <= 0) continue;
    AddReason(kFieldNames[f],
              "the words are more like those of " + std::string(kAnswers[f][verdict.answers[f]]) +
                  " messages",
              lead, out);
  }
}

void AddReasons(const Pipeline& pipeline, const Work& work, const Verdict& verdict,
                core::v1::Classification& out) {
  if (work.language.known) {
    AddReason("language",
              "\"" + std::string(CutToBytes(work.language.telling_word, kLongestQuoted)) + "\"",
              work.language.share, out);
  }
  AddIntentReasons(pipeline, work, verdict, out);
  AddFieldReasons(pipeline, work, verdict, out);
  std::vector<std::string> left_out;
  for (const SeenHit& hit : work.reading.hits) {
    if (hit.discount != Discount::kDenied && hit.discount != Discount::kElsewhere) continue;
    if (left_out.size() == kMaxLeftOut) break;
    std::string word =
        "\"" + WordsOf(work.text, hit.hit) + "\" (" + std::string(DiscountName(hit.discount)) + ")";
    if (std::find(left_out.begin(), left_out.end(), word) == left_out.end())
      left_out.push_back(std::move(word));
  }
  if (!left_out.empty()) AddReason("department", "left out: " + Joined(left_out), 0, out);
}

}  // namespace

Classifier::Classifier(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
Classifier::~Classifier() = default;

absl::StatusOr<std::unique_ptr<Classifier>> Classifier::Compile(
    const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons) {
  absl::StatusOr<std::unique_ptr<Pipeline>> pipeline = Pipeline::Build(lexicons);
  if (!pipeline.ok()) return pipeline.status();
  auto tables = std::make_unique<Tables>();
  tables->pipeline = *std::move(pipeline);
  return std::unique_ptr<Classifier>(new Classifier(std::move(tables)));
}

core::v1::Classification Classifier::Classify(const Message& message) const {
  const Pipeline& pipeline = *tables_->pipeline;
  const Work work = pipeline.Run(message);
  Scores scores = work.evidence.scores;
  pipeline.AddModel(work, scores);
  const Verdict verdict = Decide(scores, pipeline.combinations());

  core::v1::Classification out;
  out.set_language(pipeline.languages().languages()[work.language.best]);
  out.set_department(DepartmentOf(verdict.answers[kDepartment]));
  out.set_impact(static_cast<core::v1::Impact>(verdict.answers[kImpact] + 1));
  out.set_complexity(static_cast<core::v1::Complexity>(verdict.answers[kComplexity] + 1));
  const std::string_view team = kAnswers[kTeam][verdict.answers[kTeam]];
  out.set_team(team.data(), team.size());
  out.set_level(LevelOf(verdict.answers[kTeam]));
  out.set_escalates(out.level() > 1);
  out.set_confidence(
      std::min({verdict.shares[kDepartment], verdict.shares[kTeam], verdict.shares[kImpact]}));
  for (size_t i = 0; i < work.evidence.intent_shares.size(); ++i) {
    if (work.evidence.intent_shares[i] >= 0.25) out.add_intents(pipeline.rules().intents()[i].name);
  }
  for (const NamedThing& thing : work.text.entities) {
    if (static_cast<size_t>(out.entities_size()) == kMaxEntities) break;
    core::v1::Entity& entity = *out.add_entities();
    entity.set_kind(thing.kind.data(), thing.kind.size());
    entity.set_value(thing.value);
  }
  AddReasons(pipeline, work, verdict, out);
  return out;
}

std::vector<SeenText> Classifier::Explain(const Message& message) const {
  const Pipeline& pipeline = *tables_->pipeline;
  const Work work = pipeline.Run(message);
  std::vector<SeenText> seen;
  std::vector<const SeenHit*> longest_at(work.text.tokens.size());
  for (const SeenHit& hit : work.reading.hits) {
    const SeenHit*& longest = longest_at[hit.hit.first_token];
    if (longest == nullptr || hit.hit.end_token > longest->hit.end_token) longest = &hit;
  }
  for (size_t i = 0; i < work.text.tokens.size();) {
    const SeenHit* longest = longest_at[i];
    if (longest != nullptr) {
      seen.push_back({WordsOf(work.text, longest->hit),
                      pipeline.concept_names()[longest->hit.concept_id],
                      std::string(DiscountName(longest->discount))});
      i = longest->hit.end_token;
      continue;
    }
    const bool left_out = work.text.tokens[i].part == Part::kLeftOut;
    seen.push_back({std::string(work.text.Word(i)), left_out ? "quoted" : "", ""});
    ++i;
  }
  return seen;
}

}  // namespace plazo::classify
