#include "services/sla-timer/firing.h"

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/kafka/cloud_event.h"
#include "platform/observability/trace.h"
#include "plazo/core/v1/command.pb.h"

namespace plazo::sla_timer {
namespace {

constexpr char kSource[] = "sla-timer";

std::string CommandIdOf(const Firing& firing) {
  const std::string occasion = firing.deadline_id + '|' + std::to_string(firing.due_ms) + '|' +
                               std::to_string(firing.attempt);
  return ids::CommandId(kSource, firing.aggregate, occasion);
}

}  // namespace

kafka::OutRecord MakeTimerFired(const std::string& topic, const Firing& firing, absl::Time now) {
  core::v1::Command command;
  command.set_command_id(CommandIdOf(firing));
  command.set_aggregate(firing.aggregate);  // whose state knows the tenant
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id(kSource);
  *command.mutable_received_time() = ToProto(now);
  command.mutable_timer_fired()->set_deadline_id(firing.deadline_id);
  *command.mutable_timer_fired()->mutable_due_time() = ToProto(absl::FromUnixMillis(firing.due_ms));

  kafka::OutRecord record;
  record.topic = topic;
  record.partition = firing.partition;
  record.key = firing.aggregate;
  record.value = command.SerializeAsString();
  const std::string trace = observability::TraceFromCause(command.command_id()).Traceparent();
  record.headers = kafka::CloudEventHeaders({.id = command.command_id(),
                                             .source = kSource,
                                             .type = "plazo.core.v1.Command",
                                             .subject = firing.aggregate,
                                             .time = now,
                                             .traceparent = trace,
                                             .tenant = {}});
  return record;
}

}  // namespace plazo::sla_timer
