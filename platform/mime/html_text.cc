#include "platform/mime/html_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <utility>

#include "platform/mime/ascii.h"
#include "platform/mime/html_entities.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kMaxQuotePrefix =
    5;  // "> " is repeated at most so often, however deep quotes are nested
constexpr std::size_t kMaxHref = 2000;

// What a tag does to the text around it: so many line ends at least.
int LineEndsAround(std::string_view tag) {
  static constexpr std::array kParagraphs = {"p",  "h1", "h2", "h3", "h4",  "h5",
                                             "h6", "ul", "ol", "dl", "pre", "blockquote"};
  static constexpr std::array kBlocks = {
      "div",    "tr",     "table",  "li",      "section", "article", "header", "body",
      "footer", "center", "form",   "address", "dt",      "dd",      "hr",     "tbody",
      "thead",  "nav",    "figure", "main",    "aside",   "fieldset"};
  const auto is = [tag](const char* name) { return tag == name; };
  if (std::any_of(kParagraphs.begin(), kParagraphs.end(), is)) return 2;
  if (std::any_of(kBlocks.begin(), kBlocks.end(), is)) return 1;
  return 0;
}

// Elements whose content is no text for people.
bool IsDropped(std::string_view tag) {
  return tag == "script" || tag == "style" || tag == "title" || tag == "noembed" ||
         tag == "template" || tag == "svg";
}

std::size_t FindIgnoreCase(std::string_view s, std::string_view lower_needle, std::size_t from) {
  const auto it = std::search(s.begin() + static_cast<std::ptrdiff_t>(std::min(from, s.size())),
                              s.end(), lower_needle.begin(), lower_needle.end(),
                              [](char a, char b) { return LowerAscii(a) == b; });
  return it == s.end() ? std::string_view::npos : static_cast<std::size_t>(it - s.begin());
}

struct Tag {
  std::string name;  // lower case
  bool closing = false;
  std::string_view attributes;
  std::size_t end = 0;  // behind the '>'
};

// The value of one attribute, entities not decoded; empty when absent.
std::string_view AttributeValue(std::string_view attributes, std::string_view wanted) {
  std::size_t i = 0;
  while (i < attributes.size()) {
    while (i < attributes.size() && (IsBlank(attributes[i]) || attributes[i] == '/')) ++i;
    const std::size_t name_begin = i;
    while (i < attributes.size() && attributes[i] != '=' && !IsBlank(attributes[i])) ++i;
    const std::string_view name = attributes.substr(name_begin, i - name_begin);
    while (i < attributes.size() && IsBlank(attributes[i])) ++i;
    if (i >= attributes.size() || attributes[i] != '=') continue;
    ++i;
    while (i < attributes.size() && IsBlank(attributes[i])) ++i;
    std::string_view value;
    if (i < attributes.size() && (attributes[i] == '"' || attributes[i] == '\'')) {
      const std::size_t close = attributes.find(attributes[i], i + 1);
      value = attributes.substr(i + 1, close == std::string_view::npos ? close : close - i - 1);
      i = close == std::string_view::npos ? attributes.size() : close + 1;
    } else {
      const std::size_t begin = i;
      while (i < attributes.size() && !IsBlank(attributes[i])) ++i;
      value = attributes.substr(begin, i - begin);
    }
    if (EqualsIgnoreCase(name, wanted)) return value;
  }
  return {};
}

