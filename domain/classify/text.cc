#include "domain/classify/text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

namespace plazo::classify {
namespace {

constexpr char32_t kSkip = 1;
// Bytes of a number or an address that count as a word; of one that is named as a thing.
constexpr size_t kLongestThing = 64;
constexpr size_t kLongestEntity = 255;
constexpr size_t kMaxEntities = 64;
constexpr size_t kMaxTellingLetters = 64;
constexpr size_t kTableSize = 0x530;

// What a code point becomes: 0 = it ends a word, kSkip = it is passed over inside one.
std::array<char16_t, kTableSize> MakeFoldTable() {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  std::array<char16_t, kTableSize> table{};
  for (char32_t c = 0; c < kTableSize; ++c) {
    const auto point = static_cast<UChar32>(c);
    if (c == 0xAD || (c >= 0x300 && c < 0x370)) {
      table[c] = kSkip;
    } else if (u_isalnum(point)) {
      icu::UnicodeString parts;
      const bool latin = c < 0x370;
      table[c] = static_cast<char16_t>(c);
      if (latin && U_SUCCESS(error) && nfd->getDecomposition(point, parts)) {
        table[c] = parts.charAt(0);
      }
    }
  }
  table[U'ґ'] = U'г';
  table[U'ё'] = U'е';
  return table;
}

const std::array<char16_t, kTableSize>& FoldTable() {
  static const std::array<char16_t, kTableSize> table = MakeFoldTable();
  return table;
}

// ASCII letters and digits, as case folding leaves them.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 'a'; c <= 'z'; ++c) plain[static_cast<size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) plain[static_cast<size_t>(c)] = true;
  return plain;
}();

char32_t FoldPoint(UChar32 c) {
  if (c < 0) return 0;
  if (static_cast<size_t>(c) < kTableSize) return FoldTable()[static_cast<size_t>(c)];
  if (c == 0x200B || c == 0x200C || c == 0x200D || c == 0xFEFF) return kSkip;
  return u_isalnum(c) ? static_cast<char32_t>(c) : 0;
}

bool IsCyrillic(char32_t c) { return c >= 0x400 && c < 0x530; }
bool IsLatin(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 0xDF && c < 0x250); }
bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool IsApostrophe(UChar32 c) {
  return c == '\'' || c == 0x2019 || c == 0x2BC || c == '`' || c == 0x2018;
}

