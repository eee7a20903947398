#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "platform/base/status.h"
#include "platform/mime/address.h"
#include "platform/mime/ascii.h"
#include "platform/mime/charset.h"
#include "platform/mime/gmime_init.h"
#include "platform/mime/outgoing_mail.h"

namespace plazo::mime {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
struct FreeFormat {
  void operator()(GMimeFormatOptions* format) const { g_mime_format_options_free(format); }
};
using Message = std::unique_ptr<GMimeMessage, Unref>;
using Part = std::unique_ptr<GMimePart, Unref>;

constexpr char kUtf8[] = "utf-8";

absl::Status CheckValue(std::string_view value, std::string_view field) {
  for (const char c : value) {
    if (c == '\r' || c == '\n' || c == '\0') {
      return InvalidArgument(std::string(field) + " contains a line end or NUL");
    }
  }
  if (!IsValidUtf8(value)) return InvalidArgument(std::string(field) + " is not valid UTF-8");
  return absl::OkStatus();
}

absl::Status CheckMailbox(const Mailbox& mailbox, std::string_view field) {
  PLAZO_RETURN_IF_ERROR(CheckValue(mailbox.name, std::string(field) + ".name"));
  return Annotate(ValidAddress(mailbox.address), std::string(field) + ".address");
}

std::string_view Bare(std::string_view id) {
  if (id.size() >= 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
  return id;
}

absl::Status CheckMessageId(std::string_view id, std::string_view field) {
  PLAZO_RETURN_IF_ERROR(CheckValue(id, field));
  const std::string_view bare = Bare(id);
  constexpr std::size_t kMaxId = 900;
  const bool odd = std::any_of(bare.begin(), bare.end(), [](char c) {
    return c <= ' ' || c >= 0x7f || c == '<' || c == '>';
  });
  if (bare.empty() || bare.size() > kMaxId || odd)
    return InvalidArgument(std::string(field) + " is malformed");
  return absl::OkStatus();
}

absl::Status CheckHeaderName(std::string_view name) {
  const bool odd = std::any_of(name.begin(), name.end(),
                               [](char c) { return c <= ' ' || c >= 0x7f || c == ':'; });
  if (name.empty() || odd) return InvalidArgument("extra_headers: malformed name");
  return absl::OkStatus();
}

absl::Status CheckMail(const OutgoingMail& mail) {
  PLAZO_RETURN_IF_ERROR(CheckMailbox(mail.from, "from"));
  PLAZO_RETURN_IF_ERROR(CheckMailbox(mail.to, "to"));
  if (!mail.reply_to.address.empty())
    PLAZO_RETURN_IF_ERROR(CheckMailbox(mail.reply_to, "reply_to"));
  PLAZO_RETURN_IF_ERROR(CheckValue(mail.subject, "subject"));
  PLAZO_RETURN_IF_ERROR(CheckMessageId(mail.message_id, "message_id"));
  if (!mail.in_reply_to.empty())
    PLAZO_RETURN_IF_ERROR(CheckMessageId(mail.in_reply_to, "in_reply_to"));
  for (const std::string& id : mail.references)
    PLAZO_RETURN_IF_ERROR(CheckMessageId(id, "references"));
  PLAZO_RETURN_IF_ERROR(CheckValue(mail.language, "language"));
  PLAZO_RETURN_IF_ERROR(CheckValue(mail.auto_submitted, "auto_submitted"));
  for (const auto& [name, value] : mail.extra_headers) {
    PLAZO_RETURN_IF_ERROR(CheckHeaderName(name));
    PLAZO_RETURN_IF_ERROR(CheckValue(value, "extra_headers." + name));
  }
  if (!IsValidUtf8(mail.text)) return InvalidArgument("text is not valid UTF-8");
  for (const OutgoingAttachment& attachment : mail.attachments) {
    PLAZO_RETURN_IF_ERROR(CheckValue(attachment.filename, "attachments.filename"));
    PLAZO_RETURN_IF_ERROR(CheckValue(attachment.content_type, "attachments.content_type"));
  }
  return absl::OkStatus();
}

void SetHeader(GMimeMessage* message, const char* name, const std::string& value) {
  g_mime_object_set_header(GMIME_OBJECT(message), name, value.c_str(), kUtf8);
}

// GMime picks the narrowest charset for a display name unless it is told.
void SetMailbox(GMimeMessage* message, GMimeAddressType type, const Mailbox& mailbox) {
  const char* name = mailbox.name.empty() ? nullptr : mailbox.name.c_str();
  const std::unique_ptr<InternetAddress, Unref> address(
      internet_address_mailbox_new(name, mailbox.address.c_str()));
  internet_address_set_charset(address.get(), kUtf8);
  internet_address_list_add(g_mime_message_get_addresses(message, type), address.get());
}

std::string Bracketed(std::string_view id) { return "<" + std::string(Bare(id)) + ">"; }

void SetHeaders(const OutgoingMail& mail, GMimeMessage* message) {
  SetHeader(message, "Date",
            absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", mail.date, absl::UTCTimeZone()));
  SetMailbox(message, GMIME_ADDRESS_TYPE_FROM, mail.from);
  SetMailbox(message, GMIME_ADDRESS_TYPE_TO, mail.to);
  if (!mail.reply_to.address.empty())
    SetMailbox(message, GMIME_ADDRESS_TYPE_REPLY_TO, mail.reply_to);
  g_mime_message_set_subject(message, mail.subject.c_str(), kUtf8);
  g_mime_message_set_message_id(message, std::string(Bare(mail.message_id)).c_str());
  if (!mail.in_reply_to.empty()) SetHeader(message, "In-Reply-To", Bracketed(mail.in_reply_to));
  std::string references;
  for (const std::string& id : mail.references)
    references += (references.empty() ? "" : " ") + Bracketed(id);
  if (!references.empty()) SetHeader(message, "References", references);
  if (!mail.language.empty()) SetHeader(message, "Content-Language", mail.language);
  if (!mail.auto_submitted.empty()) SetHeader(message, "Auto-Submitted", mail.auto_submitted);
  SetHeader(message, "X-Auto-Response-Suppress", "All");
  for (const auto& [name, value] : mail.extra_headers) SetHeader(message, name.c_str(), value);
}

std::string WithLineFeeds(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\0' || (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n')) continue;
    out.push_back(c == '\r' ? '\n' : c);
  }
  if (!out.ends_with('\n')) out.push_back('\n');
  return out;
}

