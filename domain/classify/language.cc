#include "domain/classify/language.h"

#include <algorithm>

namespace plazo::classify {
namespace {

constexpr uint64_t kWordSalt = 11;
constexpr uint64_t kStemSalt = 12;
constexpr uint64_t kLetterSalt = 13;
// Of one occurrence. A sign is a small word; a lexicon's word may be borrowed.
constexpr unsigned kSignVote = 6;
constexpr unsigned kWordVote = 3;
constexpr unsigned kStemVote = 2;
constexpr unsigned kLetterVote = 4;
// A text says its language soon; the rest would say the same.
constexpr size_t kEnoughWords = 40;
constexpr size_t kShortestStem = 2;

bool HasCyrillic(std::string_view word) {
  return word.size() >= 2 && (static_cast<unsigned char>(word[0]) == 0xD0 ||
                              static_cast<unsigned char>(word[0]) == 0xD1 ||
                              static_cast<unsigned char>(word[0]) == 0xD2);
}

std::string LetterKey(char32_t letter) { return std::to_string(static_cast<uint32_t>(letter)); }

}  // namespace

void LanguageReader::Vote(std::string_view word, bool stem, size_t language, unsigned weight) {
  const uint32_t slot = index_.Insert(HashWord(word, stem ? kStemSalt : kWordSalt),
                                      static_cast<uint32_t>(votes_.size()));
  if (slot == votes_.size()) votes_.emplace_back();
  uint8_t& vote = votes_[slot].of[language];
  vote = static_cast<uint8_t>(std::max<unsigned>(vote, weight));
}

void LanguageReader::Add(const policy::v1::Lexicon& lexicon) {
  const size_t language = languages_.size();
  languages_.push_back(lexicon.language());
  for (const std::string& sign : lexicon.signs()) {
    Text text;
    AppendText(FoldCase(sign), Part::kNew, 4, text);
    // A lone letter outside ASCII ("ñ", "¿") is looked for in all words.
    if (sign.size() == 2 && !text.telling_letters.empty()) {
      const std::string key = LetterKey(text.telling_letters[0]);
      const uint32_t slot =
          index_.Insert(HashWord(key, kLetterSalt), static_cast<uint32_t>(votes_.size()));
      if (slot == votes_.size()) votes_.emplace_back();
      votes_[slot].of[language] = kLetterVote;
      continue;
    }
    for (size_t i = 0; i < text.tokens.size(); ++i) {
      const bool stem = sign.ends_with("*");
      Vote(text.Word(i), stem, language, stem ? kWordVote : kSignVote);
      if (HasCyrillic(text.Word(i))) cyrillic_ |= 1U << language;
    }
  }
  for (const policy::v1::Concept& entry : lexicon.concepts()) {
    for (const std::string& expression : entry.words()) {
      std::string word;
      for (size_t begin = 0; begin <= expression.size();) {
        const size_t end = std::min(expression.find_first_of(" |", begin), expression.size());
        const std::string part = expression.substr(begin, end - begin);
        begin = end + 1;
        if (part.empty() || part[0] == '<' || part == "_") continue;
        const bool stem = part.ends_with("*");
        const std::vector<std::string> words = FoldedWords(part);
        if (words.size() == 1) Vote(words[0], stem, language, stem ? kStemVote : kWordVote);
      }
    }
  }
}

// The whole word decides; only words that are in no lexicon are tried by their beginnings.
void LanguageReader::VotesFor(std::string_view word, unsigned (&votes)[kMaxLanguages]) const {
  const auto take = [&](uint64_t key) {
    const uint32_t slot = index_.Find(key);
    if (slot == HashIndex::kNone) return false;
    for (size_t l = 0; l < languages_.size(); ++l) {
      votes[l] = std::max<unsigned>(votes[l], votes_[slot].of[l]);
    }
    return true;
  };
  if (take(HashWord(word, kWordSalt))) return;
  WordHash hash;
  for (size_t b = 0; b < word.size(); ++b) {
    hash.Add(static_cast<unsigned char>(word[b]));
    if (b + 1 < word.size() && (static_cast<unsigned char>(word[b + 1]) & 0xC0) == 0x80) continue;
    if (b >= kShortestStem) take(hash.Value(kStemSalt));
  }
}

LanguageReader::Verdict LanguageReader::Read(const Text& text, std::string_view hint) const {
  double score[kMaxLanguages] = {};
  const size_t count = languages_.size();
  Verdict verdict;
  double most_telling = 0;
  size_t read = 0;
  for (size_t i = 0; i < text.tokens.size() && read < kEnoughWords; ++i) {
    const Token& token = text.tokens[i];
    if (token.kind != TokenKind::kWord || token.part == Part::kLeftOut) continue;
    ++read;
    const double weight = token.part == Part::kNew ? (token.cited ? 0.4 : 1.0) : 0.5;
    const std::string_view word = text.Word(i);
    const bool cyrillic = HasCyrillic(word);
    unsigned best_vote[kMaxLanguages] = {};
    VotesFor(word, best_vote);
    double all = 0;
    for (size_t l = 0; l < count; ++l) {
      if (cyrillic && (cyrillic_ >> l & 1) != 0) best_vote[l] = std::max(best_vote[l], 3U);
      all += best_vote[l];
    }
    if (all == 0) continue;
    for (size_t l = 0; l < count; ++l) {
      // What several languages share says little about any.
      const double vote = weight * best_vote[l] * best_vote[l] / all;
      score[l] += vote;
      if (vote > most_telling) {
        most_telling = vote;
        verdict.telling_word = word;
      }
    }
  }
  for (const char32_t letter : text.telling_letters) {
    const uint32_t slot = index_.Find(HashWord(LetterKey(letter), kLetterSalt));
    if (slot == HashIndex::kNone) continue;
    for (size_t l = 0; l < count; ++l) score[l] += votes_[slot].of[l] * 0.5;
  }
  double sum = 0;
  for (size_t l = 0; l < count; ++l) sum += score[l];
  verdict.known = sum > 0;
  // Where the text does not decide, the customer's language does.
  for (size_t l = 0; l < count; ++l) {
    if (languages_[l] == hint) score[l] += 0.5;
    if (score[l] > score[verdict.best]) verdict.best = l;
  }
  verdict.second = verdict.best == 0 && count > 1 ? 1 : 0;
  for (size_t l = 0; l < count; ++l) {
    if (l != verdict.best && score[l] > score[verdict.second]) verdict.second = l;
  }
  verdict.share = sum > 0 ? std::min(1.0, score[verdict.best] / (sum + 0.5)) : 0;
  return verdict;
}

}  // namespace plazo::classify
