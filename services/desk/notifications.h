#pragma once

// What we said to a customer, newest first, over all of their tickets: the feed of a client area
// (F28). Read from the conversations when asked; the newest tickets first, and only as many as a
// page needs.
//
// Thread-safe. Blocks on Redis and Kafka; errors as Conversations has them.

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "services/desk/conversations.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

// Where a notification stands among a customer's others, newest first.
struct NotificationPlace {
  int64_t ms = 0;
  std::string id;
  explicit NotificationPlace(const v1::Notification& notification);
  NotificationPlace(int64_t ms, std::string id) : ms(ms), id(std::move(id)) {}
  bool operator<(const NotificationPlace& other) const {
    return std::tie(other.ms, id) < std::tie(ms, other.id);
  }
};

// Public, and said by us. The entry's words are those the customer got.
bool IsNotification(const v1::ConversationEntry& entry);
// `subject`: of an automatic entry; empty = the ticket's.
v1::Notification NotificationOf(const core::v1::TicketState& ticket,
                                const v1::ConversationEntry& entry, std::string subject);

// At most `count` of them behind `after`.
absl::StatusOr<std::vector<v1::Notification>> ListNotifications(
    const TicketTable& tickets, const Conversations& conversations, const std::string& tenant,
    const std::string& customer_id, const std::optional<NotificationPlace>& after, size_t count);

}  // namespace plazo::desk
