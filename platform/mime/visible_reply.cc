#include "platform/mime/visible_reply.h"

#include <unicode/unistr.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "platform/mime/ascii.h"

namespace plazo::mime {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::size_t kMaxMarkLine = 400;  // bytes; a longer line is prose

const Words& AttributionStarts() {
  static const Words words = {"on ", "el ", "il ", "le ", "am ", "den ", "em "};
  return words;
}

// How an attribution ends, the colon included.
const Words& AttributionEnds() {
  static const Words words = {
      "wrote:",      "escribió:", "escribio:", "escribe:",     "ha scritto:", "scrive:",
      "написав:",    "написала:", "пише:",     "написав(ла):", "пишет:",      "написал:",
      "написал(а):", "schrieb:",  "a écrit :", "a écrit:",     "escreveu:"};
  return words;
}

const Words& FromLabels() {
  static const Words words = {"from:", "de:", "da:", "від:", "от:", "von:"};
  return words;
}

const Words& DateLabels() {
  static const Words words = {
      "sent:",    "date:",       "enviado:",   "enviado el:", "fecha:",
      "inviato:", "data:",       "надіслано:", "дата:",       "відправлено:",
      "datum:",   "отправлено:", "gesendet:",  "data invio:"};
  return words;
}

const Words& OtherLabels() {
  static const Words words = {"to:",   "cc:",   "subject:", "para:",  "asunto:",  "a:", "oggetto:",
                              "кому:", "тема:", "копія:",   "копия:", "betreff:", "an:"};
  return words;
}

const Words& Separators() {
  static const Words words = {
      "original message",         "mensaje original",       "messaggio originale",
      "оригінальне повідомлення", "вихідне повідомлення",   "початкове повідомлення",
      "исходное сообщение",       "оригинальное сообщение", "ursprüngliche nachricht",
      "forwarded message",        "mensaje reenviado",      "messaggio inoltrato",
      "переслане повідомлення",   "пересланное сообщение",  "пересылаемое сообщение"};
  return words;
}

const Words& MobileSignatures() {
  static const Words words = {"sent from my ",         "sent from mail for ",
                              "sent from outlook",     "sent from yahoo",
                              "sent with proton",      "get outlook for ",
                              "enviado desde mi ",     "enviado desde correo ",
                              "enviado desde outlook", "enviado con proton",
                              "obtener outlook para ", "enviado do meu ",
                              "inviato da ",           "inviato dal mio ",
                              "scarica outlook per ",  "ottieni outlook per ",
                              "надіслано з ",          "надіслано від ",
                              "відправлено з ",        "отправлено с ",
                              "отправлено из ",        "завантажити outlook для ",
                              "отримати outlook для "};
  return words;
}

bool StartsWithAny(std::string_view s, const Words& words) {
  return std::any_of(words.begin(), words.end(),
                     [s](std::string_view word) { return s.starts_with(word); });
}

bool EndsWithAny(std::string_view s, const Words& words) {
  return std::any_of(words.begin(), words.end(), [s](std::string_view word) {
    if (!s.ends_with(word)) return false;
    return s.size() == word.size() || IsBlank(s[s.size() - word.size() - 1]) || word.front() == 'a';
  });
}

bool IsQuoted(std::string_view line) { return TrimLeft(line).starts_with('>'); }
bool IsBlankLine(std::string_view line) { return Trim(line).empty(); }

// The line without quote marks and emphasis, folded; empty when it is too long to be a mark.
std::string MarkText(std::string_view line) {
  line = Trim(line);
  while (!line.empty() && (line.front() == '>' || line.front() == '*' || IsBlank(line.front())))
    line.remove_prefix(1);
  if (line.size() > kMaxMarkLine) return {};
  std::string folded = FoldCase(line);
  std::erase(folded, '*');
  return folded;
}

class Extractor {
 public:
  explicit Extractor(std::string_view text) {
    while (!text.empty()) lines_.push_back(TakeLine(text));
  }

  std::string Run() {
    for (std::size_t i = 0; i < lines_.size();) {
      const std::optional<std::size_t> next = SkipMark(i);
      if (!next.has_value()) {
        kept_.push_back(lines_[i++]);
      } else {
        RemoveMobileSignature();
        i = *next;
      }
    }
    RemoveMobileSignature();
    return Joined();
  }

 private:
  // Where to go on when line `i` is no new text; nullopt when it is.
  std::optional<std::size_t> SkipMark(std::size_t i) {
    const std::string_view line = lines_[i];
    if (const std::size_t behind = AttributionEnd(i); behind > i) {
      std::size_t next = behind;
      while (next < lines_.size() && IsBlankLine(lines_[next])) ++next;
      const bool quote_follows = next < lines_.size() && IsQuoted(lines_[next]);
      return quote_follows ? next : lines_.size();
    }
    if (IsQuoted(line)) return i + 1;
    if (line == "-- " || line == "--" || IsSeparator(line)) return lines_.size();
    if (IsHeaderBlock(i)) {
      DropRuleAbove();
      return lines_.size();
    }
    return std::nullopt;
  }