void SetContent(GMimePart* part, std::string_view bytes) {
  const std::unique_ptr<GMimeStream, Unref> stream(
      g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const std::unique_ptr<GMimeDataWrapper, Unref> content(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part, content.get());
}

Part TextPart(std::string_view text) {
  Part part(g_mime_part_new_with_type("text", "plain"));
  const std::string body = WithLineFeeds(text);
  const bool ascii = std::none_of(body.begin(), body.end(),
                                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", kUtf8);
  SetContent(part.get(), body);
  // Relays may wrap or refuse lines beyond 998 bytes, and change a "From " at a line's begin.
  const GMimeContentEncoding best =
      g_mime_part_get_best_content_encoding(part.get(), GMIME_ENCODING_CONSTRAINT_7BIT);
  const bool plain = ascii && best == GMIME_CONTENT_ENCODING_DEFAULT;
  g_mime_part_set_content_encoding(part.get(), plain ? GMIME_CONTENT_ENCODING_7BIT : best);
  return part;
}

Part AttachmentPart(const OutgoingAttachment& attachment) {
  std::string type = attachment.content_type;
  const std::size_t slash = type.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == type.size())
    type = "application/octet-stream";
  const std::size_t at = type.find('/');
  Part part(g_mime_part_new_with_type(type.substr(0, at).c_str(), type.substr(at + 1).c_str()));
  g_mime_object_set_disposition(GMIME_OBJECT(part.get()), GMIME_DISPOSITION_ATTACHMENT);
  g_mime_part_set_filename(part.get(), attachment.filename.c_str());
  SetContent(part.get(), attachment.bytes);
  g_mime_part_set_content_encoding(part.get(), GMIME_CONTENT_ENCODING_BASE64);
  return part;
}

void SetBody(const OutgoingMail& mail, GMimeMessage* message) {
  const Part text = TextPart(mail.text);
  if (mail.attachments.empty()) {
    g_mime_message_set_mime_part(message, GMIME_OBJECT(text.get()));
    return;
  }
  const std::unique_ptr<GMimeMultipart, Unref> mixed(g_mime_multipart_new_with_subtype("mixed"));
  // Derived from the Message-ID, not drawn: the same mail must give the same bytes. "=_" never
  // stands in encoded text.
  std::string boundary = "=_" + std::string(Bare(mail.message_id)).substr(0, 60);
  for (char& c : boundary) {
    if (!IsAlpha(c) && !IsDigit(c) && c != '=' && c != '_' && c != '.') c = '.';
  }
  g_mime_multipart_set_boundary(mixed.get(), boundary.c_str());
  g_mime_multipart_add(mixed.get(), GMIME_OBJECT(text.get()));
  for (const OutgoingAttachment& attachment : mail.attachments) {
    const Part part = AttachmentPart(attachment);
    g_mime_multipart_add(mixed.get(), GMIME_OBJECT(part.get()));
  }
  g_mime_message_set_mime_part(message, GMIME_OBJECT(mixed.get()));
}

std::string Serialise(GMimeMessage* message) {
  const std::unique_ptr<GMimeFormatOptions, FreeFormat> format(g_mime_format_options_new());
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  char* bytes = g_mime_object_to_string(GMIME_OBJECT(message), format.get());
  std::string out(bytes);
  g_free(bytes);
  if (!out.ends_with("\r\n")) out.append("\r\n");
  return out;
}

}  // namespace

absl::StatusOr<std::string> BuildMail(const OutgoingMail& mail) {
  InitGMime();
  PLAZO_RETURN_IF_ERROR(CheckMail(mail));
  const Message message(g_mime_message_new(true));
  SetHeaders(mail, message.get());
  SetBody(mail, message.get());
  return Serialise(message.get());
}

}  // namespace plazo::mime