void AppendUtf8(char32_t c, std::string& out) {
  char buffer[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(buffer, length, static_cast<UChar32>(c));
  out.append(buffer, static_cast<size_t>(length));
}

// Latin letters that look Cyrillic, for words typed with a mixed keyboard.
char32_t CyrillicLookalike(char32_t c) {
  switch (c) {
    case 'a':
      return U'а';
    case 'c':
      return U'с';
    case 'e':
      return U'е';
    case 'i':
      return U'і';
    case 'o':
      return U'о';
    case 'p':
      return U'р';
    case 'x':
      return U'х';
    case 'y':
      return U'у';
    default:
      return c;
  }
}

constexpr std::string_view kTopLevels[] = {
    "com",  "net",   "org",   "es",      "it",      "ua",    "en",        "uk",  "co",
    "io",   "lat",   "click", "online",  "top",     "mx",    "ar",        "cl",  "pe",
    "ec",   "info",  "shop",  "store",   "biz",     "eu",    "dev",       "app", "xyz",
    "site", "club",  "test",  "example", "invalid", "local", "localhost", "ru",  "de",
    "fr",   "cloud", "tech",  "ve",      "bo",      "uy",    "py",        "gob", "edu",
    "gov",  "host",  "live",  "link",    "website", "email", "cc"};

bool IsTopLevel(std::string_view label) {
  return std::find(std::begin(kTopLevels), std::end(kTopLevels), label) != std::end(kTopLevels);
}

constexpr std::string_view kMoneyWords[] = {
    "usd",   "eur",     "uah",    "gbp",   "mxn",      "cop",     "ars",   "clp",
    "pen",   "грн",     "euro",   "euros", "dolares",  "гривень", "pesos", "грив",
    "гривн", "dollars", "pounds", "soles", "долларів", "доларів"};

// Splits normalised UTF-8 into words. One pass, no backing up beyond the word at hand.
class Scanner {
 public:
  Scanner(std::string_view s, Part part, size_t max_tokens, Text& text)
      : s_(s), part_(part), max_tokens_(max_tokens), text_(text) {}

  void Run() {
    StartSentence();
    while (pos_ < s_.size() && text_.tokens.size() < max_tokens_) Step();
    EndSentence(false);
  }

 private:
  UChar32 Peek(size_t at, size_t* next) const {
    UChar32 c;
    auto i = static_cast<int32_t>(at);
    U8_NEXT(s_.data(), i, static_cast<int32_t>(s_.size()), c);
    *next = static_cast<size_t>(i);
    return c;
  }

  void Step() {
    const unsigned char byte = static_cast<unsigned char>(s_[pos_]);
    if (byte == ' ') {
      ++pos_;
      return;
    }
    if (byte < 0x80 && (isalnum(byte) != 0) && TakeAddress()) return;
    size_t next = 0;
    const UChar32 c = Peek(pos_, &next);
    const char32_t folded = FoldPoint(c);
    if (folded == kSkip) {
      pos_ = next;
    } else if (IsDigit(folded)) {
      TakeNumber();
    } else if (folded != 0) {
      TakeWord();
    } else {
      TakePunctuation(c, next);
    }
  }

  // http://..., name@host, host.tld: taken whole, so that their parts are not read as words.
  bool TakeAddress() {
    if (pos_ > 0 && s_[pos_ - 1] != ' ' && s_[pos_ - 1] != '\n' && s_[pos_ - 1] != '(' &&
        s_[pos_ - 1] != '<' && s_[pos_ - 1] != '"') {
      return false;
    }
    size_t end = pos_;
    bool at_sign = false;
    bool scheme = false;
    while (end < s_.size()) {
      const unsigned char b = static_cast<unsigned char>(s_[end]);
      // All that an address may begin behind ends it: no byte is looked at twice.
      if (b <= ' ' || b >= 0x80 ||
          std::string_view(",()<>\";").find(s_[end]) != std::string_view::npos)
        break;
      if (b == '@') at_sign = true;
      if (b == ':' && s_.substr(end, 3) == "://") scheme = true;
      if (b == '/' && !scheme) break;
      ++end;
    }
    while (end > pos_ && std::string_view(".:!?'").find(s_[end - 1]) != std::string_view::npos)
      --end;
    const std::string_view chunk = s_.substr(pos_, end - pos_);
    const std::string_view host = chunk.substr(0, chunk.find(':'));
    const size_t dot = host.rfind('.');
    const bool domain =
        dot != std::string_view::npos && dot > 0 && IsTopLevel(TrimBracket(host.substr(dot + 1)));
    if (!scheme && !at_sign && !domain) return false;
    if (at_sign && !scheme && chunk.size() < 3) return false;
    if (scheme || domain) {
      while (end < s_.size() && static_cast<unsigned char>(s_[end]) > ' ' && s_[end] != ')' &&
             s_[end] != '>')
        ++end;
    }
    const TokenKind kind = at_sign && !scheme ? TokenKind::kMail : TokenKind::kUrl;
    if (kind == TokenKind::kUrl) AddEntity("domain", chunk);
    Emit(s_.substr(pos_, end - pos_), kind);
    pos_ = end;
    return true;
  }

  static std::string_view TrimBracket(std::string_view label) {
    while (!label.empty() && (label.front() == ']' || label.front() == '[')) label.remove_prefix(1);
    return label;
  }

  void TakeNumber() {
    const size_t begin = pos_;
    int dots = 0;
    while (pos_ < s_.size()) {
      const char c = s_[pos_];
      const bool joins = (c == '.' || c == ',') && pos_ + 1 < s_.size() &&
                         IsDigit(static_cast<unsigned char>(s_[pos_ + 1]));
      if (!IsDigit(static_cast<unsigned char>(c)) && !joins) break;
      if (c == '.') ++dots;
      ++pos_;
    }
    const std::string_view digits = s_.substr(begin, pos_ - begin);
    TokenKind kind = TokenKind::kNumber;
    if (dots == 3 && digits.size() >= 7 && digits.size() <= 15) {
      kind = TokenKind::kIp;
      AddEntity("ip", digits);
    } else if (MoneyBefore(begin) || MoneyAfter(pos_)) {
      kind = TokenKind::kMoney;
      AddEntity("amount", digits);
    } else if (begin > 0 && s_[begin - 1] == '#') {
      AddEntity("order_number", s_.substr(begin - 1, digits.size() + 1));
    }
    Emit(digits, kind);
  }

  bool MoneyBefore(size_t begin) const {
    const std::string_view before = s_.substr(0, begin);
    return before.ends_with("$") || before.ends_with("€") || before.ends_with("£") ||
           before.ends_with("₴") || before.ends_with("$ ") || before.ends_with("€ ");
  }

  bool MoneyAfter(size_t end) const {
    std::string_view after = s_.substr(end);
    if (after.starts_with(" ")) after.remove_prefix(1);
    if (after.empty() || IsDigit(static_cast<unsigned char>(after[0]))) return false;
    if (after.starts_with("€") || after.starts_with("$") || after.starts_with("₴")) return true;
    return std::any_of(std::begin(kMoneyWords), std::end(kMoneyWords), [&](std::string_view word) {
      return after[0] == word[0] && after.starts_with(word);
    });
  }

  void TakeWord() {
    const size_t begin = text_.folded.size();
    bool latin = false;
    bool cyrillic = false;
    while (pos_ < s_.size()) {
      const size_t run = pos_;
      while (pos_ < s_.size() && kPlain[static_cast<unsigned char>(s_[pos_])]) ++pos_;
      if (pos_ > run) {
        latin = true;
        text_.folded.append(s_.substr(run, pos_ - run));
        continue;
      }
      size_t next = 0;
      const UChar32 c = Peek(pos_, &next);
      const char32_t folded = FoldPoint(c);
      if (folded == kSkip) {
        pos_ = next;
        continue;
      }
      if (folded == 0) {
        if (!IsApostrophe(c) || !JoinsWord(next, cyrillic)) break;
        pos_ = next;
        continue;
      }
      latin |= IsLatin(folded);
      cyrillic |= IsCyrillic(folded);
      if (c >= 0x80) AddTellingLetter(c);
      AppendUtf8(folded, text_.folded);
      pos_ = next;
    }
    if (latin && cyrillic) MakeCyrillic(begin);
    FinishToken(begin, TokenKind::kWord);
  }

  // "пам'ять" and "can't" are one word, "l'ip" is two.
  bool JoinsWord(size_t after, bool cyrillic) const {
    size_t next = 0;
    if (after >= s_.size()) return false;
    const UChar32 c = Peek(after, &next);
    if (cyrillic) return IsCyrillic(FoldPoint(c));
    if (c != 't') return false;
    return next >= s_.size() || FoldPoint(Peek(next, &next)) == 0;
  }

  void MakeCyrillic(size_t begin) {
    const std::string mixed = text_.folded.substr(begin);
    text_.folded.resize(begin);
    int32_t i = 0;
    while (i < static_cast<int32_t>(mixed.size())) {
      UChar32 c;
      U8_NEXT(mixed.data(), i, static_cast<int32_t>(mixed.size()), c);
      AppendUtf8(CyrillicLookalike(static_cast<char32_t>(c)), text_.folded);
    }
  }

  void TakePunctuation(UChar32 c, size_t next) {
    if (c == 0xBF || c == 0xA1) AddTellingLetter(c);
    switch (c) {
      case '.':
        if (EndsSentence(next)) EndSentence(false);
        break;
      case '!':
      case ';':
      case 0x2026:
        EndSentence(false);
        break;
      case '?':
        EndSentence(true);
        break;
      case '\n':
        if (NewlineEnds(next)) EndSentence(false);
        line_begin_ = next;
        break;
      case '"':
      case 0x201C:
      case 0x201D:
      case 0xAB:
      case 0xBB:
        cited_ = c == 0xAB || c == 0x201C || (c == '"' && !cited_);
        break;
      case ',':
      case ':':
      case '(':
      case ')':
      case 0x2014:
      case 0x2013:
        ++clause_;
        break;
      case '-':
        if (next < s_.size() && s_[next] == ' ') ++clause_;
        break;
      default:
        break;
    }
    pos_ = next;
  }

  bool EndsSentence(size_t next) const {
    if (next >= s_.size() || s_[next] == ' ' || s_[next] == '\n') return true;
    size_t after = 0;
    const char32_t c = FoldPoint(Peek(next, &after));
    return c > kSkip && !IsDigit(c) && after < s_.size() && FoldPoint(Peek(after, &after)) > kSkip;
  }

  // Mail programs wrap at 72 columns: a long line goes on in the next.
  bool NewlineEnds(size_t next) const {
    if (next >= s_.size() || s_[next] == '\n' || s_[next] == '-' || s_[next] == '*') return true;
    return next - line_begin_ < 60;
  }

  void AddTellingLetter(UChar32 c) {
    if (text_.telling_letters.size() < kMaxTellingLetters)
      text_.telling_letters.push_back(static_cast<char32_t>(c));
  }

  // `value` is ASCII.
  void AddEntity(std::string_view kind, std::string_view value) {
    if (text_.entities.size() < kMaxEntities)
      text_.entities.push_back({kind, std::string(value.substr(0, kLongestEntity))});
  }

  void Emit(std::string_view word, TokenKind kind) {
    const size_t begin = text_.folded.size();
    text_.folded.append(CutToBytes(word, kLongestThing));
    FinishToken(begin, kind);
  }

  void FinishToken(size_t begin, TokenKind kind) {
    if (text_.folded.size() == begin) return;
    text_.tokens.push_back({.begin = static_cast<uint32_t>(begin),
                            .end = static_cast<uint32_t>(text_.folded.size()),
                            .sentence = static_cast<uint16_t>(text_.sentences.size() - 1),
                            .clause = static_cast<uint16_t>(clause_),
                            .kind = kind,
                            .part = part_,
                            .cited = cited_});
  }

  void StartSentence() {
    const auto first = static_cast<uint32_t>(text_.tokens.size());
    text_.sentences.push_back({first, first, false});
    clause_ = text_.tokens.empty() ? 0 : text_.tokens.back().clause + 1;
  }

  void EndSentence(bool question) {
    Sentence& sentence = text_.sentences.back();
    sentence.end_token = static_cast<uint32_t>(text_.tokens.size());
    sentence.question |= question;
    cited_ = false;
    if (sentence.end_token == sentence.first_token) return;
    StartSentence();
  }

  std::string_view s_;
  Part part_;
  size_t max_tokens_;
  Text& text_;
  size_t pos_ = 0;
  size_t line_begin_ = 0;
  int clause_ = 0;
  bool cited_ = false;
};

}  // namespace

std::string_view CutToBytes(std::string_view s, size_t limit) {
  if (s.size() <= limit) return s;
  while (limit > 0 && (static_cast<unsigned char>(s[limit]) & 0xC0) == 0x80) --limit;
  return s.substr(0, limit);
}

std::string FoldCase(std::string_view raw) {
  UErrorCode error = U_ZERO_ERROR;
  static const icu::Normalizer2* const nfkc = icu::Normalizer2::getNFKCCasefoldInstance(error);
  std::string out;
  out.reserve(raw.size() + 16);
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode status = U_ZERO_ERROR;
  nfkc->normalizeUTF8(0, icu::StringPiece(raw.data(), static_cast<int32_t>(raw.size())), sink,
                      nullptr, status);
  return out;
}

void AppendText(std::string_view folded, Part part, size_t max_tokens, Text& text) {
  Scanner(folded, part, max_tokens, text).Run();
}

std::vector<std::string> FoldedWords(std::string_view raw) {
  Text text;
  AppendText(FoldCase(raw), Part::kNew, 64, text);
  std::vector<std::string> words;
  for (size_t i = 0; i < text.tokens.size(); ++i) words.emplace_back(text.Word(i));
  return words;
}

}  // namespace plazo::classify
