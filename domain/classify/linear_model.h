#pragma once

// A second opinion beside the rules: weights of word fragments and of what was seen, trained on our
// own messages (docs/adr/0003-classification.md). Reads the model from a lexicon; the trainer makes
// features with the same code.

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <vector>

#include "domain/classify/reading.h"
#include "domain/classify/rules.h"
#include "domain/classify/text.h"
#include "plazo/policy/v1/lexicon.pb.h"

namespace plazo::classify {

struct Feature {
  uint32_t bucket = 0;
  float value = 0;
};

// What a model looks at. `buckets` is a power of two; text fragments take the lower three quarters.
class FeatureMaker {
 public:
  FeatureMaker(const std::vector<std::string>& concept_names,
               const std::vector<IntentEntry>& intents);
  void Make(const Text& text, const Reading& reading, const Evidence& evidence, uint32_t buckets,
            std::vector<Feature>& features) const;

 private:
  std::vector<uint64_t> concept_hashes_;
  std::vector<uint64_t> taken_back_hashes_;
  std::vector<uint64_t> intent_hashes_;
};

class LinearModel {
 public:
  // kInvalidArgument when the parts do not fit together. An empty model says nothing.
  absl::Status Load(const policy::v1::LinearModel& model);

  bool empty() const { return buckets_ == 0; }
  uint32_t buckets() const { return buckets_; }

  // Adds what the model says to `scores`.
  void Judge(const std::vector<Feature>& features, Scores& scores) const;

 private:
  struct Class {
    size_t field = 0;
    size_t answer = 0;
  };
  // All answers of all fields; rows are padded to it.
  static constexpr size_t kMaxClasses = 16;

  uint32_t buckets_ = 0;
  double step_ = 0;
  double rules_ = 1;
  std::vector<Class> classes_;
  std::vector<int8_t> weights_;
  std::vector<double> biases_;
  std::array<double, kFields> blend_ = {};
};

}  // namespace plazo::classify
