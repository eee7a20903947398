#include "cli/replay/world.h"

#include <algorithm>
#include <utility>

#include "cli/fields.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/encoding.h"

namespace plazo::cli {

using namespace core::v1;

namespace {

constexpr int64_t kSecondsOfDay = 24 * 3600;

int HourOfWeek(const calendar::Zone& zone, int64_t timestamp_ms) {
  const int64_t local = zone.LocalAt(absl::ToUnixSeconds(absl::FromUnixMillis(timestamp_ms)));
  // 1970-01-01 was a Thursday.
  const int64_t since_monday =
      ((local + 3 * kSecondsOfDay) % (7 * kSecondsOfDay) + 7 * kSecondsOfDay) % (7 * kSecondsOfDay);
  return static_cast<int>(since_monday / 3600);
}

int64_t Millis(const google::protobuf::Timestamp& time) {
  return absl::ToUnixMillis(FromProto(time));
}

// Somebody has to do something about it.
bool IsWork(ClockKind kind) {
  return kind == CLOCK_KIND_FIRST_RESPONSE || kind == CLOCK_KIND_NEXT_RESPONSE;
}

Command Frame(const std::string& aggregate, const std::string& tenant, const char* who,
              int64_t timestamp_ms) {
  Command command;
  command.set_tenant(tenant);
  command.set_aggregate(aggregate);
  command.mutable_actor()->set_kind(ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id(who);
  *command.mutable_received_time() = ToProto(absl::FromUnixMillis(timestamp_ms));
  return command;
}

}  // namespace

World::World(const Topics& topics, std::string tenant, const PolicyFile* policy,
             const calendar::Zone& zone)
    : topics_(topics),
      tenant_(std::move(tenant)),
      policy_(policy),
      zone_(zone),
      router_(topics, kPartitions) {}

void World::BeginLane(int32_t lane) {
  lane_ = lane;
  next_offset_ = 0;
  router_.BeginRestore(lane);
}

std::map<std::string, TicketOutcome> World::EndLane() {
  router_.ForgetLane(lane_);
  timers_.clear();
  armed_.clear();
  mails_.clear();
  last_started_.clear();
  return std::exchange(tickets_, {});
}

std::string World::Finish() { return Hex(outputs_.Finish()); }

void World::Replay(const Command& command, int64_t timestamp_ms) {
  if (!command.tenant().empty() && command.tenant() != tenant_) return;
  if (command.has_timer_fired() || command.has_delivery_reported()) return;
  RunUntil(timestamp_ms);
  if (policy_ == nullptr || !(command.has_activate_policy() || command.has_adopt_policy())) {
    return Decide(command, timestamp_ms);
  }
  Command other = command;
  if (other.has_activate_policy()) {
    other.mutable_activate_policy()->set_bundle(policy_->bundle);
    other.mutable_activate_policy()->set_bundle_hash(policy_->compiled->hash());
  } else {
    other.mutable_adopt_policy()->set_bundle(policy_->bundle);
    other.mutable_adopt_policy()->set_bundle_hash(policy_->compiled->hash());
    other.set_aggregate(ids::PolicyKey(policy_->compiled->hash()));
  }
  Decide(other, timestamp_ms);
}

void World::RunUntil(int64_t timestamp_ms) {
  for (;;) {
    const int64_t timer = timers_.empty() ? INT64_MAX : std::get<0>(*timers_.begin());
    const int64_t mail = mails_.empty() ? INT64_MAX : mails_.begin()->first;
    if (std::min(timer, mail) > timestamp_ms) return;
    if (timer <= mail) {
      const Timer due = *timers_.begin();
      timers_.erase(timers_.begin());
      Fire(due);
    } else {
      const auto [aggregate, intent] = std::move(mails_.begin()->second);
      mails_.erase(mails_.begin());
      Report(aggregate, intent, mail);
    }
  }
}

void World::Fire(const Timer& timer) {
  const auto& [due_ms, aggregate, id] = timer;
  Command command = Frame(aggregate, tenant_, "sla-timer", due_ms);
  command.set_command_id(ids::CommandId("sla-timer", aggregate, id + '|' + std::to_string(due_ms)));
  command.mutable_timer_fired()->set_deadline_id(id);
  *command.mutable_timer_fired()->mutable_due_time() = ToProto(absl::FromUnixMillis(due_ms));
  Decide(command, due_ms);
}

void World::Report(const std::string& aggregate, const DeliveryIntent& intent, int64_t at_ms) {
  Command command = Frame(aggregate, tenant_, "notifier", at_ms);
  command.set_command_id(
      ids::CommandId(tenant_, intent.notification_id(), std::to_string(intent.attempt())));
  DeliveryReported& report = *command.mutable_delivery_reported();
  report.set_notification_id(intent.notification_id());
  report.set_attempt(intent.attempt());
  report.set_outcome(DELIVERY_OUTCOME_ACCEPTED);
  *report.mutable_relay_time() = ToProto(absl::FromUnixMillis(at_ms));
  report.set_smtp_code(250);
  Decide(command, at_ms);
}

void World::Decide(const Command& command, int64_t timestamp_ms) {
  kafka::Record record;
  record.topic = topics_.inbound;
  record.partition = lane_;
  record.offset = next_offset_++;
  record.timestamp_ms = timestamp_ms;
  record.key = command.aggregate();
  record.value = command.SerializeAsString();
  const kafka::BatchOutput output = router_.Process({&record, 1}, {.max_output_bytes = 1});
  router_.Keep();
  for (const kafka::BatchOutput::Item& item : output.items) Observe(item.record, timestamp_ms);
}

void World::Observe(const kafka::OutRecord& record, int64_t timestamp_ms) {
  outputs_.Update(record.topic + '\0' + record.key + '\0' + record.value.value_or(""));
  if (record.topic == topics_.sla) {
    SlaFact fact;
    if (!record.value || !fact.ParseFromString(*record.value)) return;
    ClockOutcome& clock = tickets_[record.key].clocks[fact.clock()];
    clock.met += fact.kind() == SLA_FACT_KIND_MET;
    clock.warned += fact.kind() == SLA_FACT_KIND_WARNED;
    clock.breached += fact.kind() == SLA_FACT_KIND_BREACHED;
    clock.breached -= fact.kind() == SLA_FACT_KIND_WITHDRAWN;
  } else if (record.topic == topics_.delivery) {
    DeliveryIntent intent;
    if (!record.value || !intent.ParseFromString(*record.value)) return;
    mails_.emplace(timestamp_ms + absl::ToInt64Milliseconds(kRelayDelay),
                   std::pair(record.key, std::move(intent)));
  } else if (record.topic == topics_.tickets && ids::AfterPrefix(record.key, "ticket")) {
    StateRecord state;
    if (record.value && !state.ParseFromString(*record.value)) return;
    if (record.value) ObserveTicket(record.key, state.ticket());
    ArmAgain(record.key, state.ticket());
  }
}

void World::ObserveTicket(const std::string& key, const TicketState& ticket) {
  TicketOutcome& outcome = tickets_[key];
  if (outcome.case_number.empty()) {
    outcome.case_number = ticket.case_number();
    outcome.opened_ms = Millis(ticket.opened_time());
    outcome.route = ticket.team() + ", level " + std::to_string(ticket.level());
    outcome.reading =
        "impact " + ShortName(ticket.impact()) + ", " + ShortName(ticket.complexity());
  }
  for (const Clock& clock : ticket.clocks()) {
    ClockOutcome& seen = outcome.clocks[clock.kind()];
    if (seen.due_ms == 0 && clock.has_due_time()) seen.due_ms = Millis(clock.due_time());
    int64_t& last = last_started_[{key, clock.kind()}];
    const int64_t started = Millis(clock.start_time());
    if (started <= last) continue;
    last = started;
    if (IsWork(clock.kind())) outcome.work.push_back({ticket.team(), HourOfWeek(zone_, started)});
  }
}

// What is due now stays out if it has fired already: level-triggered, as the index is.
void World::ArmAgain(const std::string& key, const TicketState& ticket) {
  std::set<Timer> now;
  for (const Deadline& deadline : ticket.deadlines()) {
    now.emplace(Millis(deadline.due_time()), key, deadline.id());
  }
  std::set<Timer>& before = armed_[key];
  for (const Timer& timer : before) {
    if (!now.contains(timer)) timers_.erase(timer);
  }
  for (const Timer& timer : now) {
    if (!before.contains(timer)) timers_.insert(timer);
  }
  before = std::move(now);
  if (before.empty()) armed_.erase(key);
}

}  // namespace plazo::cli
