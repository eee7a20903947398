#pragma once

// Records of the log in words, and as JSON. What a record holds follows from its topic. Pure.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/topics.h"
#include "platform/kafka/record.h"
#include "plazo/core/v1/event.pb.h"

namespace plazo::cli {

// Full name of a topic given by its short one (inbound, decisions, tickets, directory, delivery,
// sla, dlq) or by its own; nullopt for anything else.
std::optional<std::string> TopicNamed(const Topics& topics, std::string_view name);

// The value as a message of the contract; nullptr for a tombstone and for what cannot be read.
std::unique_ptr<google::protobuf::Message> DecodeValue(const Topics& topics,
                                                       const kafka::Record& record);

// What the value says, in one line. Never more of a customer's text than the subject.
std::string ValueText(const Topics& topics, const kafka::Record& record);

// {"topic", "partition", "offset", "time", "key", "headers": {...}, "value": message or null}; with
// `value_base64` instead of a value that cannot be read.
std::string RecordJson(const Topics& topics, const kafka::Record& record);

// `TicketEscalated to_team=data-centre cause=hardware`
std::string EventText(const core::v1::Event& event);

}  // namespace plazo::cli