std::string DecodeEntities(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const std::size_t length = s[i] == '&' ? DecodeEntity(s.substr(i), out) : 0;
    if (length == 0) out.push_back(s[i]);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

// The text being written: collapses blanks, owes line ends until the next word, puts quote marks
// before lines.
class Writer {
 public:
  void Word(std::string_view word) {
    StartWriting();
    out_.append(word);
    bullet_open_ = false;
  }
  void Char(char c) { Word({&c, 1}); }
  void Bullet() {
    if (bullet_open_) return;
    Word("- ");
    bullet_open_ = true;
  }
  void Blank() { blank_owed_ = true; }
  void LineEnd() { AtLeastLineEnds(std::min(ends_owed_ + 1, 3)); }
  void AtLeastLineEnds(int n) {
    if (bullet_open_) return;  // <li><p>: the text belongs behind its bullet
    ends_owed_ = std::max(ends_owed_, n);
    blank_owed_ = false;
  }
  void EnterQuote() { ++quote_depth_; }
  void LeaveQuote() {
    if (quote_depth_ > 0) --quote_depth_;
  }

  const std::string& out() const { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  void StartWriting() {
    if (out_.empty()) {
      QuoteMarks(quote_depth_);
    } else if (ends_owed_ > 0) {
      for (; ends_owed_ > 1; --ends_owed_) {
        out_.push_back('\n');
        QuoteMarks(std::min(quote_depth_, last_line_depth_));
      }
      out_.push_back('\n');
      QuoteMarks(quote_depth_);
    } else if (blank_owed_ && out_.back() != ' ') {
      out_.push_back(' ');
    }
    ends_owed_ = 0;
    blank_owed_ = false;
  }
  void QuoteMarks(std::size_t depth) {
    for (std::size_t i = 0; i < std::min(depth, kMaxQuotePrefix); ++i) out_.append("> ");
    last_line_depth_ = depth;
  }

  std::string out_;
  int ends_owed_ = 0;
  bool blank_owed_ = false;
  bool bullet_open_ = false;  // the last thing written is a list item's mark
  std::size_t quote_depth_ = 0;
  std::size_t last_line_depth_ = 0;
};

class Converter {
 public:
  explicit Converter(std::string_view html) : html_(html), last_close_(html.rfind('>')) {}

  std::string Run() {
    while (at_ < html_.size()) {
      const char c = html_[at_];
      if (c == '<') {
        Markup();
      } else if (c == '&') {
        Entity();
      } else {
        Text(c);
        ++at_;
      }
    }
    CloseLink();
    return writer_.Take();
  }

 private:
  void Text(char c) {
    if (preformatted_ > 0 && c == '\n') {
      writer_.LineEnd();
    } else if (preformatted_ > 0 && (c == ' ' || c == '\t')) {
      writer_.Char(c);
    } else if (IsBlank(c) || c == '\f') {
      writer_.Blank();
    } else if (!IsControl(c)) {
      writer_.Char(c);
    }
  }

  void Entity() {
    std::string decoded;
    const std::size_t length = DecodeEntity(html_.substr(at_), decoded);
    if (length == 0) {
      writer_.Char('&');
      ++at_;
      return;
    }
    at_ += length;
    if (decoded == " ") {
      writer_.Blank();
    } else if (!decoded.empty()) {
      writer_.Word(decoded);
    }
  }

  void Markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--") && !comment_never_ends_) {
      const std::size_t end = html_.find("-->", at_ + 4);
      if (end != std::string_view::npos) {
        at_ = end + 3;
        return;
      }
      comment_never_ends_ =
          true;  // read as a declaration: losing the rest of a mail would be worse
    }
    const char next = rest.size() > 1 ? rest[1] : ' ';
    const bool declaration = next == '!' || next == '?';
    if ((!declaration && next != '/' && !IsAlpha(next)) || last_close_ == std::string_view::npos ||
        last_close_ < at_) {
      writer_.Char('<');  // "a < b", or a tag that the mail's end has cut off
      ++at_;
      return;
    }
    if (declaration) {
      at_ = html_.find('>', at_) + 1;
      return;
    }
    const Tag tag = ReadTag();
    at_ = tag.end;
    Apply(tag);
  }

  // There is a '>' ahead.
  Tag ReadTag() {
    Tag tag;
    std::size_t i = at_ + 1;
    tag.closing = html_[i] == '/';
    if (tag.closing) ++i;
    const std::size_t name_begin = i;
    while (i < html_.size() &&
           (IsAlpha(html_[i]) || IsDigit(html_[i]) || html_[i] == ':' || html_[i] == '-'))
      ++i;
    constexpr std::size_t kMaxTagName = 32;
    tag.name = LowerAscii(html_.substr(name_begin, std::min(i - name_begin, kMaxTagName)));
    const std::size_t end = EndOfTag(i);
    tag.attributes = html_.substr(i, end - i);
    tag.end = end + 1;
    return tag;
  }

  // The '>' that stands in no quotes. Once a quote was found that never ends, quotes are no longer
  // honoured: the document would otherwise be searched to its end again and again.
  std::size_t EndOfTag(std::size_t i) {
    const std::size_t first = html_.find('>', i);
    while (!quotes_broken_) {
      i = html_.find_first_of("\"'>", i);
      if (i == std::string_view::npos) break;
      if (html_[i] == '>') return i;
      // A quote opens only behind "="; elsewhere it is a stray character.
      std::size_t before = i;
      while (before > at_ && IsBlank(html_[before - 1])) --before;
      if (html_[before - 1] != '=') {
        ++i;
        continue;
      }
      const std::size_t close = html_.find(html_[i], i + 1);
      if (close == std::string_view::npos) break;
      i = close + 1;
    }
    quotes_broken_ = true;
    return first;
  }

  void Apply(const Tag& tag) {
    if (!tag.closing && IsDropped(tag.name)) {
      SkipContent(tag.name);
      return;
    }
    if (tag.name == "br") {
      writer_.LineEnd();
      return;
    }
    if (tag.name == "a") {
      CloseLink();
      if (!tag.closing) OpenLink(tag.attributes);
      return;
    }
    if (tag.name == "td" || tag.name == "th") writer_.Blank();
    const int line_ends = LineEndsAround(tag.name);
    if (line_ends > 0) writer_.AtLeastLineEnds(line_ends);
    if (tag.name == "blockquote") tag.closing ? writer_.LeaveQuote() : writer_.EnterQuote();
    if (tag.name == "pre") preformatted_ = std::max(preformatted_ + (tag.closing ? -1 : 1), 0);
    if (tag.name == "li" && !tag.closing) writer_.Bullet();
  }

  void SkipContent(const std::string& name) {
    if (never_closed_.contains(name)) return;
    const std::size_t close = FindIgnoreCase(html_, "</" + name, at_);
    const std::size_t end = close == std::string_view::npos ? close : html_.find('>', close);
    if (end == std::string_view::npos) {
      never_closed_.insert(name);
      return;
    }
    at_ = end + 1;
  }

  void OpenLink(std::string_view attributes) {
    const std::string href =
        CollapseBlanks(DecodeEntities(AttributeValue(attributes, "href").substr(0, kMaxHref)));
    const bool shown = StartsWithIgnoreCase(href, "http://") ||
                       StartsWithIgnoreCase(href, "https://") ||
                       StartsWithIgnoreCase(href, "ftp://");
    if (!shown) return;
    link_ = href;
    link_text_begin_ = writer_.out().size();
  }

  void CloseLink() {
    if (link_.empty()) return;
    const std::string_view text = Trim(std::string_view(writer_.out()).substr(link_text_begin_));
    // The text often is the address itself, with or without scheme and final slash.
    std::string_view bare = link_;
    bare.remove_prefix(bare.find("://") + 3);
    if (bare.ends_with('/')) bare.remove_suffix(1);
    const bool told = text.size() <= link_.size() + 2 && text.find(bare) != std::string_view::npos;
    if (!told) {
      writer_.Blank();
      writer_.Word("(" + link_ + ")");
    }
    link_.clear();
  }

  const std::string_view html_;
  const std::size_t last_close_;  // position of the last '>'
  std::size_t at_ = 0;
  Writer writer_;
  int preformatted_ = 0;
  bool comment_never_ends_ = false;
  bool quotes_broken_ = false;
  std::set<std::string> never_closed_;
  std::string link_;
  std::size_t link_text_begin_ = 0;
};

}  // namespace

std::string HtmlToText(std::string_view html) { return Converter(html).Run(); }

std::string HtmlDeclaredCharset(std::string_view bytes) {
  constexpr std::size_t kLookAt = 2048;
  const std::string_view head = bytes.substr(0, kLookAt);
  std::size_t at = 0;
  while ((at = FindIgnoreCase(head, "<meta", at)) != std::string_view::npos) {
    const std::string_view tag = head.substr(at, head.find('>', at) - at);
    const std::size_t charset = FindIgnoreCase(tag, "charset=", 0);
    if (charset != std::string_view::npos) {
      std::string_view name = TrimLeft(tag.substr(charset + 8));
      while (!name.empty() && (name.front() == '"' || name.front() == '\'')) name.remove_prefix(1);
      return std::string(name.substr(0, name.find_first_of("\"'; \t\r\n/>")));
    }
    at += 5;
  }
  return {};
}

}  // namespace plazo::mime