  // The line behind an attribution that starts at `i`; `i` when there is none.
  std::size_t AttributionEnd(std::size_t i) const {
    const bool quoted = IsQuoted(lines_[i]);
    std::string joined = MarkText(lines_[i]);
    if (joined.empty()) return i;
    const bool known_start = StartsWithAny(joined, AttributionStarts()) || LooksLikeDate(joined);
    const std::size_t max_lines = known_start ? 4 : 1;
    for (std::size_t n = 1;; ++n) {
      if (IsAttribution(joined, known_start)) return i + n;
      if (n == max_lines || i + n >= lines_.size() || IsBlankLine(lines_[i + n])) return i;
      if (IsQuoted(lines_[i + n]) != quoted) return i;
      joined += " " + MarkText(lines_[i + n]);
      if (joined.size() > kMaxMarkLine) return i;
    }
  }

  // "вт, 3 бер. 2026 р. ...": a digit among the first characters.
  static bool LooksLikeDate(std::string_view s) {
    constexpr std::size_t kNear = 16;
    return std::any_of(s.begin(),
                       s.begin() + static_cast<std::ptrdiff_t>(std::min(kNear, s.size())), IsDigit);
  }

  static bool IsAttribution(std::string_view s, bool known_start) {
    s = TrimRight(s);
    while (s.ends_with("\xC2\xA0")) s.remove_suffix(2);
    const bool has_address = s.find('@') != std::string_view::npos;
    if (known_start && has_address && s.ends_with(">:"))
      return true;  // "2026-03-03 10:00 Support <a@b>:"
    return EndsWithAny(s, AttributionEnds()) && (has_address || (known_start && HasTimeOrYear(s)));
  }

  static bool HasTimeOrYear(std::string_view s) {
    for (std::size_t i = 0; i + 3 < s.size(); ++i) {
      const bool year = s.substr(i, 2) == "20" && IsDigit(s[i + 2]) && IsDigit(s[i + 3]);
      const bool time = IsDigit(s[i]) && (s[i + 1] == ':' || s[i + 1] == '.') &&
                        IsDigit(s[i + 2]) && IsDigit(s[i + 3]);
      if (year || time) return true;
    }
    return false;
  }

  static bool IsSeparator(std::string_view line) {
    line = Trim(line);
    if (!line.starts_with("--") && !line.starts_with("__") &&
        !StartsWithIgnoreCase(line, "begin forwarded"))
      return false;
    std::string text = MarkText(line);
    if (text.starts_with("begin forwarded message")) return true;
    std::erase_if(text, [](char c) { return c == '-' || c == '_' || c == ':'; });
    const std::string_view bare = Trim(text);
    return std::any_of(Separators().begin(), Separators().end(),
                       [bare](std::string_view word) { return bare == word; });
  }

  // Outlook: From, then a date and at least one of To, Cc, Subject in the lines that follow.
  bool IsHeaderBlock(std::size_t i) const {
    if (!StartsWithAny(MarkText(lines_[i]), FromLabels())) return false;
    bool date = false;
    bool other = false;
    constexpr std::size_t kBlockLines = 8;
    for (std::size_t k = i + 1; k < lines_.size() && k < i + kBlockLines; ++k) {
      const std::string text = MarkText(lines_[k]);
      if (text.empty() && k > i + 1) break;
      date = date || StartsWithAny(text, DateLabels());
      other = other || StartsWithAny(text, OtherLabels());
    }
    return date && other;
  }

  // The line of underscores that Outlook draws above its header block.
  void DropRuleAbove() {
    while (!kept_.empty() && IsBlankLine(kept_.back())) kept_.pop_back();
    const std::string_view last = kept_.empty() ? std::string_view() : Trim(kept_.back());
    if (last.size() >= 8 && last.find_first_not_of("_-") == std::string_view::npos)
      kept_.pop_back();
  }

  void RemoveMobileSignature() {
    constexpr std::size_t kMaxBlankLines =
        20;  // this runs for each quoted line: it must not look back far
    std::size_t end = kept_.size();
    while (end > 0 && kept_.size() - end < kMaxBlankLines && IsBlankLine(kept_[end - 1])) --end;
    if (end == 0) return;
    const std::string_view last = Trim(kept_[end - 1]);
    constexpr std::size_t kMaxSignature = 90;
    if (last.size() > kMaxSignature) return;
    const std::string text = MarkText(last);
    const auto words = std::count(text.begin(), text.end(), ' ') + 1;
    if (words <= 8 && StartsWithAny(text, MobileSignatures())) kept_.resize(end - 1);
  }

  std::string Joined() const {
    std::string out;
    int blanks = 0;
    for (const std::string_view line : kept_) {
      if (IsBlankLine(line)) {
        ++blanks;
        continue;
      }
      if (!out.empty()) out.append(blanks > 0 ? "\n\n" : "\n");
      blanks = 0;
      out.append(TrimRight(line));
    }
    return out;
  }

  std::vector<std::string_view> lines_;
  std::vector<std::string_view> kept_;
};

}  // namespace

std::string FoldCase(std::string_view text) {
  const bool ascii = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (ascii) return LowerAscii(text);
  std::string folded;
  icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())))
      .foldCase()
      .toUTF8String(folded);
  return folded;
}

std::string VisibleReply(std::string_view text) {
  std::string visible = Extractor(text).Run();
  return visible.empty() ? std::string(Trim(text)) : visible;
}

}  // namespace plazo::mime
