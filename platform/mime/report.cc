#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "platform/mime/address_list.h"
#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"
#include "platform/mime/machine_mail.h"
#include "platform/mime/visible_reply.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kLookAt = 64u << 10;  // of a free-form report's text
constexpr std::size_t kMaxRecipients = 200;

// The blocks of fields in a message/delivery-status: first about the message, then one a recipient.
std::vector<HeaderBlock> FieldBlocks(std::string_view text) {
  std::vector<HeaderBlock> blocks;
  while (!text.empty() && blocks.size() < kMaxRecipients) {
    HeaderBlock block = HeaderBlock::Parse(text, 100);
    std::size_t used = block.size_bytes();
    if (used == 0) {  // a line that is no field
      std::string_view rest = text;
      TakeLine(rest);
      used = text.size() - rest.size();
    }
    text.remove_prefix(used);
    if (!block.fields().empty()) blocks.push_back(std::move(block));
  }
  return blocks;
}

// "rfc822; user@example.com" -> "user@example.com".
std::string TypedAddress(std::string_view value) {
  const std::size_t semicolon = value.find(';');
  if (semicolon != std::string_view::npos) value.remove_prefix(semicolon + 1);
  const AddressList list = ParseAddressList(Trim(value), 1);
  return list.mailboxes.empty() ? std::string() : list.mailboxes[0].address;
}

// The first "5.1.1" or "4.2.2" that is no part of a longer number or of an IP address.
std::string FindStatus(std::string_view text) {
  const auto digits = [&text](std::size_t& i) {
    const std::size_t begin = i;
    while (i < text.size() && i < begin + 3 && IsDigit(text[i])) ++i;
    return i > begin;
  };
  for (std::size_t begin = 0; begin < text.size(); ++begin) {
    if (text[begin] != '2' && text[begin] != '4' && text[begin] != '5') continue;
    if (begin > 0 && (IsDigit(text[begin - 1]) || text[begin - 1] == '.')) continue;
    std::size_t i = begin + 1;
    if (i >= text.size() || text[i++] != '.' || !digits(i)) continue;
    if (i >= text.size() || text[i++] != '.' || !digits(i)) continue;
    const bool longer =
        i < text.size() &&
        (IsDigit(text[i]) || (text[i] == '.' && i + 1 < text.size() && IsDigit(text[i + 1])));
    if (!longer) return std::string(text.substr(begin, i - begin));
  }
  return {};
}

// The first stand-alone three-digit SMTP code of class 4 or 5 before a blank or hyphen; 0 when
// there is none.
char FindReplyClass(std::string_view text) {
  for (std::size_t i = 0; i + 3 < text.size(); ++i) {
    if (text[i] != '4' && text[i] != '5') continue;
    if (i > 0 &&
        (IsDigit(text[i - 1]) || IsAlpha(text[i - 1]) || text[i - 1] == '.' || text[i - 1] == ':'))
      continue;
    if (text[i + 1] > '5' || !IsDigit(text[i + 1]) || !IsDigit(text[i + 2])) continue;
    if (text[i + 3] == ' ' || text[i + 3] == '-') return text[i];
  }
  return 0;
}

// The first thing in `text` that looks like an address.
std::string FindAddress(std::string_view text) {
  const auto part_of_address = [](char c) {
    return IsAlpha(c) || IsDigit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
  };
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    constexpr std::size_t kMaxPart = 254;
    std::size_t begin = at;
    while (begin > 0 && at - begin < kMaxPart && part_of_address(text[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && end - at < kMaxPart && (part_of_address(text[end]))) ++end;
    while (end > at && (text[end - 1] == '.' || text[end - 1] == '\'')) --end;
    if (begin < at && text.substr(at, end - at).find('.') != std::string_view::npos) {
      return std::string(text.substr(begin, end - begin));
    }
  }
  return {};
}

// The Message-ID of a mail whose header lines are quoted in `text`.
std::string FindQuotedMessageId(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = TrimLeft(TakeLine(text));
    if (!StartsWithIgnoreCase(line, "message-id:")) continue;
    std::string value(line.substr(11));
    if (Trim(value).empty()) value = TakeLine(text);  // folded
    const std::vector<std::string> ids = ParseMessageIds(value);
    if (!ids.empty()) return ids[0];
  }
  return {};
}

std::string OriginalMessageId(const HeaderBlock& headers, const ReportParts& parts,
                              const ParsedMail& mail) {
  const HeaderBlock original = HeaderBlock::Parse(parts.original_headers, 1000);
  std::vector<std::string> ids = ParseMessageIds(original.Get("Message-ID"));
  if (!ids.empty()) return ids[0];
  std::string quoted = FindQuotedMessageId(std::string_view(mail.text).substr(0, kLookAt));
  if (!quoted.empty()) return quoted;
  for (const char* name : {"X-Original-Message-ID", "In-Reply-To", "References"}) {
    ids = ParseMessageIds(headers.Get(name));
    if (!ids.empty()) return ids.back();
  }
  return {};
}

