#pragma once

// The steps from a message to its evidence, for the classifier and for the tools that train and
// examine it.

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

#include "domain/classify/classifier.h"
#include "domain/classify/language.h"
#include "domain/classify/layout.h"
#include "domain/classify/linear_model.h"
#include "domain/classify/phrases.h"
#include "domain/classify/reading.h"
#include "domain/classify/rules.h"
#include "domain/classify/text.h"

namespace plazo::classify {

struct Work {
  Text text;
  LanguageReader::Verdict language;
  Reading reading;
  Evidence evidence;
  // Lines, expressions and words looked at beyond one pass over the text: tests hold a bound to it.
  size_t steps = 0;
};

// Immutable once built; as thread-safe as the classifier.
class Pipeline {
 public:
  static absl::StatusOr<std::unique_ptr<Pipeline>> Build(
      const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons);

  Work Run(const Message& message) const;
  // What the trained model adds to the rules' scores.
  void AddModel(const Work& work, Scores& scores) const;

  const std::vector<std::string>& concept_names() const { return concept_names_; }
  const RuleTable& rules() const { return rules_; }
  // The different answers that intents have, each once.
  const std::vector<std::array<int, kFields>>& combinations() const { return combinations_; }
  const LanguageReader& languages() const { return languages_; }
  const FeatureMaker& features() const { return *features_; }

 private:
  Pipeline() = default;
  absl::Status AddLanguage(const policy::v1::Lexicon& lexicon);
  absl::Status AddShared(const policy::v1::Lexicon& lexicon);
  absl::Status AddWords(const policy::v1::Lexicon& lexicon, PhraseIndex& index);
  absl::Status AddRules(const policy::v1::Lexicon& lexicon);
  void MakeReader(const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons);
  ConceptId Intern(const std::string& name);
  size_t ReadText(const Message& message, Text& text) const;
  void AddMeta(const Message& message, const Text& text, Reading& reading) const;

  std::vector<std::string> concept_names_;
  RuleTable::NameToConcept concept_by_name_;
  std::vector<PhraseIndex> by_language_;
  LanguageReader languages_;
  LayoutReader layout_;
  RuleTable rules_;
  std::vector<std::array<int, kFields>> combinations_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<FeatureMaker> features_;
  LinearModel model_;
};

}  // namespace plazo::classify
