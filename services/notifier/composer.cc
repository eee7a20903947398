#include "services/notifier/composer.h"

#include <algorithm>
#include <utility>

#include "domain/core/proto_time.h"
#include "platform/mime/outgoing_mail.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr std::string_view kKindPrefix = "NOTIFICATION_KIND_";

bool Has(const text::Fields& fields, std::string_view key) {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
    return field.first == key && !field.second.empty();
  });
}

// A header's value: what breaks lines or is no text becomes a blank.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string SizeText(int64_t bytes) {
  constexpr int64_t kKilobyte = 1000, kMegabyte = 1000 * kKilobyte;
  if (bytes < kMegabyte) return std::to_string((bytes + kKilobyte - 1) / kKilobyte) + " kB";
  return std::to_string((bytes + kMegabyte - 1) / kMegabyte) + " MB";
}

// Files stay in the conversation; the mail names them.
std::string WithAttachments(std::string text, const Content& content) {
  if (content.attachments().empty()) return text;
  while (text.ends_with('\n')) text.pop_back();
  if (!text.empty()) text += "\n\n";
  for (const AttachmentRef& file : content.attachments()) {
    text += "[" + OneLine(file.filename()) + ", " + SizeText(file.size_bytes()) + "]\n";
  }
  return text;
}

text::Fields FieldsOf(const DeliveryIntent& intent) {
  const bool stranger = intent.kind() == NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL;
  const std::string words = intent.kind() == NOTIFICATION_KIND_RESOLVED ? "summary" : "text";
  text::Fields fields;
  for (const TextField& field : intent.fields()) {
    // Nothing that an unknown sender wrote goes back in a mail we were made to send (I18).
    if (stranger && field.key() != "case_number" && field.key() != "provider_name") continue;
    fields.emplace_back(field.key(), field.key() == words
                                         ? WithAttachments(field.value(), intent.content())
                                         : field.value());
  }
  if (!Has(fields, "case_number")) fields.emplace_back("case_number", intent.case_number());
  if (stranger) return fields;
  if (!Has(fields, "ticket_id")) fields.emplace_back("ticket_id", intent.ticket_id());
  if (!Has(fields, "subject")) fields.emplace_back("subject", intent.content().subject());
  if (!Has(fields, words)) {
    fields.emplace_back(words, WithAttachments(intent.content().body(), intent.content()));
  }
  return fields;
}

// What a customer's program wrote may not be fit to be quoted.
bool IsPlainId(std::string_view id) {
  constexpr size_t kLongest = 250;
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  return !id.empty() && id.size() <= kLongest && std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '<' && c != '>';
  });
}

std::string AutoSubmitted(const DeliveryIntent& intent) {
  if (IsAutomaticAnswer(intent)) return "auto-replied";
  return intent.automatic() ? "auto-generated" : "";
}

std::string Joined(const std::vector<std::string>& addresses, size_t from) {
  std::string text;
  for (size_t i = from; i < addresses.size(); ++i) {
    if (!text.empty()) text += ", ";
    text += addresses[i];
  }
  return text;
}

}  // namespace

std::string TemplateName(NotificationKind kind) {
  const std::string& name = NotificationKind_Name(kind);
  if (!name.starts_with(kKindPrefix)) return {};
  std::string lower = name.substr(kKindPrefix.size());
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsAutomaticAnswer(const DeliveryIntent& intent) {
  if (!intent.automatic() || intent.recipient_case() == DeliveryIntent::kStaff) return false;
  switch (intent.kind()) {
    case NOTIFICATION_KIND_ACKNOWLEDGEMENT:
    case NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL:
    case NOTIFICATION_KIND_CHANNEL_NOT_INCLUDED:
    case NOTIFICATION_KIND_AGENT_REPLY:  // a saved answer
      return true;
    default:
      return false;
  }
}

absl::StatusOr<ComposedMail> Composer::Compose(const DeliveryIntent& intent,
                                               const policy::v1::Policy& policy,
                                               const std::vector<std::string>& to) const {
  auto rendered = templates_.Render(TemplateName(intent.kind()), intent.language(),
                                    FieldsOf(intent), intent.tenant());
  if (!rendered.ok()) return rendered.status();
  const ids::MarkKey& key = keys_.front();
  const std::string& domain = policy.mail().domain();
  mime::OutgoingMail mail;
  mail.from = {OneLine(policy.mail().from_name()), policy.mail().from_address()};
  mail.to.address = to.front();
  if (to.size() > 1) mail.extra_headers.emplace_back("Cc", Joined(to, 1));
  const bool conversation = !intent.ticket_id().empty();
  // Only a customer's answer belongs into the conversation.
  if (conversation && !intent.has_staff()) {
    mail.reply_to = {mail.from.name, ids::ReplyLocalPart(key, intent.ticket_id()) + "@" + domain};
  }
  mail.subject = OneLine(std::move(rendered->subject));
  mail.message_id = ids::MessageId(key, intent.notification_id(), intent.ticket_id(), domain);
  if (conversation) mail.references.push_back(ids::ThreadRoot(key, intent.ticket_id(), domain));
  if (!intent.has_staff() && IsPlainId(intent.in_reply_to())) {
    mail.in_reply_to = intent.in_reply_to();
    mail.references.push_back(intent.in_reply_to());
  }
  mail.date = FromProto(intent.requested_time());
  mail.language = std::move(rendered->language);
  mail.auto_submitted = AutoSubmitted(intent);
  mail.text = std::move(rendered->body);
  auto bytes = mime::BuildMail(mail);
  if (!bytes.ok()) return bytes.status();
  // An answer to a stranger may not come back as a bounce to somebody whose address was abused.
  const bool stranger = intent.kind() == NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL;
  return ComposedMail{stranger ? std::string() : policy.mail().from_address(), *std::move(bytes)};
}

}  // namespace plazo::notifier
