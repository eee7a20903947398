#pragma once

// OutgoingMail and BuildMail(): the bytes of a mail, ready for SMTP's DATA (CRLF lines, no dot
// stuffing).
//
// Promise: the same OutgoingMail gives the same bytes (no clock, no randomness), so that a second
// attempt of a notification is the same mail. A CR, LF or NUL in an address or header value is
// refused, naming the field; nobody can inject a header. Thread-safety: plain values; BuildMail may
// be called from any thread.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <string>
#include <utility>
#include <vector>

#include "platform/mime/parsed_mail.h"

namespace plazo::mime {

struct OutgoingAttachment {
  std::string filename;
  std::string content_type;  // "type/subtype"; empty = application/octet-stream
  std::string bytes;
};

struct OutgoingMail {
  Mailbox from;
  Mailbox to;
  Mailbox reply_to;  // left out when its address is empty
  std::string subject;
  std::string message_id;               // bare or in angle brackets; required
  std::string in_reply_to;              // bare or in angle brackets; may be empty
  std::vector<std::string> references;  // oldest first; bare or in angle brackets
  absl::Time date = absl::UnixEpoch();  // written in UTC
  std::string language;                 // BCP 47, for Content-Language; may be empty
  // RFC 3834: "auto-replied" for acknowledgements, "auto-generated" for notices; empty for what a
  // person wrote.
  std::string auto_submitted;
  std::vector<std::pair<std::string, std::string>> extra_headers;
  std::string text;  // UTF-8, any line ends
  std::vector<OutgoingAttachment> attachments;
};

// Every mail carries `X-Auto-Response-Suppress: All`. kInvalidArgument names the field that is not
// acceptable.
absl::StatusOr<std::string> BuildMail(const OutgoingMail& mail);

}  // namespace plazo::mime
