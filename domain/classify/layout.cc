#include "domain/classify/layout.h"

#include <algorithm>

#include "domain/classify/text.h"

namespace plazo::classify {

struct LayoutReader::Line {
  std::string_view raw;
  // Trimmed; of long lines only the beginning, since no marker is long.
  std::string_view folded;
  LineKind kind = LineKind::kNew;
};

namespace {

constexpr size_t kMarkerLine = 300;
// Lines, with the closing words.
constexpr size_t kLongestSignature = 9;

std::string_view Trim(std::string_view s) {
  const size_t begin = s.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return s.substr(begin, s.find_last_not_of(" \t\r\n") - begin + 1);
}

bool HasDigitOrAt(std::string_view s) {
  return s.find_first_of("0123456789@") != std::string_view::npos;
}

constexpr std::string_view kHeaderNames[] = {"return-path:",
                                             "received:",
                                             "dkim-signature:",
                                             "message-id:",
                                             "from:",
                                             "to:",
                                             "subject:",
                                             "date:",
                                             "sent:",
                                             "cc:",
                                             "reply-to:",
                                             "authentication-results:",
                                             "de:",
                                             "para:",
                                             "asunto:",
                                             "enviado:",
                                             "fecha:",
                                             "da:",
                                             "a:",
                                             "oggetto:",
                                             "inviato:",
                                             "data:",
                                             "від:",
                                             "кому:",
                                             "тема:",
                                             "надіслано:",
                                             "дата:",
                                             "delivered-to:",
                                             "x-originating-ip:",
                                             "x-mailer:",
                                             "mime-version:",
                                             "content-type:"};

constexpr size_t kLongestHeaderName = 24;

bool IsHeader(std::string_view line) {
  const size_t colon = line.substr(0, kLongestHeaderName).find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon + 1);
  return std::find(std::begin(kHeaderNames), std::end(kHeaderNames), name) !=
         std::end(kHeaderNames);
}

}  // namespace

void LayoutReader::Add(const policy::v1::Layout& layout) {
  const auto add = [](const auto& phrases, std::vector<std::string>& to) {
    for (const std::string& phrase : phrases) {
      if (!phrase.empty()) to.push_back(FoldCase(phrase));
    }
  };
  add(layout.attributions(), attributions_);
  add(layout.separators(), separators_);
  add(layout.closings(), closings_);
}

bool LayoutReader::IsAttribution(std::string_view folded) const {
  if (!folded.ends_with(":")) return false;
  return std::any_of(attributions_.begin(), attributions_.end(), [&](const std::string& phrase) {
    const size_t at = folded.rfind(phrase);
    // Nothing but an address may stand between the phrase and the colon.
    return at != std::string_view::npos && folded.size() - at - phrase.size() <= 60;
  });
}

bool LayoutReader::IsSeparator(std::string_view folded) const {
  const size_t begin = folded.find_first_not_of("-_*= ");
  if (begin == std::string_view::npos) return false;
  const std::string_view text = folded.substr(begin);
  return std::any_of(separators_.begin(), separators_.end(), [&](const std::string& phrase) {
    return text.front() == phrase.front() && text.starts_with(phrase) &&
           text.size() <= phrase.size() + 40;
  });
}

bool LayoutReader::IsClosing(std::string_view folded) const {
  if (folded.empty()) return false;
  return std::any_of(closings_.begin(), closings_.end(), [&](const std::string& phrase) {
    return folded.size() <= phrase.size() + 24 && folded.front() == phrase.front() &&
           folded.starts_with(phrase);
  });
}

void LayoutReader::MarkQuotes(std::vector<Line>& lines) const {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].folded.starts_with(">")) lines[i].kind = LineKind::kQuoted;
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind != LineKind::kNew || !IsAttribution(lines[i].folded)) continue;
    size_t next = i + 1;
    while (next < lines.size() && lines[next].folded.empty()) ++next;
    const bool quote_follows = next < lines.size() && lines[next].kind == LineKind::kQuoted;
    const bool wrapped = i > 0 && !lines[i - 1].folded.empty() &&
                         HasDigitOrAt(lines[i - 1].folded) && !lines[i - 1].folded.ends_with(".");
    if (!quote_follows && !HasDigitOrAt(lines[i].folded) && !wrapped) continue;
    lines[i].kind = LineKind::kQuoted;
    if (wrapped && lines[i].folded.find_first_of("0123456789") == std::string_view::npos) {
      lines[i - 1].kind = LineKind::kQuoted;
    }
    if (quote_follows) continue;
    for (size_t j = i + 1; j < lines.size(); ++j) lines[j].kind = LineKind::kQuoted;
  }
}

void LayoutReader::MarkForwarded(std::vector<Line>& lines) const {
  size_t headers = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind != LineKind::kNew) continue;
    if (IsSeparator(lines[i].folded)) {
      for (size_t j = i; j < lines.size(); ++j) {
        if (lines[j].kind == LineKind::kNew) lines[j].kind = LineKind::kForwarded;
      }
      break;
    }
    if (IsHeader(lines[i].folded)) ++headers;
  }
  if (headers < 2) return;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind != LineKind::kNew) continue;
    const bool folds = i > 0 && lines[i - 1].kind == LineKind::kHeaders && !lines[i].raw.empty() &&
                       (lines[i].raw.front() == ' ' || lines[i].raw.front() == '\t');
    if (folds || IsHeader(lines[i].folded)) lines[i].kind = LineKind::kHeaders;
  }
}

size_t LayoutReader::MarkSignature(std::vector<Line>& lines) const {
  size_t looks = 0;
  for (size_t i = 0; i < lines.size(); ++i, ++looks) {
    if (lines[i].kind != LineKind::kNew) continue;
    const bool dashes = lines[i].folded == "--";
    if (!dashes && (i == 0 || !IsClosing(lines[i].folded))) continue;
    size_t end = i + 1;
    bool short_lines = true;
    for (; end < lines.size() && lines[end].kind == LineKind::kNew; ++end, ++looks) {
      if (!dashes && end - i > kLongestSignature) break;
      short_lines &= lines[end].folded.size() <= 90 && !lines[end].folded.ends_with("?");
    }
    if (!dashes && (!short_lines || end - i > kLongestSignature)) continue;
    for (size_t j = i; j < end; ++j) lines[j].kind = LineKind::kSignature;
    i = end;
  }
  return looks;
}

std::vector<Segment> LayoutReader::Split(std::string_view body, size_t* looks) const {
  std::vector<Line> lines;
  for (size_t begin = 0; begin <= body.size();) {
    size_t end = body.find('\n', begin);
    if (end == std::string_view::npos) end = body.size();
    const std::string_view raw = body.substr(begin, end - begin);
    lines.push_back({raw, Trim(raw.substr(0, kMarkerLine))});
    begin = end + 1;
  }
  MarkQuotes(lines);
  MarkForwarded(lines);
  const size_t looked = MarkSignature(lines);
  if (looks != nullptr) *looks += looked + 2 * lines.size();
  std::vector<Segment> segments;
  for (const Line& line : lines) {
    if (!segments.empty() && segments.back().kind == line.kind) {
      std::string_view& text = segments.back().text;
      text = std::string_view(text.data(),
                              static_cast<size_t>(line.raw.data() + line.raw.size() - text.data()));
    } else {
      segments.push_back({line.raw, line.kind});
    }
  }
  return segments;
}

}  // namespace plazo::classify
