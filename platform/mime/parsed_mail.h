#pragma once

// ParsedMail: one incoming mail as the rest of the system reads it, and ParseMail(), which makes it
// from raw bytes.
//
// Promise: any bytes give a ParsedMail or an error, in time linear in their number; nothing throws,
// hangs or recurses without bound. Every std::string except Attachment::bytes is valid UTF-8
// without NUL. Message ids are bare, without angle brackets. Addresses are as written (see
// NormalizeAddress in address.h for comparison); what a mail says about its sender is a claim, not
// a proof.
//
// Thread-safety: plain values; ParseMail may be called from any thread.

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plazo::mime {

struct ParseLimits {
  std::size_t max_bytes = 64u << 20;  // larger: kResourceExhausted
  std::size_t max_header_bytes =
      512u << 10;                  // of the outermost header block; larger: kResourceExhausted
  std::size_t max_headers = 1000;  // outermost; more: kResourceExhausted
  std::size_t max_parts = 200;     // further parts are left out, `truncated` is set
  std::size_t max_depth = 30;      // deeper parts are left out, `truncated` is set
  std::size_t max_text_bytes =
      4u << 20;                      // of text, of html: cut at a character, `truncated` is set
  std::size_t max_addresses = 500;   // a header: further ones are left out, `truncated` is set
  std::size_t max_references = 100;  // the first and the last ones are kept
};

struct Mailbox {
  std::string name;     // display name, decoded; may be empty
  std::string address;  // local@domain
};

// One `Received` header, the newest (nearest to us) first as in the mail.
struct ReceivedHeader {
  std::string raw;                 // unfolded
  std::optional<absl::Time> time;  // what stands behind the last semicolon
};

struct Attachment {
  std::string filename;      // without folders or control characters; never empty
  std::string content_type;  // "type/subtype", lower case
  std::string content_id;    // bare; empty when there is none
  std::string bytes;         // decoded content
};

// A delivery report about a mail of ours (RFC 3464, or a free-form one).
struct Bounce {
  bool is = false;                  // a mail was not delivered, or is delayed
  bool permanent = false;           // failed with class 5
  std::string status;               // enhanced status "5.1.1"; empty when not stated
  std::string recipient;            // the address that failed
  std::string original_message_id;  // Message-ID of the mail that bounced
};

// An abuse feedback report (RFC 5965).
struct FeedbackReport {
  bool is = false;
  std::string type;  // "abuse", "fraud", ...
  std::string source_ip;
  std::string original_message_id;
};

struct ParsedMail {
  Mailbox from;  // empty address when the mail names none
  std::vector<Mailbox> to;
  std::vector<Mailbox> cc;
  std::string reply_to;  // first address
  std::string sender;    // `Sender` header's address
  std::string subject;
  std::string message_id;
  std::string in_reply_to;
  std::vector<std::string> references;  // oldest first, in the order of the header
  std::optional<absl::Time> date;       // the sender's claim

  std::vector<ReceivedHeader> received;
  std::vector<std::string> authentication_results;  // raw, topmost (nearest to us) first
  std::vector<std::string> delivered_to;            // Delivered-To, X-Original-To, Envelope-To
  std::optional<std::string> return_path;           // set and empty = null return path

  std::string text;  // plain text; made from html where the mail has only that
  std::string html;  // as sent, decoded; never safe to show as it is
  std::string
      visible_reply;  // what the sender wrote now: no quotes, no signature; non-empty where text is
  std::vector<Attachment> attachments;

  bool auto_reply = false;        // made by a machine: answer nothing automatically
  bool auto_reply_weak = false;   // the only mark is a no-reply sender address
  std::string auto_reply_reason;  // the first mark found, for people
  Bounce bounce;
  FeedbackReport feedback_report;
  bool truncated = false;  // a limit left something out
};

// kInvalidArgument: not a mail (empty, or no header field at all). kResourceExhausted: beyond a
// limit.
absl::StatusOr<ParsedMail> ParseMail(std::string_view bytes, const ParseLimits& limits = {});

}  // namespace plazo::mime
