#include "domain/ticket/notify_steps.h"

#include "domain/calendar/business_time.h"
#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"

namespace plazo::ticket {

using namespace core::v1;

namespace {

constexpr std::string_view kManagement = "management";

void AddFields(const Fields& fields, google::protobuf::RepeatedPtrField<TextField>* out) {
  for (const auto& [key, value] : fields) {
    TextField* field = out->Add();
    field->set_key(key);
    field->set_value(value);
  }
}

DeliveryIntent StartIntent(Draft& draft, NotificationKind kind, const Fields& fields,
                           std::string_view language) {
  const TicketState& ticket = draft.ticket();
  DeliveryIntent intent;
  intent.set_notification_id(draft.NextId("notification"));
  intent.set_attempt(1);
  intent.set_tenant(draft.policy().tenant());
  intent.set_ticket_id(ticket.ticket_id());
  intent.set_case_number(ticket.case_number());
  intent.set_kind(kind);
  intent.set_language(std::string(language));
  AddFields(fields, intent.mutable_fields());
  *intent.mutable_requested_time() = ToProto(draft.now());
  intent.set_policy_hash(draft.policy().hash());
  return intent;
}

void Request(Draft& draft, PendingNotification pending) {
  draft.AddIntent(pending.intent());
  Event event;
  *event.mutable_notification_requested()->mutable_notification() = pending;
  draft.Emit(std::move(event));
  ArmDelivery(draft, pending);
}

void SetRecipient(const TicketState& ticket, DeliveryIntent& intent) {
  if (ticket.customer().customer_id().empty() ||
      ticket.customer().trust() == SENDER_TRUST_UNVERIFIED) {
    intent.set_address(ticket.customer().reply_address());
    return;
  }
  CustomerRecipient* customer = intent.mutable_customer();
  customer->set_customer_id(ticket.customer().customer_id());
  customer->set_type(ticket.notification_type());
  customer->set_directory_version(ticket.customer().version());
}

MessageAdded StartEntry(Draft& draft, const Actor& author, Channel channel, Visibility visibility) {
  MessageAdded entry;
  entry.set_message_id(draft.NextId("entry"));
  *entry.mutable_author() = author;
  entry.set_channel(channel);
  entry.set_visibility(visibility);
  *entry.mutable_received_time() = ToProto(draft.asked());
  return entry;
}

// "Re: Re: x" -> "x"
std::string_view WithoutRe(std::string_view subject) {
  while (subject.size() >= 3 && (subject[0] == 'R' || subject[0] == 'r') &&
         (subject[1] == 'E' || subject[1] == 'e') && subject[2] == ':') {
    subject.remove_prefix(3);
    while (!subject.empty() && subject.front() == ' ') subject.remove_prefix(1);
  }
  return subject;
}

// When a closed team works again, on the clock of its own wall; empty while it is open.
std::string TeamOpens(const Draft& draft, const policy::v1::Team& team) {
  const calendar::BusinessTime& hours = draft.policy().CalendarFor(team.calendar());
  if (hours.IsOpen(draft.now())) return {};
  const absl::Time opening = hours.NextOpening(draft.now());
  if (opening == absl::InfiniteFuture()) return {};
  const int64_t local = hours.zone().LocalAt(absl::ToUnixSeconds(opening));
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(local), absl::UTCTimeZone()) +
         " (" + hours.zone().name() + ")";
}

Actor Product() {
  Actor actor;
  actor.set_kind(ACTOR_KIND_SYSTEM);
  actor.set_id("plazo");
  return actor;
}

}  // namespace

bool CanMail(const TicketState& ticket) {
  if (ticket.channel() == CHANNEL_CHAT) return false;
  return ticket.customer().trust() == SENDER_TRUST_UNVERIFIED
             ? !ticket.customer().reply_address().empty()
             : !ticket.customer().customer_id().empty();
}

void ArmDelivery(Draft& draft, const PendingNotification& pending) {
  Deadline stuck;
  stuck.set_kind(DEADLINE_KIND_DELIVERY_STUCK);
  stuck.set_id(sla::DeadlineId(stuck.kind(), pending.intent().notification_id()));
  stuck.set_notification_id(pending.intent().notification_id());
  *stuck.mutable_due_time() =
      ToProto(draft.now() + FromProto(draft.policy().policy().delivery().stuck_after()));
  draft.Arm(std::move(stuck));
}

