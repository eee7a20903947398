#include "cli/record_text.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <array>
#include <utility>

#include "cli/fields.h"
#include "cli/session.h"
#include "domain/core/proto_time.h"
#include "platform/config/duration.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/core/v1/delivery.pb.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxWord = 80;

std::string Word(const std::string& text) {
  std::string word = text.size() > kMaxWord ? text.substr(0, kMaxWord) + "..." : text;
  for (char& c : word) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return word.find(' ') == std::string::npos ? word : '"' + word + '"';
}

std::string InstantText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

// A field that is a word of its own; nullopt for blocks and lists.
std::optional<std::string> ScalarText(const Message& message, const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) return std::nullopt;
      return Word(reflection->GetString(message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortName(*reflection->GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection->GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
    default:
      return std::nullopt;
  }
  const Message& sub = reflection->GetMessage(message, &field);
  if (field.message_type()->full_name() == "google.protobuf.Timestamp") {
    return InstantText(FromProto(static_cast<const google::protobuf::Timestamp&>(sub)));
  }
  if (field.message_type()->full_name() == "google.protobuf.Duration") {
    return config::DurationText(FromProto(static_cast<const google::protobuf::Duration&>(sub)));
  }
  return std::nullopt;
}

std::string ScalarsText(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::string text;
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated()) continue;
    if (const auto value = ScalarText(message, *field)) text += " " + field->name() + "=" + *value;
  }
  return text;
}

// The member of a oneof that is set, nullptr when none is.
const FieldDescriptor* Chosen(const Message& message, const char* oneof) {
  return message.GetReflection()->GetOneofFieldDescriptor(
      message, message.GetDescriptor()->FindOneofByName(oneof));
}

std::string CommandText(const core::v1::Command& command) {
  const FieldDescriptor* body = Chosen(command, "body");
  std::string text = body == nullptr ? "empty" : body->name();
  text += " by " + ShortName(command.actor().kind()) + " " + command.actor().id();
  if (command.has_open_ticket()) {
    text += " " + Word(command.open_ticket().content().subject());
  } else if (body != nullptr) {
    text += ScalarsText(command.GetReflection()->GetMessage(command, body));
  }
  return text;
}

std::string DecisionText(const core::v1::Decision& decision) {
  std::string text = decision.command() + " " + ShortName(decision.outcome()) + " v" +
                     std::to_string(decision.version());
  if (!decision.reason().empty()) text += " " + decision.reason();
  for (int i = 0; i < decision.events_size(); ++i) {
    text += (i == 0 ? ": " : "; ") + EventText(decision.events(i));
  }
  return text;
}

std::string StateText(const core::v1::StateRecord& record) {
  switch (record.state_case()) {
    case core::v1::StateRecord::kTicket: {
      const core::v1::TicketState& ticket = record.ticket();
      return "ticket v" + std::to_string(ticket.version()) + " " + ShortName(ticket.status()) +
             " team=" + ticket.team() + " deadlines=" + std::to_string(ticket.deadlines_size()) +
             " being_sent=" + std::to_string(ticket.notifications_size()) + " " +
             Word(ticket.headline().subject());
    }
    case core::v1::StateRecord::kCustomer:
      return "customer v" + std::to_string(record.customer().version()) + " " +
             record.customer().profile().email() + (record.customer().deleted() ? " deleted" : "");
    case core::v1::StateRecord::kLane: {
      const core::v1::LaneState& lane = record.lane();
      return "checkpoint next_offset=" + std::to_string(lane.next_offset()) +
             " lane_time=" + InstantText(FromProto(lane.lane_time())) +
             " ticket_keys=" + std::to_string(lane.ticket_keys()) +
             " directory_keys=" + std::to_string(lane.directory_keys());
    }
    default:
      break;
  }
  const FieldDescriptor* state = Chosen(record, "state");
  if (state == nullptr) return "empty";
  return state->name() + ScalarsText(record.GetReflection()->GetMessage(record, state));
}

std::string IntentText(const core::v1::DeliveryIntent& intent) {
  std::string to = intent.address();
  if (intent.has_customer()) to = "customer " + intent.customer().customer_id();
  if (!intent.staff().empty()) to = "staff " + intent.staff();
  return ShortName(intent.kind()) + " " + intent.notification_id() + " attempt " +
         std::to_string(intent.attempt()) + " to " + to + " in " + intent.language();
}

