#include "domain/classify/linear_model.h"

#include <absl/strings/escaping.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace plazo::classify {
namespace {

constexpr uint64_t kUnigramSalt = 21;
constexpr uint64_t kBigramSalt = 22;
constexpr uint64_t kFragmentSalt = 23;
constexpr uint64_t kConceptSalt = 24;
constexpr uint64_t kTakenBackSalt = 25;
constexpr uint64_t kIntentSalt = 26;
constexpr size_t kShortest = 4;
constexpr size_t kLongest = 5;
constexpr size_t kMaxFragmentBytes = 64;
// Long messages are told by their beginning; the bound keeps the work bounded.
constexpr size_t kMaxWords = 400;

// Marks buckets, each once, however often it is hit.
class BucketSet {
 public:
  explicit BucketSet(uint32_t buckets) : buckets_(buckets), bits_(buckets / 64 + 1) {}
  void Add(uint64_t hash) {
    // The upper half spread over the buckets, without a division.
    const auto bucket = static_cast<uint32_t>((hash >> 32) * buckets_ >> 32);
    bits_[bucket / 64] |= uint64_t{1} << (bucket % 64);
  }
  size_t Count() const {
    size_t count = 0;
    for (const uint64_t word : bits_) count += static_cast<size_t>(std::popcount(word));
    return count;
  }
  template <typename F>
  void ForEach(F f) const {
    for (size_t w = 0; w < bits_.size(); ++w) {
      for (uint64_t word = bits_[w]; word != 0; word &= word - 1) {
        f(static_cast<uint32_t>(w * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  uint64_t buckets_;
  std::vector<uint64_t> bits_;
};

// Every run of kShortest to kLongest letters of the word with a space before and after it.
void AddFragments(std::string_view word, BucketSet& set) {
  unsigned char padded[kMaxFragmentBytes + 2];
  const size_t bytes = std::min(word.size(), kMaxFragmentBytes);
  padded[0] = ' ';
  std::memcpy(padded + 1, word.data(), bytes);
  padded[bytes + 1] = ' ';
  const size_t size = bytes + 2;
  const auto goes_on = [&](size_t i) { return i < size && (padded[i] & 0xC0) == 0x80; };
  for (size_t begin = 0; begin < size; ++begin) {
    if (goes_on(begin)) continue;
    WordHash hash;
    size_t letters = 0;
    for (size_t i = begin; i < size; ++i) {
      hash.Add(padded[i]);
      if (goes_on(i + 1)) continue;
      if (++letters >= kShortest) set.Add(hash.Value(kFragmentSalt));
      if (letters == kLongest) break;
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
  BucketSet set(for_text);
  const size_t end = std::min(text.tokens.size(), kMaxWords);
  std::string_view before;
  for (size_t i = 0; i < end; ++i) {
    if (!Counts(text.tokens[i])) continue;
    const std::string_view word = Shape(text, i);
    set.Add(HashWord(word, kUnigramSalt));
    WordHash bigram;
    for (const char c : before) bigram.Add(static_cast<unsigned char>(c));
    bigram.Add(' ');
    for (const char c : word) bigram.Add(static_cast<unsigned char>(c));
    set.Add(bigram.Value(kBigramSalt));
    before = word;
    if (text.tokens[i].kind == TokenKind::kWord) AddFragments(word, set);
  }
  const size_t count = set.Count();
  features.reserve(features.size() + count + concept_hashes_.size());
  const float each = 4.0F / std::sqrt(static_cast<float>(count) + 20.0F);
  set.ForEach([&](uint32_t bucket) { features.push_back({bucket, each}); });
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
      !absl::Base64Unescape(model.weights(), &bytes) || classes_.empty() ||
      classes_.size() > kMaxClasses || bytes.size() != buckets * classes_.size() ||
      static_cast<size_t>(model.biases_size()) != classes_.size()) {
    return absl::InvalidArgumentError(
        "model: buckets, classes, biases and weights do not fit together");
  }
  buckets_ = static_cast<uint32_t>(buckets);
  step_ = model.step();
  rules_ = model.rules() > 0 ? model.rules() : 1;
  weights_.assign(buckets * kMaxClasses, 0);
  for (size_t i = 0; i < bytes.size(); ++i) {
    weights_[i / classes_.size() * kMaxClasses + i % classes_.size()] =
        static_cast<int8_t>(bytes[i]);
  }
  biases_.assign(model.biases().begin(), model.biases().end());
  for (const policy::v1::Blend& blend : model.blends()) {
    for (size_t f = 0; f < kFields; ++f) {
      if (kFieldNames[f] == blend.field()) blend_[f] = blend.weight();
    }
  }
  return absl::OkStatus();
}

void LinearModel::Judge(const std::vector<Feature>& features, Scores& scores) const {
  for (auto& field : scores) {
    for (double& score : field) score *= rules_;
  }
  // Text features share one value: their rows are added as integers and scaled once.
  std::array<float, kMaxClasses> sums = {};
  for (size_t i = 0; i < features.size();) {
    std::array<int32_t, kMaxClasses> run = {};
    const float value = features[i].value;
    for (; i < features.size() && features[i].value == value; ++i) {
      const int8_t* row = &weights_[features[i].bucket * kMaxClasses];
      for (size_t c = 0; c < kMaxClasses; ++c) run[c] += row[c];
    }
    for (size_t c = 0; c < kMaxClasses; ++c) sums[c] += static_cast<float>(run[c]) * value;
  }
  for (size_t c = 0; c < classes_.size(); ++c) {
    const double said = static_cast<double>(sums[c]) * step_ + biases_[c];
    scores[classes_[c].field][classes_[c].answer] += said * blend_[classes_[c].field];
  }
}

}  // namespace plazo::classify
