#pragma once

// Trains the linear model of a lexicon: multinomial logistic regression a field, on the features
// the classifier makes, beside the scores of the rules.

#include <array>
#include <string>
#include <vector>

#include "domain/classify/linear_model.h"
#include "domain/classify/rules.h"

namespace plazo::classify {

inline constexpr uint32_t kTrainedBuckets = 8192;

struct Example {
  // Messages of one scenario stay in one fold: they are translations of each other.
  std::string scenario;
  std::vector<Feature> features;
  Scores offset = {};
  std::array<int, kFields> answers = {};
  // Weight of each label; arguable ones count less and are not scored.
  std::array<float, kFields> weights = {};
};

// Prints the accuracy with the rules alone, the weights alone and both, over five folds.
int CrossValidate(const std::vector<Example>& examples);

// A lexicon of YAML that holds the model and nothing else.
std::string TrainToYaml(const std::vector<Example>& examples);

}  // namespace plazo::classify
