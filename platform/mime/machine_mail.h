#pragma once

// Mails that machines wrote: automatic answers, delivery reports, abuse reports. Pure, linear,
// thread-safe.

#include <string>
#include <string_view>

#include "platform/mime/header_block.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::mime {

struct AutoReplyMark {
  bool found = false;
  bool weak = false;  // only the sender's address says so
  std::string reason;
};

// Looks for RFC 3834's and the older marks; `subject` is decoded.
AutoReplyMark FindAutoReplyMark(const HeaderBlock& headers, const Mailbox& from,
                                std::string_view subject);

// The parts of a report, decoded; empty where the mail has none.
struct ReportParts {
  bool in_report = false;        // they stood in a multipart/report
  std::string delivery_status;   // message/delivery-status
  std::string feedback;          // message/feedback-report
  std::string original_headers;  // of the mail reported on: message/rfc822 or text/rfc822-headers
};

// RFC 3464; and what qmail, Exim and Exchange send instead, where the sender is a mail system.
Bounce FindBounce(const HeaderBlock& headers, const ReportParts& parts, const ParsedMail& mail);

// RFC 5965.
FeedbackReport FindFeedbackReport(const ReportParts& parts);

}  // namespace plazo::mime
