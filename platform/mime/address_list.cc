#include "platform/mime/address_list.h"

#include <string>
#include <utility>

#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"
#include "platform/mime/header_block.h"

namespace plazo::mime {
namespace {

// One element between commas, as it is collected.
struct Element {
  std::string phrase;   // outside brackets and comments, quotes removed
  std::string angle;    // inside <...>
  std::string comment;  // inside (...)
  bool has_angle = false;
  bool has_at = false;  // `phrase` contains an @
  // A quoted local part that we would have to change to write to it. It is no address, or we would
  // write to somebody else, or take one for another.
  bool unfit = false;
};

std::string CleanAddress(std::string_view raw) {
  std::string_view route = Trim(raw);
  if (route.starts_with('@')) {  // "<@relay:user@domain>", an obsolete source route
    const std::size_t colon = route.find(':');
    if (colon != std::string_view::npos) route.remove_prefix(colon + 1);
  }
  std::string clean;
  for (const char c : ScrubUtf8(IsValidUtf8(route) ? std::string(route) : DecodeText(route, ""))) {
    if (!IsBlank(c) && !IsControl(c) && c != '<' && c != '>') clean.push_back(c);
  }
  return clean;
}

std::string CleanName(std::string_view raw) { return CollapseBlanks(DecodeHeaderText(raw)); }

class Reader {
 public:
  Reader(std::string_view value, std::size_t max_addresses)
      : value_(value), max_(max_addresses), last_angle_(value.rfind('<')) {}

  AddressList Read() {
    while (at_ < value_.size() && !list_.truncated) Step(value_[at_]);
    Finish();
    return std::move(list_);
  }

 private:
  void Step(char c) {
    if (c == '"') {
      ReadQuoted(in_angle_ ? element_.angle : element_.phrase);
      return;
    }
    ++at_;
    if (in_angle_) {
      StepInAngle(c);
      return;
    }
    switch (c) {
      case '(':
        ReadComment();
        break;
      case '<':
        in_angle_ = element_.has_angle = true;
        element_.angle.clear();
        break;
      case '[':
        in_literal_ = true;
        element_.phrase.push_back(c);
        break;
      case ']':
        in_literal_ = false;
        element_.phrase.push_back(c);
        break;
      case ',':
      case ';':
        Finish();
        break;
      case ':':
        if (in_literal_ || element_.has_at) {
          element_.phrase.push_back(c);
        } else {
          element_ = {};  // a group's name
        }
        break;
      default:
        element_.has_at = element_.has_at || c == '@';
        element_.phrase.push_back(c);
    }
  }

  void StepInAngle(char c) {
    if (c == '>') {
      in_angle_ = false;
    } else if ((c == ',' || c == ';') && !element_.angle.starts_with('@')) {
      Finish();  // "<a@b, c@d": never closed
    } else if (c == '<') {
      element_.angle.clear();  // "<<a@b>": the innermost bracket counts
    } else {
      element_.angle.push_back(c);
    }
  }

  // An unterminated quote is read as a plain character.
  void ReadQuoted(std::string& out) {
    if (unterminated_quote_) {  // no later quote can close either: do not search again
      ++at_;
      return;
    }
    std::string text;
    const bool keep_quotes = &out == &element_.angle;
    std::size_t i = at_ + 1;
    for (; i < value_.size() && value_[i] != '"'; ++i) {
      if (value_[i] == '\\' && i + 1 < value_.size()) {
        if (keep_quotes) text.push_back('\\');
        ++i;
      }
      text.push_back(value_[i]);
    }
    if (i >= value_.size()) {
      unterminated_quote_ = true;
      ++at_;
      return;
    }
    at_ = i + 1;
    // "local part"@domain keeps its quotes, a quoted display name loses them.
    const bool local_part = keep_quotes || (at_ < value_.size() && value_[at_] == '@');
    if (local_part && text.find_first_of(" \t\"\\<>") != std::string::npos) element_.unfit = true;
    out.append(local_part ? "\"" + text + "\"" : text);
  }

