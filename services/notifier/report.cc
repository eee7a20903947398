#include "services/notifier/report.h"

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/kafka/cloud_event.h"
#include "platform/observability/trace.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr char kSource[] = "notifier";

std::string TraceOf(const Intent& intent, const std::string& command_id) {
  const auto parent = observability::ParseTraceparent(intent.traceparent);
  return (parent ? observability::ChildOf(*parent, command_id)
                 : observability::TraceFromCause(command_id))
      .Traceparent();
}

}  // namespace

kafka::OutRecord MakeReport(const std::string& topic, const Intent& intent, const Report& report,
                            absl::Time now) {
  const DeliveryIntent& value = intent.value;
  Command command;
  command.set_command_id(
      ids::CommandId(value.tenant(), value.notification_id(),
                     std::to_string(value.attempt()) + "|" + DeliveryOutcome_Name(report.outcome)));
  command.set_tenant(value.tenant());
  command.set_aggregate(intent.aggregate);
  command.mutable_actor()->set_kind(ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id(kSource);
  *command.mutable_received_time() = ToProto(now);
  DeliveryReported& reported = *command.mutable_delivery_reported();
  reported.set_notification_id(value.notification_id());
  reported.set_attempt(value.attempt());
  reported.set_outcome(report.outcome);
  if (report.relay_time) *reported.mutable_relay_time() = ToProto(*report.relay_time);
  reported.set_smtp_code(report.smtp_code);
  reported.set_reason(report.reason);

  kafka::OutRecord record;
  record.topic = topic;
  record.partition = intent.partition.partition;
  record.key = intent.aggregate;
  record.value = command.SerializeAsString();
  const std::string trace = TraceOf(intent, command.command_id());
  record.headers = kafka::CloudEventHeaders({.id = command.command_id(),
                                             .source = kSource,
                                             .type = "plazo.core.v1.Command",
                                             .subject = intent.aggregate,
                                             .time = now,
                                             .traceparent = trace,
                                             .tenant = value.tenant()});
  return record;
}

kafka::OutRecord MakeDeadLetter(const std::string& topic, const kafka::Record& record,
                                std::string_view error) {
  kafka::OutRecord letter;
  letter.topic = topic;
  letter.partition = record.partition;
  letter.key = record.key;
  letter.value = record.value;
  letter.headers = record.headers;
  letter.headers.push_back({"x-error", std::string(error)});
  letter.headers.push_back({"x-origin", record.topic + "/" + std::to_string(record.partition) +
                                            "/" + std::to_string(record.offset)});
  return letter;
}

}  // namespace plazo::notifier
