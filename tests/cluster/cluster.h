#pragma once

// Plazo in one process: its services on a broker with honest transactions, a deadline index and a
// ledger in memory, a relay that keeps what it is given, and a clock that stands still until it is
// told to move. One thread pumps everything, so a run repeats itself.
//
//   Cluster cluster;
//   Customer ana("ana", "es");
//   cluster.Ask(ana.Register());
//   const std::string ticket = cluster.Open(ana, {.subject = "Mi VPS va lento"});
//   cluster.Advance(absl::Minutes(10));
//   EXPECT_THAT(cluster.Facts(ticket), ...);
//
// Starts with one router, one sla-timer and one notifier, and a policy that every lane has adopted.
// Faults are test failures. Not thread-safe.

#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/policy/compiled_policy.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/observability/fake/log_capture.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/core/v1/state.pb.h"
#include "services/intake/command_sender.h"
#include "tests/cluster/commands.h"
#include "tests/cluster/processes.h"
#include "tests/cluster/topic_log.h"

namespace plazo::cluster {

struct Policy {
  std::string bundle;
  std::shared_ptr<const policy::CompiledPolicy> compiled;
};
// policies/introserv.yaml as it is published.
const Policy& Introserv();
// policies/tiered-plans.yaml with its business hours in `zone` and `holiday` off: America/Bogota,
// as the file has it, or Europe/Madrid.
Policy TieredPlans(const std::string& zone, const policy::v1::Holiday& holiday);
// The same promises with lexicons of one sentence: quick to compile, for hundreds of clusters.
const Policy& IntroservReadingLittle();

// 10:00 in Madrid on a Tuesday.
absl::Time TuesdayMorning();

// A mail that the relay has.
struct Mail {
  absl::Time time;
  std::string to;
  std::string message_id;
  std::string notification_id;
  core::v1::NotificationKind kind = core::v1::NOTIFICATION_KIND_UNSPECIFIED;
  std::string ticket_id;
  std::string subject;
  std::string text;
};

class Cluster {
 public:
  explicit Cluster(absl::Time now = TuesdayMorning(), const Policy& policy = Introserv());

  // --- What people do. Send only puts the command on the log; the others settle.
  std::string Send(core::v1::Command command);  // -> command id
  core::v1::Decision Ask(core::v1::Command command);
  std::string Open(Customer& customer, const Request& request);  // -> ticket id

  // --- Time. Settle lets everybody work until nothing happens any more, the clock standing still.
  // Advance stops at every deadline that is armed, and after every `step`, and settles there.
  bool PumpOnce();
  void Settle();
  void Advance(absl::Duration by, absl::Duration step = absl::InfiniteDuration());
  absl::Time Now() const { return clock_.Now(); }
  // Time passes and nobody notices yet.
  void Wait(absl::Duration by) { clock_.Advance(by); }
  const Clock& clock() const { return clock_; }
  // Called after every step of the routers, until it is set to null; may kill and start processes.
  void AfterEachStep(std::function<void()> call) { after_step_ = std::move(call); }

  // --- Processes. Kill is kill -9: nothing that the process still tries happens.
  RouterProcess& StartRouter(int ordinal = 0);
  void KillRouter(int ordinal = 0);
  // A router that will not come back: the group takes its lanes away.
  void ExpireSessions() { fake_.ExpireSessions(); }
  TimerProcess& StartTimer();
  void KillTimer();
  NotifierProcess& StartNotifier();
  void KillNotifier();
  bool HasRouter(int ordinal) const { return routers_.contains(ordinal); }
  RouterProcess& router(int ordinal = 0) { return *routers_.at(ordinal); }
  TimerProcess& timer() { return *timer_; }
  NotifierProcess& notifier() { return *notifier_; }
  sla_timer::FakeDeadlineIndex& index() { return index_; }
  const sla_timer::FakeDeadlineIndex& index() const { return index_; }
  notifier::FakeLedger& ledger() { return ledger_; }
  notifier::Inbox& relay() { return relay_; }

  // --- What is on the log. Times are told from the start of the cluster: "07:00", "1:10:00".
  std::string At(absl::Time time) const;
  const core::v1::TicketState& Ticket(const std::string& ticket_id) const;
  // Live records of the state topics, tombstones left out, `lane` with its partition before it.
  const std::map<std::string, core::v1::StateRecord>& States() const { return states_; }
  std::vector<core::v1::Decision> DecisionsOn(const std::string& ticket_id) const;
  // The public conversation and its course: "00:00 customer", "08:00 agent_reply",
  // "08:00 escalated system-administrators".
  std::vector<std::string> Story(const std::string& ticket_id) const;
  // From evt.sla: "07:00 WARNED first_response".
  std::vector<std::string> Facts(const std::string& ticket_id) const;
  std::vector<Mail> AllMails() const;
  std::vector<Mail> MailsTo(const std::string& address) const;
  // "10:00 breach_management"
  std::vector<std::string> MailLines(const std::string& address) const;

  const kafka::FakeBroker& broker() const { return fake_; }
  kafka::FakeBroker& broker() { return fake_; }
  const TopicLog<core::v1::Command>& commands() const { return commands_; }
  const TopicLog<core::v1::Decision>& decisions() const { return decisions_; }
  const TopicLog<core::v1::DeliveryIntent>& intents() const { return intents_; }
  const TopicLog<core::v1::SlaFact>& facts() const { return facts_; }

 private:
  void Read();
  absl::Time NextDeadline() const;

  const observability::LogCapture quiet_;
  ManualClock clock_;
  absl::Time zero_;
  const Topics topics_;
  kafka::FakeBroker fake_;
  sla_timer::FakeDeadlineIndex index_;
  notifier::FakeLedger ledger_;
  notifier::Inbox relay_;
  SeededRandom random_;
  notifier::Composer composer_;

  // Intake: how commands come in, and how their decisions are seen.
  kafka::Producer producer_;
  intake::Decisions decided_;
  kafka::Projector decision_reader_;
  intake::CommandSender sender_;

  TopicLog<core::v1::Command> commands_;
  TopicLog<core::v1::Decision> decisions_;
  TopicLog<core::v1::DeliveryIntent> intents_;
  TopicLog<core::v1::SlaFact> facts_;
  TopicLog<core::v1::StateRecord> tickets_;
  TopicLog<core::v1::StateRecord> directory_;
  size_t states_read_ = 0;
  size_t directory_read_ = 0;
  std::map<std::string, core::v1::StateRecord> states_;

  std::function<void()> after_step_;
  std::map<int, std::unique_ptr<RouterProcess>> routers_;
  std::unique_ptr<TimerProcess> timer_;
  std::unique_ptr<NotifierProcess> notifier_;
};

// "first_response" of CLOCK_KIND_FIRST_RESPONSE.
std::string Word(const std::string& enum_name, std::string_view prefix);

}  // namespace plazo::cluster
