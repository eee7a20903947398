#pragma once

// Which of the lexicons' languages a text is in: by small frequent words, by words of the lexicon,
// by letters.

#include <string>
#include <string_view>
#include <vector>

#include "domain/classify/phrases.h"
#include "domain/classify/text.h"
#include "plazo/policy/v1/lexicon.pb.h"

namespace plazo::classify {

class LanguageReader {
 public:
  static constexpr size_t kMaxLanguages = 16;

  // At most kMaxLanguages. Call once a lexicon that has a language.
  void Add(const policy::v1::Lexicon& lexicon);

  struct Verdict {
    // Index into languages(); the one that was added first when nothing speaks for any.
    size_t best = 0;
    size_t second = 0;
    // Share of the evidence that speaks for `best`, 0-1.
    double share = 0;
    // Whether anything was seen at all; if not, the hint decides.
    bool known = false;
    std::string telling_word;
  };
  Verdict Read(const Text& text, std::string_view hint) const;

  const std::vector<std::string>& languages() const { return languages_; }

 private:
  void Vote(std::string_view word, bool stem, size_t language, unsigned weight);

  void VotesFor(std::string_view word, unsigned (&votes)[kMaxLanguages]) const;

  struct Votes {
    uint8_t of[kMaxLanguages] = {};
  };
  std::vector<std::string> languages_;
  HashIndex index_;
  std::vector<Votes> votes_;
  uint32_t cyrillic_ = 0;
};

}  // namespace plazo::classify
