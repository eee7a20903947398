#include "services/router/output.h"

#include "platform/kafka/cloud_event.h"

namespace plazo::router {

namespace {

std::string EventNames(const core::v1::Decision& decision) {
  std::string names;
  for (const core::v1::Event& event : decision.events()) {
    const auto* field = event.GetReflection()->GetOneofFieldDescriptor(
        event, core::v1::Event::descriptor()->oneof_decl(0));
    if (field == nullptr) continue;
    if (!names.empty()) names += ',';
    names += field->message_type()->name();
  }
  return names;
}

}  // namespace

void OutputWriter::Write(const std::string& topic, int32_t partition, const std::string& key,
                         const google::protobuf::Message* value, std::string_view type,
                         absl::Time now, const std::string& tenant,
                         std::vector<kafka::Header> extra) {
  std::string origin = input_.topic;
  for (int64_t part :
       {static_cast<int64_t>(input_.partition), input_.offset, static_cast<int64_t>(next_++)}) {
    origin += '/';
    origin += std::to_string(part);
  }
  const std::string* trace = input_.FindHeader("traceparent");
  kafka::OutRecord record;
  record.topic = topic;
  record.partition = partition;
  record.key = key;
  if (value != nullptr) record.value = value->SerializeAsString();
  record.headers = kafka::CloudEventHeaders({.id = origin,
                                             .source = "plazo-router",
                                             .type = type,
                                             .subject = key,
                                             .time = now,
                                             .traceparent = trace ? *trace : std::string_view(),
                                             .tenant = tenant});
  record.headers.push_back({"x-origin", std::move(origin)});
  for (kafka::Header& header : extra) record.headers.push_back(std::move(header));
  bytes_ += record.SizeBound();
  output_.items.push_back({std::move(record), index_});
}

void OutputWriter::WriteEffects(const Effects& effects, absl::Time now) {
  const core::v1::Decision& decision = effects.decision;
  const std::string& tenant = decision.tenant();
  const std::vector<kafka::Header> cause = {{"x-command-id", decision.command_id()}};
  Write(topics_.decisions, input_.partition, decision.aggregate(), &decision,
        "plazo.core.v1.Decision", now, tenant,
        {{"x-command-id", decision.command_id()}, {"x-events", EventNames(decision)}});
  for (const core::v1::DeliveryIntent& intent : effects.intents) {
    Write(topics_.delivery, input_.partition, decision.aggregate(), &intent,
          "plazo.core.v1.DeliveryIntent", now, tenant, cause);
  }
  for (const core::v1::SlaFact& fact : effects.facts) {
    Write(topics_.sla, input_.partition, decision.aggregate(), &fact, "plazo.core.v1.SlaFact", now,
          tenant, cause);
  }
  for (const FollowUp& follow_up : effects.follow_ups) {
    Write(topics_.inbound, follow_up.lane == kLaneOfKey ? kafka::kPartitionByKey : follow_up.lane,
          follow_up.command.aggregate(), &follow_up.command, "plazo.core.v1.Command", now, tenant,
          cause);
  }
}

void OutputWriter::WriteDeadLetter(std::string_view error) {
  kafka::OutRecord record;
  record.topic = topics_.dead_letters;
  record.partition = input_.partition;
  record.key = input_.key;
  record.value = input_.value;
  record.headers = input_.headers;
  record.headers.push_back({"x-error", std::string(error)});
  record.headers.push_back({"x-origin", input_.topic + "/" + std::to_string(input_.partition) +
                                            "/" + std::to_string(input_.offset)});
  bytes_ += record.SizeBound();
  output_.items.push_back({std::move(record), index_});
}

void OutputWriter::WriteState(const std::string& topic, const std::string& key,
                              const core::v1::StateRecord* record, absl::Time now) {
  Write(topic, input_.partition, key, record, "plazo.core.v1.StateRecord", now, {}, {});
}

}  // namespace plazo::router
