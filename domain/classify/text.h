#pragma once

// A message as the classifier reads it: folded words, in clauses and sentences.
//
// Folding is Unicode NFKC with case folding, then accents off Latin letters, so that "facturación"
// and "facturacion" are one word. Cyrillic letters stay as they are but for ґ; apostrophes inside
// Cyrillic words go.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::classify {

enum class TokenKind : uint8_t { kWord, kNumber, kMoney, kIp, kUrl, kMail };

// Where a word stands in the message.
enum class Part : uint8_t { kSubject, kReplySubject, kNew, kForwarded, kQuoted, kLeftOut };

struct Token {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint16_t sentence = 0;
  uint16_t clause = 0;
  TokenKind kind = TokenKind::kWord;
  Part part = Part::kNew;
  // Between quotation marks.
  bool cited = false;
};

struct Sentence {
  uint32_t first_token = 0;
  uint32_t end_token = 0;
  bool question = false;
};

struct NamedThing {
  std::string_view kind;
  std::string value;
};

struct Text {
  // The folded words, one after another.
  std::string folded;
  std::vector<Token> tokens;
  std::vector<Sentence> sentences;
  std::vector<NamedThing> entities;
  // The subject says that it answers or forwards; the body holds headers of a mail.
  bool reply = false;
  bool headers = false;
  // Letters that accents or script give away, as normalised code points, for the language.
  std::vector<char32_t> telling_letters;

  std::string_view Word(size_t i) const {
    const Token& token = tokens[i];
    return std::string_view(folded).substr(token.begin, token.end - token.begin);
  }
};

// Adds text from FoldCase() as words of `part`; starts a new sentence. Stops at `max_tokens`.
void AppendText(std::string_view folded, Part part, size_t max_tokens, Text& text);

// The beginning of `s`, at most `limit` bytes, ending with a whole character.
std::string_view CutToBytes(std::string_view s, size_t limit);

// NFKC with case folding; invalid bytes become U+FFFD.
std::string FoldCase(std::string_view raw);

// The words of a pattern, folded as text is; `*`, `|` and `_` are left to the caller.
std::vector<std::string> FoldedWords(std::string_view raw);

}  // namespace plazo::classify
