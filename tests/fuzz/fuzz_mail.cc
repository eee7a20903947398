// Any bytes are a mail or an error; what is read of a mail is text that can be stored.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "platform/mime/parsed_mail.h"

namespace {

// As parsed_mail.h promises: UTF-8 without NUL.
void RequireText(std::string_view s) {
  for (size_t i = 0; i < s.size();) {
    const auto lead = static_cast<unsigned char>(s[i]);
    const size_t length = lead == 0                     ? 0
                          : lead < 0x80                 ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    if (length == 0 || i + length > s.size()) std::abort();
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) std::abort();
    }
    i += length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto mail =
      plazo::mime::ParseMail(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!mail.ok()) return 0;
  for (const std::string* text :
       {&mail->from.name, &mail->from.address, &mail->reply_to, &mail->sender, &mail->subject,
        &mail->message_id, &mail->in_reply_to, &mail->text, &mail->html, &mail->visible_reply,
        &mail->auto_reply_reason, &mail->bounce.status, &mail->bounce.recipient,
        &mail->bounce.original_message_id, &mail->feedback_report.type}) {
    RequireText(*text);
  }
  if (!mail->text.empty() && mail->visible_reply.empty()) std::abort();
  for (const auto& attachment : mail->attachments) {
    RequireText(attachment.filename);
    if (attachment.filename.empty()) std::abort();
  }
  return 0;
}
