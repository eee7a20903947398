#include "services/desk/notifications.h"

#include <algorithm>

#include "domain/core/proto_time.h"

namespace plazo::desk {

using core::v1::TicketState;
using v1::ConversationEntry;
using v1::Notification;

namespace {

bool NewestFirst(const Notification& a, const Notification& b) {
  return NotificationPlace(a) < NotificationPlace(b);
}

void AddOf(const TicketState& ticket, const Conversations& conversations,
           std::vector<ConversationEntry> entries, const std::optional<NotificationPlace>& after,
           std::vector<Notification>& found) {
  for (ConversationEntry& entry : entries) {
    if (!IsNotification(entry)) continue;
    std::string subject = conversations.Render(ticket, entry);
    Notification notification = NotificationOf(ticket, entry, std::move(subject));
    if (after && !(*after < NotificationPlace(notification))) continue;
    found.push_back(std::move(notification));
  }
}

}  // namespace

NotificationPlace::NotificationPlace(const Notification& notification)
    : NotificationPlace(absl::ToUnixMillis(FromProto(notification.time())),
                        notification.notification_id()) {}

bool IsNotification(const ConversationEntry& entry) {
  return entry.event().has_message_added() && entry.visibility() == core::v1::VISIBILITY_PUBLIC &&
         entry.author().kind() != core::v1::ACTOR_KIND_CUSTOMER &&
         entry.author().kind() != core::v1::ACTOR_KIND_VISITOR;
}

Notification NotificationOf(const TicketState& ticket, const ConversationEntry& entry,
                            std::string subject) {
  Notification notification;
  notification.set_notification_id(entry.entry_id());
  *notification.mutable_time() = entry.time();
  notification.set_type(ticket.notification_type());
  notification.set_subject(subject.empty() ? ticket.headline().subject() : std::move(subject));
  notification.set_text(entry.text());
  notification.set_read(ticket.has_last_customer_message_time() &&
                        FromProto(ticket.last_customer_message_time()) > FromProto(entry.time()));
  notification.set_ticket_id(ticket.ticket_id());
  notification.set_case_number(ticket.case_number());
  return notification;
}

absl::StatusOr<std::vector<Notification>> ListNotifications(
    const TicketTable& tickets, const Conversations& conversations, const std::string& tenant,
    const std::string& customer_id, const std::optional<NotificationPlace>& after, size_t count) {
  std::vector<TicketPtr> theirs = tickets.OfCustomer(tenant, customer_id);
  auto changed = [](const TicketPtr& ticket) { return FromProto(ticket->changed_time()); };
  std::sort(theirs.begin(), theirs.end(),
            [&](const TicketPtr& a, const TicketPtr& b) { return changed(a) > changed(b); });
  std::vector<Notification> found;
  for (const TicketPtr& ticket : theirs) {
    // Nothing was said in a ticket after it last changed.
    if (found.size() >= count && changed(ticket) < FromProto(found[count - 1].time())) break;
    auto entries = conversations.Read(*ticket);
    if (!entries.ok()) return entries.status();
    AddOf(*ticket, conversations, *std::move(entries), after, found);
    std::sort(found.begin(), found.end(), NewestFirst);
  }
  if (found.size() > count) found.resize(count);
  return found;
}

}  // namespace plazo::desk
