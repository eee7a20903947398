#include "services/intake/mail_reader.h"

#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/encoding.h"
#include "platform/base/sha256.h"
#include "platform/mime/address.h"
#include "services/intake/write_call.h"

namespace plazo::intake {

using core::v1::Command;
using core::v1::Content;
using core::v1::CustomerSnapshot;
using core::v1::MailHeaders;

namespace {

// Two copies of one mail give the same, whatever relays added on the way.
std::string RequestId(const mime::ParsedMail& mail) {
  std::string bytes = mail.message_id + '\n' + mime::NormalizeAddress(mail.from.address) + '\n' +
                      mail.subject + '\n' + mail.text;
  for (const mime::Attachment& attachment : mail.attachments) {
    bytes += '\n' + attachment.filename + '\n' + Sha256(attachment.bytes);
  }
  return "mail:" + Hex(Sha256(bytes).substr(0, 16));
}

MailHeaders HeadersOf(const v1::SubmitEmailRequest& request, const mime::ParsedMail& mail,
                      const std::string& raw_blob_id) {
  MailHeaders headers;
  headers.set_message_id(mail.message_id);
  headers.set_in_reply_to(mail.in_reply_to);
  for (const std::string& reference : mail.references) headers.add_references(reference);
  headers.set_from(mime::NormalizeAddress(mail.from.address));
  for (const mime::Mailbox& to : mail.to) headers.add_to(mime::NormalizeAddress(to.address));
  headers.set_envelope_from(request.envelope_from());
  headers.set_raw_blob_id(raw_blob_id);
  if (mail.auto_reply) headers.set_auto_reply_reason(mail.auto_reply_reason);
  return headers;
}

MailReading Settled(v1::EmailDisposition disposition, std::string_view reason) {
  MailReading reading;
  reading.settled = disposition;
  reading.reason = std::string(reason);
  return reading;
}

std::string CutText(std::string text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  text.resize(max_bytes);
  while (!text.empty() && !IsValidUtf8(text)) text.pop_back();
  return text;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

std::optional<Tenant> MailReader::TenantOf(const v1::SubmitEmailRequest& request,
                                           const mime::ParsedMail& mail) const {
  if (!request.tenant().empty()) return directory_.FindTenant(request.tenant());
  for (const std::string& address : request.envelope_to()) {
    if (auto tenant = directory_.TenantOfRecipient(address)) return tenant;
  }
  for (const std::string& address : mail.delivered_to) {
    if (auto tenant = directory_.TenantOfRecipient(address)) return tenant;
  }
  for (const auto* list : {&mail.to, &mail.cc}) {
    for (const mime::Mailbox& box : *list) {
      if (auto tenant = directory_.TenantOfRecipient(box.address)) return tenant;
    }
  }
  return std::nullopt;
}

// When it reached our edge: what the newest header of a trusted relay says, else now.
absl::Time MailReader::ReceivedTime(const mime::ParsedMail& mail, absl::Time now) const {
  for (const mime::ReceivedHeader& received : mail.received) {
    const std::string raw = LowerCase(received.raw);
    for (const std::string& relay : rules_.trusted_relays) {
      if (received.time && raw.find("by " + LowerCase(relay)) != std::string::npos) {
        return std::min(*received.time, now);
      }
    }
  }
  return now;
}

// A trusted relay says that the sender's domain disowns this mail.
bool MailReader::SenderIsForged(const mime::ParsedMail& mail) const {
  for (const std::string& result : mail.authentication_results) {
    const std::string text = LowerCase(result);
    const bool trusted =
        std::any_of(rules_.trusted_relays.begin(), rules_.trusted_relays.end(),
                    [&](const std::string& relay) { return text.starts_with(LowerCase(relay)); });
    if (trusted) return text.find("dmarc=fail") != std::string::npos;
  }
  return false;
}

std::optional<ids::Mark> MailReader::FindMark(const v1::SubmitEmailRequest& request,
                                              const mime::ParsedMail& mail) const {
  if (auto mark = ids::ReadMark(rules_.keys, mail.in_reply_to)) return mark;
  for (auto it = mail.references.rbegin(); it != mail.references.rend(); ++it) {
    if (auto mark = ids::ReadMark(rules_.keys, *it)) return mark;
  }
  for (const std::string& address : request.envelope_to()) {
    if (auto mark = ids::ReadMark(rules_.keys, address)) return mark;
  }
  for (const auto* list : {&mail.to, &mail.cc}) {
    for (const mime::Mailbox& box : *list) {
      if (auto mark = ids::ReadMark(rules_.keys, box.address)) return mark;
    }
  }
  return std::nullopt;
}

CustomerSnapshot MailReader::SenderOf(const Tenant& tenant, const mime::ParsedMail& mail) const {
  auto customer = directory_.CustomerOfAddress(tenant.name, mail.from.address);
  if (customer && !SenderIsForged(mail)) {
    CustomerSnapshot snapshot = SnapshotOf(*customer, core::v1::SENDER_TRUST_REGISTERED);
    snapshot.set_reply_address(mime::NormalizeAddress(mail.from.address));
    return snapshot;
  }
  CustomerSnapshot snapshot;
  snapshot.set_trust(core::v1::SENDER_TRUST_UNVERIFIED);
  const std::string& answer_to = mail.reply_to.empty() ? mail.from.address : mail.reply_to;
  // Answers to somebody else than the writer would make us a relay for strangers.
  if (mime::NormalizeAddress(answer_to) == mime::NormalizeAddress(mail.from.address) &&
      mime::ValidAddress(mail.from.address).ok() && !SenderIsForged(mail)) {
    snapshot.set_reply_address(mime::NormalizeAddress(mail.from.address));
  }
  return snapshot;
}

absl::StatusOr<Content> MailReader::ContentOf(const mime::ParsedMail& mail) const {
  Content content;
  content.set_subject(CutText(mail.subject, 1000));
  content.set_body(
      CutText(mail.visible_reply.empty() ? mail.text : mail.visible_reply, rules_.max_text_bytes));
  for (const mime::Attachment& attachment : mail.attachments) {
    if (static_cast<size_t>(content.attachments_size()) >= rules_.max_attachments) break;
    absl::StatusOr<blob::BlobInfo> info = blobs_.Put(attachment.bytes);
    if (!info.ok()) return info.status();
    core::v1::AttachmentRef* ref = content.add_attachments();
    ref->set_blob_id(info->id);
    ref->set_filename(attachment.filename);
    ref->set_content_type(attachment.content_type);
    ref->set_size_bytes(static_cast<int64_t>(info->size));
  }
  return content;
}

absl::StatusOr<MailReading> MailReader::Read(const v1::SubmitEmailRequest& request,
                                             absl::Time now) const {
  absl::StatusOr<blob::BlobInfo> raw = blobs_.Put(request.raw());
  if (!raw.ok()) return absl::UnavailableError("the mail could not be stored");
  absl::StatusOr<mime::ParsedMail> parsed = mime::ParseMail(request.raw());
  if (!parsed.ok()) return Settled(v1::REJECTED, "NOT_A_MAIL");
  const mime::ParsedMail& mail = *parsed;
  const std::optional<Tenant> tenant = TenantOf(request, mail);
  if (!tenant) {
    return Settled(v1::REJECTED, request.tenant().empty() ? "UNKNOWN_RECIPIENT" : "UNKNOWN_TENANT");
  }
  const std::string from = mime::NormalizeAddress(mail.from.address);
  const auto& own = tenant->mail.own_addresses();
  if (std::any_of(own.begin(), own.end(), [&](const std::string& address) {
        return mime::NormalizeAddress(address) == from;
      })) {
    return Settled(v1::AUTO_REPLY_IGNORED, "OWN_MAIL");
  }

  MailReading reading;
  Command& command = reading.command;
  const std::string request_id = RequestId(mail);
  command.set_request_id(request_id);
  command.set_command_id(ids::CommandId(tenant->name, request_id, request_id));
  command.set_tenant(tenant->name);
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_CUSTOMER);
  command.mutable_actor()->set_name(mail.from.name.empty() ? from : mail.from.name);
  const absl::Time received = ReceivedTime(mail, now);
  *command.mutable_received_time() = ToProto(received);

  if (mail.bounce.is) {
    auto mark = ids::ReadMark(rules_.keys, mail.bounce.original_message_id);
    if (!mark) mark = FindMark(request, mail);
    if (!mark) return Settled(v1::AUTO_REPLY_IGNORED, "BOUNCE_OF_NOTHING_OURS");
    command.clear_request_id();
    command.set_aggregate(ids::TicketKey(mark->ticket_id));
    auto* bounce = command.mutable_record_bounce();
    bounce->set_address(mime::NormalizeAddress(mail.bounce.recipient));
    bounce->set_permanent(mail.bounce.permanent);
    bounce->set_status(mail.bounce.status);
    bounce->set_notification_id(mark->notification_id);
    reading.ticket_id = mark->ticket_id;
    reading.applied = v1::BOUNCE_RECORDED;
    return reading;
  }

  *command.mutable_customer() = SenderOf(*tenant, mail);
  command.mutable_actor()->set_id(
      command.customer().customer_id().empty() ? from : command.customer().customer_id());
  absl::StatusOr<Content> content = ContentOf(mail);
  if (!content.ok()) return absl::UnavailableError("an attachment could not be stored");
  const MailHeaders headers = HeadersOf(request, mail, raw->id);
  const auto mark = FindMark(request, mail);
  if (mark && !mail.feedback_report.is) {
    reading.ticket_id = mark->ticket_id;
    command.set_aggregate(ids::TicketKey(mark->ticket_id));
    auto* add = command.mutable_add_customer_message();
    add->set_channel(core::v1::CHANNEL_EMAIL);
    *add->mutable_content() = *std::move(content);
    *add->mutable_mail() = headers;
    reading.applied = mail.auto_reply ? v1::AUTO_REPLY_IGNORED : v1::ACCEPTED_APPENDED;
  } else {
    reading.ticket_id = ids::TicketId(tenant->name, request_id);
    command.set_aggregate(ids::TicketKey(reading.ticket_id));
    auto* open = command.mutable_open_ticket();
    open->set_channel(core::v1::CHANNEL_EMAIL);
    open->set_priority(core::v1::PRIORITY_REGULAR);
    *open->mutable_content() = *std::move(content);
    *open->mutable_mail() = headers;
    reading.applied = v1::ACCEPTED_NEW;
    if (mail.feedback_report.is) {
      open->set_department(core::v1::DEPARTMENT_ABUSE);
      open->mutable_mail()->set_auto_reply_reason("feedback-report");
      reading.applied = v1::FEEDBACK_REPORT_RECORDED;
    }
  }
  // A mailbox resynchronised next year must reopen nothing.
  if (received < now - rules_.stale_after) {
    reading.settled = v1::QUARANTINED;
    reading.reason = "STALE";
  }
  return reading;
}

}  // namespace plazo::intake
