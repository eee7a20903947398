#pragma once

// What a decision says, and to whom. Texts are kinds and fields; the words are in templates/.

#include <string>
#include <vector>

#include "domain/ticket/draft.h"

namespace plazo::ticket {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Message {
  core::v1::NotificationKind kind = core::v1::NOTIFICATION_KIND_UNSPECIFIED;
  Fields fields;
  core::v1::Content content;  // a person's own words; empty for automatic texts
  bool automatic = true;
  bool counts_as_response = false;
  bool stops_acknowledgement = false;
};

// Puts a public message into the conversation and, where the channel is not the conversation
// itself (chat), asks notifier to mail it.
void TellCustomer(Draft& draft, Message message);

// A mail to a team or to `management`; not part of the conversation.
void TellStaff(Draft& draft, core::v1::NotificationKind kind, std::string_view staff,
               Fields fields);

// An internal entry, by the product or an agent.
void AddInternalNote(Draft& draft, core::v1::Content content);

// What the customer wrote.
void AddCustomerEntry(Draft& draft, core::v1::Channel channel, const core::v1::Content& content,
                      const core::v1::MailHeaders* mail);

// The answers of a customer who cannot be mailed stay in the conversation only.
bool CanMail(const core::v1::TicketState& ticket);

// Arms what notifies operators of an intent that nobody reports on.
void ArmDelivery(Draft& draft, const core::v1::PendingNotification& pending);

// Fields that every template may use.
Fields TicketFields(const Draft& draft);

// "10 min", "2 h 30 min" in the ticket's language.
std::string DurationText(absl::Duration duration, std::string_view language);

}  // namespace plazo::ticket