std::string MessageText(const Message& message) {
  if (const auto* command = dynamic_cast<const core::v1::Command*>(&message)) {
    return CommandText(*command);
  }
  if (const auto* decision = dynamic_cast<const core::v1::Decision*>(&message)) {
    return DecisionText(*decision);
  }
  if (const auto* state = dynamic_cast<const core::v1::StateRecord*>(&message)) {
    return StateText(*state);
  }
  if (const auto* intent = dynamic_cast<const core::v1::DeliveryIntent*>(&message)) {
    return IntentText(*intent);
  }
  return ScalarsText(message).erase(0, 1);
}

std::string OriginTopic(const kafka::Record& record) {
  const std::string* origin = record.FindHeader("x-origin");
  return origin == nullptr ? std::string() : origin->substr(0, origin->find('/'));
}

std::unique_ptr<Message> EmptyValue(const Topics& topics, const std::string& topic,
                                    const kafka::Record& record) {
  if (topic == topics.inbound) return std::make_unique<core::v1::Command>();
  if (topic == topics.decisions) return std::make_unique<core::v1::Decision>();
  if (topic == topics.tickets || topic == topics.directory) {
    return std::make_unique<core::v1::StateRecord>();
  }
  if (topic == topics.delivery) return std::make_unique<core::v1::DeliveryIntent>();
  if (topic == topics.sla) return std::make_unique<core::v1::SlaFact>();
  if (topic != topics.dead_letters) return nullptr;
  // A dead letter is what it was before; intake's are commands.
  const std::string origin = OriginTopic(record);
  if (origin == topics.delivery) return std::make_unique<core::v1::DeliveryIntent>();
  return std::make_unique<core::v1::Command>();
}

}  // namespace

std::optional<std::string> TopicNamed(const Topics& topics, std::string_view name) {
  const std::array<std::pair<std::string_view, const std::string*>, 7> known = {{
      {"inbound", &topics.inbound},
      {"decisions", &topics.decisions},
      {"tickets", &topics.tickets},
      {"directory", &topics.directory},
      {"delivery", &topics.delivery},
      {"sla", &topics.sla},
      {"dlq", &topics.dead_letters},
  }};
  for (const auto& [alias, full] : known) {
    if (name == alias || name == *full) return *full;
  }
  return std::nullopt;
}

std::unique_ptr<Message> DecodeValue(const Topics& topics, const kafka::Record& record) {
  if (!record.value) return nullptr;
  std::unique_ptr<Message> message = EmptyValue(topics, record.topic, record);
  if (message == nullptr || !message->ParseFromString(*record.value)) return nullptr;
  return message;
}

std::string ValueText(const Topics& topics, const kafka::Record& record) {
  std::string text;
  if (const std::string* error = record.FindHeader("x-error")) text = *error + ": ";
  if (!record.value) return text + "removed";
  const std::unique_ptr<Message> message = DecodeValue(topics, record);
  if (message == nullptr) return text + std::to_string(record.value->size()) + " unreadable bytes";
  return text + MessageText(*message);
}

std::string RecordJson(const Topics& topics, const kafka::Record& record) {
  std::string headers;
  for (const kafka::Header& header : record.headers) {
    headers +=
        (headers.empty() ? "" : ",") + JsonQuoted(header.key) + ":" + JsonQuoted(header.value);
  }
  std::string text = "{\"topic\":" + JsonQuoted(record.topic) +
                     ",\"partition\":" + std::to_string(record.partition) +
                     ",\"offset\":" + std::to_string(record.offset) + ",\"time\":" +
                     JsonQuoted(InstantText(absl::FromUnixMillis(record.timestamp_ms))) +
                     ",\"key\":" + JsonQuoted(record.key) + ",\"headers\":{" + headers + "}";
  const std::unique_ptr<Message> message = DecodeValue(topics, record);
  if (message != nullptr) {
    text += ",\"value\":" + JsonText(*message);
  } else if (!record.value) {
    text += ",\"value\":null";
  } else {
    text += ",\"value_base64\":\"" + absl::Base64Escape(*record.value) + "\"";
  }
  return text + "}";
}

std::string EventText(const core::v1::Event& event) {
  const FieldDescriptor* chosen = Chosen(event, "event");
  if (chosen == nullptr) return "unknown event";
  const Message& body = event.GetReflection()->GetMessage(event, chosen);
  std::string text = chosen->message_type()->name() + ScalarsText(body);
  // Events that wrap one block say what is in it.
  if (event.has_clock_started()) text += ScalarsText(event.clock_started().clock());
  if (event.has_deadline_armed()) text += ScalarsText(event.deadline_armed().deadline());
  if (event.has_notification_requested()) {
    text += " " + IntentText(event.notification_requested().notification().intent());
  }
  return text;
}

}  // namespace plazo::cli
