#include "tests/classify/trainer.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace plazo::classify {
namespace {

struct Settings {
  // How much of the rules' scores the training takes as given.
  double offset = 0;
  double ridge = 0.003;
  int epochs = 30;
  int runs = 4;
  double rate = 0.15;
  // How much the rules count beside the trained weights when both are used.
  double rules = 0.4;
  // Leaves the concepts to the rules: the words alone are trained.
  bool text_only = false;
  // Share of the concepts left out at each step, so that words learn to speak for themselves.
  double dropout = 0.7;
  // How far rare answers are helped (1 = as if all were alike): unseen wordings carry less evidence
  // than trained ones, and the commonest answer would win too often.
  double balance = 1;
};

Settings FromEnvironment() {
  Settings s;
  if (const char* v = std::getenv("LAB_OFFSET")) s.offset = std::atof(v);
  if (const char* v = std::getenv("LAB_RIDGE")) s.ridge = std::atof(v);
  if (const char* v = std::getenv("LAB_EPOCHS")) s.epochs = std::atoi(v);
  if (const char* v = std::getenv("LAB_RUNS")) s.runs = std::atoi(v);
  if (const char* v = std::getenv("LAB_RULES")) s.rules = std::atof(v);
  if (const char* v = std::getenv("LAB_BALANCE")) s.balance = std::atof(v);
  if (const char* v = std::getenv("LAB_DROPOUT")) s.dropout = std::atof(v);
  s.text_only = std::getenv("LAB_TEXT_ONLY") != nullptr;
  return s;
}

size_t AnswerCount(size_t field) { return kAnswers[field][3].empty() ? 3 : 4; }

// One field's weights, bucket by bucket.
struct Weights {
  std::vector<std::array<float, 4>> w = std::vector<std::array<float, 4>>(kTrainedBuckets);
  std::array<float, 4> bias = {};
};

std::array<double, 4> Logits(const Weights& weights, const Example& example, size_t field,
                             double offset) {
  std::array<double, 4> logits = {};
  for (size_t a = 0; a < AnswerCount(field); ++a) {
    logits[a] = weights.bias[a] + offset * example.offset[field][a];
  }
  for (const Feature& f : example.features) {
    for (size_t a = 0; a < AnswerCount(field); ++a) logits[a] += weights.w[f.bucket][a] * f.value;
  }
  return logits;
}

size_t Best(const std::array<double, 4>& logits, size_t count) {
  return static_cast<size_t>(
      std::max_element(logits.begin(), logits.begin() + static_cast<long>(count)) - logits.begin());
}

// AdaGrad in a fixed order: the same examples give the same weights.
Weights TrainOnce(const std::vector<const Example*>& examples, size_t field,
                  const Settings& settings, uint64_t seed) {
  Weights weights;
  Weights squares;
  const size_t count = AnswerCount(field);
  std::vector<size_t> order(examples.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  uint64_t state = 88172645463325252ULL + seed * 0x9E3779B97F4A7C15ULL;
  for (int epoch = 0; epoch < settings.epochs; ++epoch) {
    for (size_t i = order.size(); i > 1; --i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      std::swap(order[i - 1], order[state % i]);
    }
    for (const size_t index : order) {
      Example dropped;
      if (settings.dropout > 0) {
        dropped = *examples[index];
        std::erase_if(dropped.features, [&](const Feature& f) {
          if (f.bucket < kTrainedBuckets / 4 * 3) return false;
          state ^= state << 13;
          state ^= state >> 7;
          state ^= state << 17;
          return static_cast<double>(state >> 11) / 9007199254740992.0 < settings.dropout;
        });
      }
      const Example& example = settings.dropout > 0 ? dropped : *examples[index];
      std::array<double, 4> p = Logits(weights, example, field, settings.offset);
      const double best = p[Best(p, count)];
      double sum = 0;
      for (size_t a = 0; a < count; ++a) sum += p[a] = std::exp(p[a] - best);
      for (size_t a = 0; a < count; ++a) {
        const bool right = static_cast<int>(a) == example.answers[field];
        const auto gradient =
            static_cast<float>((p[a] / sum - (right ? 1 : 0)) * example.weights[field]);
        const auto step = [&](float& w, float& square, float g) {
          square += g * g;
          w -= static_cast<float>(settings.rate) * g / (std::sqrt(square) + 0.1F);
        };
        step(weights.bias[a], squares.bias[a], gradient);
        for (const Feature& f : example.features) {
          if (settings.text_only && f.bucket >= kTrainedBuckets / 4 * 3) continue;
          float& w = weights.w[f.bucket][a];
          step(w, squares.w[f.bucket][a],
               gradient * f.value + static_cast<float>(settings.ridge) * w);
        }
      }
    }
  }
  return weights;
}

// The mean of several runs: what depends on the order and on what was left out evens out.
Weights Train(const std::vector<const Example*>& examples, size_t field, const Settings& settings) {
  Weights mean;
  const auto share = 1.0F / static_cast<float>(settings.runs);
  for (int run = 0; run < settings.runs; ++run) {
    const Weights weights = TrainOnce(examples, field, settings, static_cast<uint64_t>(run));
    for (size_t a = 0; a < 4; ++a) {
      mean.bias[a] += weights.bias[a] * share;
      for (size_t b = 0; b < kTrainedBuckets; ++b) mean.w[b][a] += weights.w[b][a] * share;
    }
  }
  std::array<float, 4> seen = {1, 1, 1, 1};
  for (const Example* e : examples) seen[static_cast<size_t>(e->answers[field])] += 1;
  for (size_t a = 0; a < AnswerCount(field); ++a) {
    const float rarer = *std::max_element(seen.begin(), seen.end()) / seen[a];
    mean.bias[a] += static_cast<float>(settings.balance) * std::log(rarer);
  }
  return mean;
}

size_t FoldOf(const std::string& scenario) { return HashWord(scenario, 77) % 5; }

}  // namespace

int CrossValidate(const std::vector<Example>& examples) {
  const Settings settings = FromEnvironment();
  constexpr double kBlends[] = {0, 0.5, 1.0};
  std::printf("%-12s %10s", "field", "rules");
  for (const double blend : kBlends) std::printf("  model+%.1f", blend);
  std::printf("\n");
  for (size_t f = 0; f < kFields; ++f) {
    std::array<int, std::size(kBlends)> right = {};
    int by_rules = 0;
    int all = 0;
    for (size_t fold = 0; fold < 5; ++fold) {
      std::vector<const Example*> others;
      for (const Example& e : examples) {
        if (FoldOf(e.scenario) != fold) others.push_back(&e);
      }
      const Weights weights = Train(others, f, settings);
      for (const Example& e : examples) {
        if (FoldOf(e.scenario) != fold || e.weights[f] < 1) continue;
        ++all;
        if (static_cast<int>(Best(e.offset[f], AnswerCount(f))) == e.answers[f]) ++by_rules;
        for (size_t b = 0; b < std::size(kBlends); ++b) {
          if (static_cast<int>(Best(Logits(weights, e, f, kBlends[b]), AnswerCount(f))) ==
              e.answers[f])
            ++right[b];
        }
      }
    }
    std::printf("%-12s %10.1f", std::string(kFieldNames[f]).c_str(), 100.0 * by_rules / all);
    for (const int r : right) std::printf(" %10.1f", 100.0 * r / all);
    std::printf("   of %d\n", all);
  }
  return 0;
}

std::string TrainToYaml(const std::vector<Example>& examples) {
  const Settings settings = FromEnvironment();
  std::vector<const Example*> all;
  for (const Example& e : examples) all.push_back(&e);
  std::vector<Weights> trained;
  float largest = 0;
  for (size_t f = 0; f < kFields; ++f) {
    trained.push_back(Train(all, f, settings));
    for (const auto& row : trained.back().w) {
      for (const float w : row) largest = std::max(largest, std::abs(w));
    }
  }
  const float step = largest / 127;
  std::string bytes;
  for (uint32_t bucket = 0; bucket < kTrainedBuckets; ++bucket) {
    for (size_t f = 0; f < kFields; ++f) {
      for (size_t a = 0; a < AnswerCount(f); ++a) {
        bytes.push_back(static_cast<char>(std::lround(trained[f].w[bucket][a] / step)));
      }
    }
  }
  std::string yaml =
      "# Written by tests/classify/lab.cc (classify_lab train); not edited by hand. See "
      "docs/classification.md.\nmodel:\n"
      "  buckets: " +
      std::to_string(kTrainedBuckets) + "\n  classes:\n";
  std::string biases;
  for (size_t f = 0; f < kFields; ++f) {
    for (size_t a = 0; a < AnswerCount(f); ++a) {
      yaml += "  - " + std::string(kFieldNames[f]) + "=" + std::string(kAnswers[f][a]) + "\n";
      biases += "  - " + std::to_string(trained[f].bias[a]) + "\n";
    }
  }
  char number[32];
  std::snprintf(number, sizeof number, "%.8f", static_cast<double>(step));
  yaml += "  biases:\n" + biases + "  step: " + number + "\n  blends:\n";
  for (size_t f = 0; f < kFields; ++f) {
    yaml += "  - {field: " + std::string(kFieldNames[f]) + ", weight: 1}\n";
  }
  yaml += "  rules: " + std::to_string(settings.rules) + "\n";
  std::string encoded;
  absl::Base64Escape(bytes, &encoded);
  return yaml + "  weights: " + encoded + "\n";
}

}  // namespace plazo::classify
