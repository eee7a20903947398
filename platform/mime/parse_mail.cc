#include <gmime/gmime.h>

#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "platform/mime/address_list.h"
#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"
#include "platform/mime/gmime_init.h"
#include "platform/mime/machine_mail.h"
#include "platform/mime/parsed_mail.h"
#include "platform/mime/part_tree.h"
#include "platform/mime/visible_reply.h"

namespace plazo::mime {
namespace {

constexpr std::size_t kMaxReason = 200;  // a header's word

// LF lines, no control characters but tabs, nothing blank at the ends.
std::string CleanText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r') {
      if (i + 1 >= text.size() || text[i + 1] != '\n') out.push_back('\n');
    } else if (c == '\n' || c == '\t' || !IsControl(c)) {
      out.push_back(c);
    }
  }
  // Leading blank lines go, the first line's indentation stays.
  const std::size_t first = out.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  const std::size_t line = out.rfind('\n', first);
  if (line != std::string::npos) out.erase(0, line + 1);
  out.resize(TrimRight(out).size());
  return out;
}

std::vector<Mailbox> ReadAddresses(const HeaderBlock& headers, std::string_view name,
                                   const ParseLimits& limits, bool& truncated) {
  std::vector<Mailbox> all;
  for (const std::string_view value : headers.GetAll(name)) {
    AddressList list =
        ParseAddressList(value, limits.max_addresses - std::min(all.size(), limits.max_addresses));
    truncated = truncated || list.truncated;
    std::move(list.mailboxes.begin(), list.mailboxes.end(), std::back_inserter(all));
  }
  return all;
}

// The first mailbox with a domain, else the first.
Mailbox FirstMailbox(const std::vector<Mailbox>& list) {
  const auto full = std::find_if(list.begin(), list.end(), [](const Mailbox& m) {
    return m.address.find('@') != std::string::npos;
  });
  if (full != list.end()) return *full;
  return list.empty() ? Mailbox() : list.front();
}

std::string FirstId(std::string_view value) {
  std::vector<std::string> ids = ParseMessageIds(value);
  return ids.empty() ? std::string() : std::move(ids.front());
}

std::vector<std::string> ReadReferences(const HeaderBlock& headers, const ParseLimits& limits,
                                        bool& truncated) {
  std::vector<std::string> ids = ParseMessageIds(headers.Get("References"));
  if (ids.size() <= limits.max_references) return ids;
  // Threading needs the beginning of the conversation and its newest mails.
  truncated = true;
  const std::size_t first = limits.max_references / 2;
  const auto drop_end = ids.end() - static_cast<std::ptrdiff_t>(limits.max_references - first);
  ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(first), drop_end);
  return ids;
}

void ReadTransport(const HeaderBlock& headers, ParsedMail& mail) {
  for (const std::string_view value : headers.GetAll("Received")) {
    ReceivedHeader received{.raw = ScrubUtf8(value)};
    const std::size_t semicolon = value.rfind(';');
    if (semicolon != std::string_view::npos)
      received.time = ParseMailDate(value.substr(semicolon + 1));
    mail.received.push_back(std::move(received));
  }
  for (const std::string_view value : headers.GetAll("Authentication-Results")) {
    mail.authentication_results.push_back(ScrubUtf8(value));
  }
  for (const char* name : {"Delivered-To", "X-Original-To", "Envelope-To"}) {
    for (const std::string_view value : headers.GetAll(name))
      mail.delivered_to.push_back(ScrubUtf8(value));
  }
  if (headers.Has("Return-Path")) {
    const std::string_view value = Trim(headers.Get("Return-Path"));
    const AddressList list = ParseAddressList(value, 1);
    mail.return_path = list.mailboxes.empty() ? std::string() : list.mailboxes[0].address;
  }
}

void ReadHeaders(const HeaderBlock& headers, const ParseLimits& limits, ParsedMail& mail) {
  mail.sender = FirstMailbox(ReadAddresses(headers, "Sender", limits, mail.truncated)).address;
  mail.from = FirstMailbox(ReadAddresses(headers, "From", limits, mail.truncated));
  if (mail.from.address.empty()) mail.from.address = mail.sender;
  mail.to = ReadAddresses(headers, "To", limits, mail.truncated);
  mail.cc = ReadAddresses(headers, "Cc", limits, mail.truncated);
  mail.reply_to = FirstMailbox(ReadAddresses(headers, "Reply-To", limits, mail.truncated)).address;
  mail.subject = DecodeHeaderText(headers.Get("Subject"));
  mail.message_id = FirstId(headers.Get("Message-ID"));
  mail.in_reply_to = FirstId(headers.Get("In-Reply-To"));
  mail.references = ReadReferences(headers, limits, mail.truncated);
  mail.date = ParseMailDate(headers.Get("Date"));
  ReadTransport(headers, mail);
}

void JudgeMachineMail(const HeaderBlock& headers, const ReportParts& report, ParsedMail& mail) {
  mail.bounce = FindBounce(headers, report, mail);
  mail.feedback_report = FindFeedbackReport(report);
  const AutoReplyMark mark = FindAutoReplyMark(headers, mail.from, mail.subject);
  mail.auto_reply = mark.found;
  mail.auto_reply_weak = mark.weak;
  mail.auto_reply_reason = ScrubUtf8(mark.reason.substr(0, kMaxReason));
  const bool reports = report.in_report || mail.bounce.is || mail.feedback_report.is;
  if (reports && (!mark.found || mark.weak)) {
    mail.auto_reply = true;
    mail.auto_reply_weak = false;
    mail.auto_reply_reason = mail.feedback_report.is ? "feedback report" : "delivery report";
  }
}

// Files written on old systems end lines with CR alone, or begin with a byte order mark or empty
// lines.
std::string_view StripStart(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
  return bytes;
}

}  // namespace

absl::StatusOr<ParsedMail> ParseMail(std::string_view bytes, const ParseLimits& limits) {
  InitGMime();
  if (bytes.size() > limits.max_bytes) {
    return absl::ResourceExhaustedError("mail is larger than " + std::to_string(limits.max_bytes) +
                                        " bytes");
  }
  bytes = StripStart(bytes);
  if (bytes.empty()) return InvalidArgument("mail is empty");
  std::string with_line_feeds;
  if (bytes.find('\n') == std::string_view::npos && bytes.find('\r') != std::string_view::npos) {
    with_line_feeds = std::string(bytes);
    std::replace(with_line_feeds.begin(), with_line_feeds.end(), '\r', '\n');
    bytes = with_line_feeds;
  }
  const HeaderBlock headers = HeaderBlock::Parse(bytes, limits.max_headers);
  if (headers.fields().empty()) return InvalidArgument("not a mail: it has no header field");
  if (headers.overflow()) {
    return absl::ResourceExhaustedError("mail has more than " + std::to_string(limits.max_headers) +
                                        " header fields");
  }
  if (headers.size_bytes() > limits.max_header_bytes) {
    return absl::ResourceExhaustedError("mail's header is larger than " +
                                        std::to_string(limits.max_header_bytes) + " bytes");
  }
  ParsedMail mail;
  ReadHeaders(headers, limits, mail);
  CollectedParts parts = CollectParts(headers, bytes.substr(headers.size_bytes()), limits);
  mail.text = CleanText(parts.text);
  mail.html = std::move(parts.html);
  mail.attachments = std::move(parts.attachments);
  mail.truncated = mail.truncated || parts.truncated;
  mail.visible_reply = VisibleReply(mail.text);
  JudgeMachineMail(headers, parts.report, mail);
  return mail;
}

}  // namespace plazo::mime
