// Tries the classifier on labelled messages.
//
//   classify_lab score FILE...              accuracy by file, language and difficulty
//   classify_lab errors FILE...             what it gets wrong, with reasons (never messages of
//   split `held`) classify_lab cross FILE...              cross-validation of the trained weights:
//   folds by scenario number classify_lab train OUT.yaml FILE...     trains the weights on messages
//   that are not `held`
//
// Run in the source root. A file may end in `:tune` or `:held` to take that split only.

#include <cstdio>
#include <fstream>
#include <map>

#include "domain/classify/pipeline.h"
#include "tests/classify/corpus.h"
#include "tests/classify/trainer.h"

namespace plazo::classify {
namespace {

constexpr char kLexicons[] = "policies/lexicon";

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", std::string(value.status().message()).c_str());
  std::exit(1);
}

std::vector<LabelledMessage> Load(const std::vector<std::string>& arguments) {
  const auto lexicons = OrDie(LoadLexicons(kLexicons, false));
  std::vector<LabelledMessage> all;
  for (const std::string& argument : arguments) {
    const size_t colon = argument.find(':');
    const std::string split = colon == std::string::npos ? "" : argument.substr(colon + 1);
    const std::string path = argument.substr(0, colon);
    for (LabelledMessage& m :
         OrDie(path.ends_with(".tsv") ? LoadPhrasings(path, lexicons) : LoadMessages(path))) {
      if (split.empty() || m.split == split) all.push_back(std::move(m));
    }
  }
  return all;
}

void PrintConfusion(const std::vector<LabelledMessage>& messages, const Classifier& classifier) {
  for (size_t f = 0; f < kFields; ++f) {
    std::array<std::array<int, 4>, 4> table = {};
    for (const LabelledMessage& m : messages) {
      if (m.unsure[f]) continue;
      const std::array<int, kFields> got = AnswersOf(classifier.Classify(m.AsMessage()));
      ++table[static_cast<size_t>(m.answers[f])][static_cast<size_t>(got[f])];
    }
    std::printf("\n%s (rows: label, columns: answer)\n", std::string(kFieldNames[f]).c_str());
    for (size_t r = 0; r < 4; ++r) {
      if (kAnswers[f][r].empty()) continue;
      std::printf("| %s |", std::string(kAnswers[f][r]).c_str());
      for (size_t c = 0; c < 4; ++c) {
        if (!kAnswers[f][c].empty()) std::printf(" %d |", table[r][c]);
      }
      std::printf("\n");
    }
  }
}

int Score(const std::vector<LabelledMessage>& messages, const Classifier& classifier) {
  std::map<std::string, Tally> tallies;
  for (const LabelledMessage& m : messages) {
    const core::v1::Classification got = classifier.Classify(m.AsMessage());
    tallies["all"].Add(m, got);
    tallies["language " + m.language].Add(m, got);
    tallies[m.hard.empty() ? "plain" : "hard: " + m.hard].Add(m, got);
    if (!m.hard.empty()) tallies["hard, all"].Add(m, got);
  }
  std::printf(
      "| | department | team | impact | complexity | escalates | language "
      "|\n|---|---|---|---|---|---|---|\n");
  for (const auto& [name, tally] : tallies)
    std::printf("| %s | %s |\n", name.c_str(), tally.Row().c_str());
  PrintConfusion(messages, classifier);
  return 0;
}

int Errors(const std::vector<LabelledMessage>& messages, const Classifier& classifier) {
  for (const LabelledMessage& m : messages) {
    if (m.split == "held") continue;
    const core::v1::Classification got = classifier.Classify(m.AsMessage());
    const std::array<int, kFields> answers = AnswersOf(got);
    std::string wrong;
    for (size_t f = 0; f < kFields; ++f) {
      if (m.unsure[f] || answers[f] == m.answers[f]) continue;
      wrong += " " + std::string(kFieldNames[f]) + " " +
               std::string(kAnswers[f][static_cast<size_t>(m.answers[f])]) + "->" +
               std::string(kAnswers[f][static_cast<size_t>(answers[f])]);
    }
    if (got.language() != m.language) wrong += " language ->" + got.language();
    if (wrong.empty()) continue;
    std::printf("%s:%s (%.2f) %s | %.200s\n", m.id.c_str(), wrong.c_str(), got.confidence(),
                m.subject.c_str(), m.body.c_str());
    for (const auto& reason : got.reasons()) {
      std::printf("    %.1f %s\n", reason.weight(), reason.text().c_str());
    }
  }
  return 0;
}

std::vector<Example> Examples(const Pipeline& pipeline,
                              const std::vector<LabelledMessage>& messages) {
  std::vector<Example> examples;
  for (const LabelledMessage& m : messages) {
    if (m.split == "held") continue;
    const Work work = pipeline.Run(m.AsMessage());
    Example example{.scenario = m.id.substr(m.id.rfind('-') + 1), .offset = work.evidence.scores};
    if (m.id.starts_with("own")) example.scenario = "own" + example.scenario;
    pipeline.features().Make(work.text, work.reading, work.evidence, kTrainedBuckets,
                             example.features);
    for (size_t f = 0; f < kFields; ++f) {
      example.answers[f] = m.answers[f];
      example.weights[f] = m.unsure[f] ? 0.5F : 1.0F;
    }
    examples.push_back(std::move(example));
  }
  return examples;
}

int Run(const std::vector<std::string>& arguments) {
  const std::string& command = arguments[0];
  const bool trains = command == "train" || command == "cross";
  const size_t first_file = command == "train" ? 2 : 1;
  const std::vector<LabelledMessage> messages =
      Load({arguments.begin() + static_cast<long>(first_file), arguments.end()});
  const auto lexicons = OrDie(LoadLexicons(kLexicons, !trains));
  if (!trains) {
    const auto classifier = OrDie(Classifier::Compile(lexicons));
    return command == "score" ? Score(messages, *classifier) : Errors(messages, *classifier);
  }
  const auto pipeline = OrDie(Pipeline::Build(lexicons));
  const std::vector<Example> examples = Examples(*pipeline, messages);
  if (command == "cross") return CrossValidate(examples);
  std::ofstream(arguments[1]) << TrainToYaml(examples);
  return 0;
}

}  // namespace
}  // namespace plazo::classify

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) {
    std::fprintf(stderr,
                 "usage: classify_lab score|errors|cross FILE[:split]... | train OUT.yaml "
                 "FILE[:split]...\n");
    return 64;
  }
  return plazo::classify::Run(arguments);
}