void JudgeDeliveryStatus(std::string_view delivery_status, Bounce& bounce) {
  const std::vector<HeaderBlock> blocks = FieldBlocks(delivery_status);
  const HeaderBlock* chosen = nullptr;
  std::string action;
  for (const HeaderBlock& block : blocks) {
    if (!block.Has("Action") && !block.Has("Status")) continue;
    std::string word = LowerAscii(block.Get("Action"));
    if (word.empty()) word = block.Get("Status").starts_with('5') ? "failed" : "delayed";
    const bool better =
        chosen == nullptr || (word.starts_with("failed") && !action.starts_with("failed"));
    if (better) {
      chosen = &block;
      action = word;
    }
  }
  if (chosen == nullptr) return;
  bounce.is = action.starts_with("failed") || action.starts_with("delayed");
  if (!bounce.is) return;  // "delivered", "relayed", "expanded" report success
  bounce.status = FindStatus(chosen->Get("Status"));
  const std::string_view diagnostic = chosen->Get("Diagnostic-Code");
  if (bounce.status.empty() || bounce.status.ends_with(".0.0")) {
    const std::string better = FindStatus(diagnostic);
    if (!better.empty()) bounce.status = better;
  }
  bounce.permanent = action.starts_with("failed") && bounce.status.starts_with('5');
  bounce.recipient = TypedAddress(chosen->Get("Original-Recipient"));
  if (bounce.recipient.empty()) bounce.recipient = TypedAddress(chosen->Get("Final-Recipient"));
}

bool IsFromMailSystem(const HeaderBlock& headers, const ParsedMail& mail) {
  const std::string local = LowerAscii(mail.from.address.substr(0, mail.from.address.rfind('@')));
  return local == "mailer-daemon" || local == "postmaster" ||
         Trim(headers.Get("Return-Path")) == "<>" || headers.Has("X-Failed-Recipients");
}

bool HasBounceSubject(std::string_view subject) {
  constexpr std::array<std::string_view, 31> kWords = {"undeliver",
                                                       "delivery status notification",
                                                       "failure notice",
                                                       "delivery failure",
                                                       "delivery failed",
                                                       "returned mail",
                                                       "returned to sender",
                                                       "return to sender",
                                                       "delivery has failed",
                                                       "non-delivery",
                                                       "nondeliverable",
                                                       "mail system error",
                                                       "could not be delivered",
                                                       "delivery notification",
                                                       "delayed",
                                                       "mail failure",
                                                       "no entregado",
                                                       "no se ha podido entregar",
                                                       "no se pudo entregar",
                                                       "no se puede entregar",
                                                       "error de entrega",
                                                       "correo devuelto",
                                                       "mancato recapito",
                                                       "non recapitabile",
                                                       "mancata consegna",
                                                       "impossibile recapitare",
                                                       "не доставлен",
                                                       "недоставлен",
                                                       "не вдалося доставити",
                                                       "помилка доставки",
                                                       "не удалось доставить"};
  const std::string folded = FoldCase(subject.substr(0, 300));
  return std::any_of(kWords.begin(), kWords.end(), [&folded](std::string_view word) {
    return folded.find(word) != std::string::npos;
  });
}

void JudgeFreeForm(const HeaderBlock& headers, const ParsedMail& mail, Bounce& bounce) {
  const std::string_view text = std::string_view(mail.text).substr(0, kLookAt);
  const bool qmail = text.find("This is the qmail-send program") != std::string_view::npos;
  if (!qmail && !headers.Has("X-Failed-Recipients") && !HasBounceSubject(mail.subject)) return;
  bounce.is = true;
  bounce.status = FindStatus(text);
  const std::string folded = LowerAscii(text);
  const bool delayed = FoldCase(mail.subject).find("delay") != std::string::npos;
  const bool given_up = folded.find("permanent error") != std::string::npos ||
                        folded.find("permanent fatal error") != std::string::npos;
  const char reply_class = bounce.status.empty() ? FindReplyClass(text) : bounce.status[0];
  bounce.permanent = !delayed && (reply_class == '5' || (reply_class == 0 && given_up));
  const AddressList failed = ParseAddressList(headers.Get("X-Failed-Recipients"), 1);
  bounce.recipient = failed.mailboxes.empty() ? FindAddress(text) : failed.mailboxes[0].address;
}

}  // namespace

Bounce FindBounce(const HeaderBlock& headers, const ReportParts& parts, const ParsedMail& mail) {
  Bounce bounce;
  // A customer may forward a report to ask about it: only a report as such, or a mail system's
  // mail, is a bounce.
  const bool trusted_place = parts.in_report || IsFromMailSystem(headers, mail);
  if (!parts.delivery_status.empty() && trusted_place) {
    JudgeDeliveryStatus(parts.delivery_status, bounce);
  } else if (parts.feedback.empty() && IsFromMailSystem(headers, mail)) {
    JudgeFreeForm(headers, mail, bounce);
  }
  if (!bounce.is) return {};
  bounce.original_message_id = OriginalMessageId(headers, parts, mail);
  return bounce;
}

FeedbackReport FindFeedbackReport(const ReportParts& parts) {
  FeedbackReport report;
  if (parts.feedback.empty()) return report;
  const HeaderBlock fields = HeaderBlock::Parse(TrimLeft(parts.feedback), 100);
  if (!fields.Has("Feedback-Type")) return report;
  report.is = true;
  report.type = LowerAscii(DecodeHeaderText(fields.Get("Feedback-Type")));
  report.source_ip = DecodeHeaderText(fields.Get("Source-IP"));
  const HeaderBlock original = HeaderBlock::Parse(parts.original_headers, 1000);
  const std::vector<std::string> ids = ParseMessageIds(original.Get("Message-ID"));
  if (!ids.empty()) report.original_message_id = ids[0];
  return report;
}

}  // namespace plazo::mime