  // Behind the opening bracket. One that is never closed is dropped and what follows is read as
  // usual.
  void ReadComment() {
    if (unterminated_comment_) return;
    int depth = 1;
    std::string text;
    for (std::size_t i = at_; i < value_.size(); ++i) {
      const char c = value_[i];
      if (c == '\\' && i + 1 < value_.size()) {
        text.push_back(value_[++i]);
        continue;
      }
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) {
        at_ = i + 1;
        element_.comment = std::move(text);
        return;
      }
      text.push_back(c);
    }
    unterminated_comment_ = true;
  }

  void Finish() {
    Element element = std::exchange(element_, {});
    in_angle_ = in_literal_ = false;
    const std::string_view phrase = Trim(element.phrase);
    if (!element.has_angle && phrase.empty()) return;
    if (!element.has_angle && !element.has_at) {
      FinishWithoutAddress(element, phrase);
      return;
    }
    if (element.unfit) {
      pending_name_.clear();
      return;
    }
    Mailbox mailbox;
    if (element.has_angle) {
      mailbox.address = CleanAddress(element.angle);
      mailbox.name = CleanName(pending_name_ + std::string(phrase));
      if (mailbox.name.empty()) mailbox.name = CleanName(element.comment);
    } else {
      ReadBareAddress(phrase, mailbox);
      if (mailbox.name.empty()) mailbox.name = CleanName(element.comment);
    }
    pending_name_.clear();
    Add(std::move(mailbox));
  }

  // "John Doe john@d.example": no brackets at all. The last word with an @ is the address, a quoted
  // local part whole.
  static void ReadBareAddress(std::string_view phrase, Mailbox& mailbox) {
    const std::size_t at = phrase.rfind('@');
    std::size_t begin = at;
    if (at > 0 && phrase[at - 1] == '"') {
      begin = phrase.substr(0, at - 1).rfind('"');
      if (begin == std::string_view::npos) begin = 0;
    } else {
      while (begin > 0 && !IsBlank(phrase[begin - 1])) --begin;
    }
    mailbox.address = CleanAddress(phrase.substr(begin, phrase.find_first_of(" \t", at) - begin));
    mailbox.name = CleanName(phrase.substr(0, begin));
  }

  // "Doe, John <j@d>": the comma belongs to the name. "=?utf-8?q?John_=3Cj=40d=3E?=": all of it is
  // encoded. "root": a local name.
  void FinishWithoutAddress(const Element& element, std::string_view phrase) {
    if (phrase.find("=?") != std::string_view::npos && !decoded_once_) {
      const std::string decoded = DecodeHeaderText(phrase);
      if (decoded.find('@') != std::string::npos) {
        Reader inner(decoded, 1);
        inner.decoded_once_ = true;
        for (Mailbox& mailbox : inner.Read().mailboxes) Add(std::move(mailbox));
        return;
      }
    }
    const bool more = last_angle_ != std::string_view::npos && last_angle_ > at_;
    if (more && value_[at_ - 1] == ',' && pending_name_.empty()) {
      pending_name_ = std::string(phrase) + ", ";
      return;
    }
    if (phrase.find(' ') == std::string_view::npos) {
      Add({.name = CleanName(element.comment), .address = CleanAddress(phrase)});
    }
  }

  void Add(Mailbox mailbox) {
    if (mailbox.address.empty()) return;
    if (list_.mailboxes.size() >= max_) {
      list_.truncated = true;
      return;
    }
    list_.mailboxes.push_back(std::move(mailbox));
  }

  const std::string_view value_;
  const std::size_t max_;
  const std::size_t last_angle_;  // position of the last '<'
  std::size_t at_ = 0;
  Element element_;
  bool in_angle_ = false;
  bool in_literal_ = false;
  bool unterminated_quote_ = false;
  bool unterminated_comment_ = false;
  bool decoded_once_ = false;
  std::string pending_name_;
  AddressList list_;
};

}  // namespace

AddressList ParseAddressList(std::string_view value, std::size_t max_addresses) {
  constexpr std::size_t kMaxValue = 256u << 10;
  AddressList list = Reader(value.substr(0, kMaxValue), max_addresses).Read();
  list.truncated = list.truncated || value.size() > kMaxValue;
  return list;
}

}  // namespace plazo::mime
