#include "domain/classify/linear_model.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <cmath>

namespace plazo::classify {
namespace {

constexpr uint64_t kUnigramSalt = 21;
constexpr uint64_t kBigramSalt = 22;
constexpr uint64_t kFragmentSalt = 23;
constexpr uint64_t kConceptSalt = 24;
constexpr uint64_t kTakenBackSalt = 25;
constexpr uint64_t kIntentSalt = 26;
constexpr size_t kShortest = 3;
constexpr size_t kLongest = 5;
// Long messages are told by their beginning; the bound keeps the work bounded.
constexpr size_t kMaxWords = 400;

void AddFragments(std::string_view word, std::vector<uint64_t>& hashes) {
  const std::string padded = " " + std::string(word) + " ";
  for (size_t begin = 0; begin < padded.size(); ++begin) {
    if ((static_cast<unsigned char>(padded[begin]) & 0xC0) == 0x80) continue;
    WordHash hash;
    size_t letters = 0;
    for (size_t i = begin; i < padded.size() && letters < kLongest; ++i) {
      hash.Add(static_cast<unsigned char>(padded[i]));
      if (i + 1 < padded.size() && (static_cast<unsigned char>(padded[i + 1]) & 0xC0) == 0x80)
        continue;
      if (++letters >= kShortest) hashes.push_back(hash.Value(kFragmentSalt));
    }
  }
}

bool Counts(const Token& token) {
  return token.part == Part::kNew || token.part == Part::kSubject || token.part == Part::kForwarded;
}

std::string_view Shape(const Text& text, size_t i) {
  switch (text.tokens[i].kind) {
    case TokenKind::kNumber:
      return "0";
    case TokenKind::kMoney:
      return "$";
    case TokenKind::kIp:
      return "ip";
    case TokenKind::kUrl:
      return "url";
    case TokenKind::kMail:
      return "mail";
    case TokenKind::kWord:
      break;
  }
  return text.Word(i);
}

}  // namespace

FeatureMaker::FeatureMaker(const std::vector<std::string>& concept_names,
                           const std::vector<IntentEntry>& intents) {
  for (const std::string& name : concept_names) {
    concept_hashes_.push_back(HashWord(name, kConceptSalt));
    taken_back_hashes_.push_back(HashWord(name, kTakenBackSalt));
  }
  for (const IntentEntry& intent : intents)
    intent_hashes_.push_back(HashWord(intent.name, kIntentSalt));
}

void FeatureMaker::Make(const Text& text, const Reading& reading, const Evidence& evidence,
                        uint32_t buckets, std::vector<Feature>& features) const {
  const uint32_t for_text = buckets / 4 * 3;
  const uint32_t for_concepts = buckets - for_text;
  std::vector<uint64_t> hashes;
  hashes.reserve(std::min<size_t>(text.tokens.size(), kMaxWords) * 16);
  const size_t end = std::min(text.tokens.size(), kMaxWords);
  std::string_view before;
  for (size_t i = 0; i < end; ++i) {
    if (!Counts(text.tokens[i])) continue;
    const std::string_view word = Shape(text, i);
    hashes.push_back(HashWord(word, kUnigramSalt));
    WordHash bigram;
    for (const char c : before) bigram.Add(static_cast<unsigned char>(c));
    bigram.Add(' ');
    for (const char c : word) bigram.Add(static_cast<unsigned char>(c));
    hashes.push_back(bigram.Value(kBigramSalt));
    before = word;
    if (text.tokens[i].kind == TokenKind::kWord) AddFragments(word, hashes);
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  const float each =
      hashes.empty() ? 0 : 4.0F / std::sqrt(static_cast<float>(hashes.size()) + 20.0F);
  for (const uint64_t hash : hashes)
    features.push_back({static_cast<uint32_t>(hash % for_text), each});
  const auto add = [&](uint64_t hash, float value) {
    features.push_back({for_text + static_cast<uint32_t>(hash % for_concepts), value});
  };
  for (size_t c = 0; c < concept_hashes_.size(); ++c) {
    if (reading.strength[c] > 0.2F) add(concept_hashes_[c], std::min(1.0F, reading.strength[c]));
    if (reading.taken_back[c] && reading.strength[c] <= 0.2F) add(taken_back_hashes_[c], 0.7F);
  }
  for (size_t i = 0; i < intent_hashes_.size(); ++i) {
    if (evidence.intent_shares[i] > 0.05)
      add(intent_hashes_[i], static_cast<float>(evidence.intent_shares[i]) * 1.5F);
  }
}

absl::Status LinearModel::Load(const policy::v1::LinearModel& model) {
  for (const std::string& name : model.classes()) {
    const size_t equals = name.find('=');
    bool known = false;
    for (size_t f = 0; f < kFields && equals != std::string::npos; ++f) {
      if (kFieldNames[f] != name.substr(0, equals)) continue;
      const int answer = AnswerIndex(static_cast<Field>(f), name.substr(equals + 1));
      if (answer < 0) continue;
      classes_.push_back({f, static_cast<size_t>(answer)});
      known = true;
    }
    if (!known) return absl::InvalidArgumentError("model: no class \"" + name + "\"");
  }
  const auto buckets = static_cast<size_t>(model.buckets());
  std::string bytes;
  if (model.buckets() < 4 || (buckets & (buckets - 1)) != 0 ||
      !absl::Base64Unescape(model.weights(), &bytes) || bytes.size() != buckets * classes_.size() ||
      static_cast<size_t>(model.biases_size()) != classes_.size()) {
    return absl::InvalidArgumentError(
        "model: buckets, classes, biases and weights do not fit together");
  }
  buckets_ = static_cast<uint32_t>(buckets);
  step_ = model.step();
  rules_ = model.rules() > 0 ? model.rules() : 1;
  weights_.reserve(bytes.size());
  for (const char byte : bytes) weights_.push_back(static_cast<int8_t>(byte));
  biases_.assign(model.biases().begin(), model.biases().end());
  for (const policy::v1::Blend& blend : model.blends()) {
    for (size_t f = 0; f < kFields; ++f) {
      if (kFieldNames[f] == blend.field()) blend_[f] = blend.weight();
    }
  }
  return absl::OkStatus();
}

void LinearModel::Judge(const std::vector<Feature>& features, Scores& scores) const {
  std::vector<float> sums(classes_.size(), 0);
  for (auto& field : scores) {
    for (double& score : field) score *= rules_;
  }
  for (const Feature& feature : features) {
    const int8_t* row = &weights_[feature.bucket * classes_.size()];
    for (size_t c = 0; c < sums.size(); ++c) sums[c] += static_cast<float>(row[c]) * feature.value;
  }
  for (size_t c = 0; c < classes_.size(); ++c) {
    const double said = static_cast<double>(sums[c]) * step_ + biases_[c];
    scores[classes_[c].field][classes_[c].answer] += said * blend_[classes_[c].field];
  }
}

}  // namespace plazo::classify