void TellCustomer(Draft& draft, Message message) {
  const TicketState& ticket = draft.ticket();
  MessageAdded entry = StartEntry(draft, message.automatic ? Product() : draft.command().actor(),
                                  ticket.channel(), VISIBILITY_PUBLIC);
  entry.set_automatic(message.automatic);
  entry.set_kind(message.kind);
  entry.set_language(ticket.language());
  AddFields(message.fields, entry.mutable_fields());
  *entry.mutable_content() = message.content;
  entry.set_counts_as_response(message.counts_as_response);
  const std::string message_id = entry.message_id();
  Event event;
  *event.mutable_message_added() = std::move(entry);
  draft.Emit(std::move(event));
  if (!CanMail(draft.ticket())) return;

  PendingNotification pending;
  DeliveryIntent& intent = *pending.mutable_intent();
  intent = StartIntent(draft, message.kind, message.fields, ticket.language());
  *intent.mutable_content() = std::move(message.content);
  intent.set_automatic(message.automatic);
  intent.set_in_reply_to(ticket.last_mail_message_id());
  *intent.mutable_participants() = ticket.participants();
  SetRecipient(ticket, intent);
  pending.set_message_id(message_id);
  pending.set_stops_acknowledgement(message.stops_acknowledgement);
  Request(draft, std::move(pending));
}

void TellStaff(Draft& draft, NotificationKind kind, std::string_view staff, Fields fields) {
  const policy::v1::Policy& policy = draft.policy().policy();
  if (staff != kManagement) {
    const policy::v1::Team* team = draft.policy().FindTeam(staff);
    if (team == nullptr || team->addresses().empty()) return;
  }
  const std::string language(draft.policy().LanguageFor(policy.management().language()));
  // The customer's language is not theirs.
  const policy::v1::Team* in_charge = draft.policy().FindTeam(draft.ticket().team());
  for (auto& [key, value] : fields) {
    if (key == "team_name" && in_charge != nullptr) {
      value = std::string(policy::Localised(in_charge->names(), language));
    }
  }
  PendingNotification pending;
  *pending.mutable_intent() = StartIntent(draft, kind, fields, language);
  pending.mutable_intent()->set_staff(std::string(staff));
  pending.mutable_intent()->set_automatic(true);
  Request(draft, std::move(pending));
}

void AddInternalNote(Draft& draft, Content content) {
  MessageAdded entry =
      StartEntry(draft, draft.command().actor(), draft.ticket().channel(), VISIBILITY_INTERNAL);
  *entry.mutable_content() = std::move(content);
  Event event;
  *event.mutable_message_added() = std::move(entry);
  draft.Emit(std::move(event));
}

void AddCustomerEntry(Draft& draft, Channel channel, const Content& content,
                      const MailHeaders* mail) {
  MessageAdded entry = StartEntry(draft, draft.command().actor(), channel, VISIBILITY_PUBLIC);
  *entry.mutable_content() = content;
  if (mail != nullptr) *entry.mutable_mail() = *mail;
  Event event;
  *event.mutable_message_added() = std::move(entry);
  draft.Emit(std::move(event));
}

Fields TicketFields(const Draft& draft) {
  const TicketState& ticket = draft.ticket();
  Fields fields = {{"case_number", ticket.case_number()},
                   {"ticket_id", ticket.ticket_id()},
                   {"provider_name", draft.policy().policy().display_name()}};
  if (!ticket.customer().name().empty()) {
    fields.emplace_back("customer_name", ticket.customer().name());
  }
  if (const policy::v1::Team* team = draft.policy().FindTeam(ticket.team())) {
    fields.emplace_back("team_name",
                        std::string(policy::Localised(team->names(), ticket.language())));
    if (std::string opens = TeamOpens(draft, *team); !opens.empty()) {
      fields.emplace_back("team_opens", std::move(opens));
    }
  }
  // A stranger's words are not repeated to an address that may be somebody else's (I18).
  if (ticket.customer().trust() != SENDER_TRUST_UNVERIFIED) {
    if (std::string_view subject = WithoutRe(ticket.headline().subject()); !subject.empty()) {
      fields.emplace_back("subject", std::string(subject));
    }
  }
  return fields;
}

std::string DurationText(absl::Duration duration, std::string_view language) {
  const bool cyrillic = language == "uk";
  if (duration < absl::Minutes(1)) {
    return std::to_string(absl::ToInt64Seconds(duration)) + (cyrillic ? " с" : " s");
  }
  const int64_t total = absl::ToInt64Minutes(duration + absl::Seconds(59));
  constexpr int64_t kDay = 24 * 60;
  if (total >= 2 * kDay && total % kDay == 0) {
    return std::to_string(total / kDay) + (cyrillic ? " дн." : " d");
  }
  const int64_t hours = total / 60, minutes = total % 60;
  std::string text;
  if (hours > 0) text = std::to_string(hours) + (cyrillic ? " год" : " h");
  if (minutes > 0 || hours == 0) {
    if (!text.empty()) text += ' ';
    text += std::to_string(minutes) + (cyrillic ? " хв" : " min");
  }
  return text;
}

}  // namespace plazo::ticket
