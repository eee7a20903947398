#pragma once

// Whole conversations: from the timelines, or from the log where a ticket's timeline is gone. The
// words of automatic entries come from the templates, as the customer got them.
//
// Thread-safe. Blocks on Redis and Kafka.

#include <absl/status/statusor.h>

#include <memory>
#include <vector>

#include "platform/kafka/broker.h"
#include "platform/text/template_set.h"
#include "services/desk/ticket_table.h"
#include "services/desk/timelines.h"

namespace plazo::desk {

class Conversations {
 public:
  Conversations(kafka::Broker& broker, std::string topic, const Timelines& timelines,
                const text::TemplateSet& templates)
      : broker_(broker), topic_(std::move(topic)), timelines_(timelines), templates_(templates) {}

  // All entries, oldest first. kUnavailable rather than a conversation that is short.
  absl::StatusOr<std::vector<v1::ConversationEntry>> Read(
      const core::v1::TicketState& ticket) const;

  // Fills in the words of an automatic entry, and gives the subject line they had; empty for
  // others.
  std::string Render(const core::v1::TicketState& ticket, v1::ConversationEntry& entry) const;

 private:
  absl::StatusOr<std::vector<v1::ConversationEntry>> ReadLog(
      const core::v1::TicketState& ticket) const;

  kafka::Broker& broker_;
  const std::string topic_;
  const Timelines& timelines_;
  const text::TemplateSet& templates_;
};

}  // namespace plazo::desk
