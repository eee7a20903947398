#include "cli/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/verify/small_log.h"
#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"

namespace plazo::cli {
namespace {

using namespace core::v1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTicket[] = "ticket/abc";
constexpr char kWaiting[] = "ticket/waiting";

// One ticket's life: opened, warned, breached, escalated, answered; another one that waits; a
// policy and a customer.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() {
    Command activate = To("tenant/acme");
    const std::string bundle = policy::Pack(policy::TestBundle());
    activate.mutable_activate_policy()->set_bundle(bundle);
    log_.Do(activate);
    Command upsert = To("customer/acme/42");
    upsert.mutable_upsert_customer()->mutable_profile()->set_customer_id("42");
    upsert.mutable_upsert_customer()->mutable_profile()->set_email("a@b.example");
    log_.Do(upsert);
    OpenTicket(kTicket);
    FireNext();  // warned
    FireNext();  // breached
    Escalate();
    Reply();
    Settle();
    OpenTicket(kWaiting);
  }

  static Command To(const std::string& aggregate) {
    Command command;
    command.set_tenant("acme");
    command.set_aggregate(aggregate);
    command.mutable_actor()->set_kind(ACTOR_KIND_SYSTEM);
    return command;
  }

  static Command ByAgent() {
    Command command = To(kTicket);
    command.mutable_actor()->set_kind(ACTOR_KIND_AGENT);
    command.mutable_actor()->set_id("ana");
    return command;
  }

  void OpenTicket(const std::string& key) {
    Command open = To(key);
    open.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
    open.set_request_id(key);
    *open.mutable_received_time() = ToProto(log_.now);
    open.mutable_customer()->set_customer_id("42");
    open.mutable_customer()->set_trust(SENDER_TRUST_AUTHENTICATED);
    open.mutable_open_ticket()->set_channel(CHANNEL_TICKET);
    open.mutable_open_ticket()->mutable_content()->set_subject("lost");
    open.mutable_open_ticket()->mutable_content()->set_body("the disk is lost");
    log_.Do(open);
  }

  // The deadline of the first response that comes next.
  void FireNext() {
    const TicketState ticket = log_.Ticket(kTicket);
    const Deadline* next = nullptr;
    for (const Deadline& deadline : ticket.deadlines()) {
      if (deadline.clock() != CLOCK_KIND_FIRST_RESPONSE) continue;
      if (next == nullptr || FromProto(deadline.due_time()) < FromProto(next->due_time())) {
        next = &deadline;
      }
    }
    ASSERT_NE(next, nullptr);
    log_.now = FromProto(next->due_time());
    Command fired = To(kTicket);
    fired.mutable_timer_fired()->set_deadline_id(next->id());
    *fired.mutable_timer_fired()->mutable_due_time() = next->due_time();
    log_.Do(fired);
  }

  void Escalate() {
    Command escalate = ByAgent();
    escalate.mutable_escalate()->set_team("second");
    escalate.mutable_escalate()->set_cause("special");
    log_.Do(escalate);
  }

  void Reply() {
    Command reply = ByAgent();
    reply.mutable_reply()->mutable_content()->set_body("found");
    log_.Do(reply);
  }

  // The relay took everything that is being sent.
  void Settle() {
    const TicketState ticket = log_.Ticket(kTicket);
    for (const PendingNotification& pending : ticket.notifications()) {
      Command report = To(kTicket);
      DeliveryReported* body = report.mutable_delivery_reported();
      body->set_notification_id(pending.intent().notification_id());
      body->set_attempt(pending.intent().attempt());
      body->set_outcome(DELIVERY_OUTCOME_ACCEPTED);
      *body->mutable_relay_time() = ToProto(log_.now);
      log_.Do(report);
      mails_.push_back({std::to_string(mails_.size() + 1) + ".eml",
                        "n." + body->notification_id() + ".abc.k1.mac@acme.example",
                        {"a@b.example"}});
    }
  }

  std::vector<kafka::Record>& Of(const std::string& topic, const std::string& key) {
    return log_.Topic(topic).records[kafka::MurmurPartition(key, kPartitions)];
  }

  // The decision on the ticket that has such an event.
  kafka::Record& DecisionWith(const std::function<bool(const Event&)>& has) {
    for (kafka::Record& record : Of(log_.dump.topics.decisions, kTicket)) {
      Decision decision;
      decision.ParseFromString(*record.value);
      for (const Event& event : decision.events()) {
        if (decision.aggregate() == kTicket && has(event)) return record;
      }
    }
    ADD_FAILURE() << "no such decision";
    return Of(log_.dump.topics.decisions, kTicket).front();
  }

  static void Edit(kafka::Record& record, const std::function<void(Decision&)>& edit) {
    Decision decision;
    decision.ParseFromString(*record.value);
    edit(decision);
    record.value = decision.SerializeAsString();
  }

  // Every check of the log, together.
  std::vector<Check> Checks() {
    const History history(log_.dump);
    DeadlineChecks deadlines = CheckDeadlines(history);
    return {CheckOneDecisionEach(history),
            CheckOracle(history),
            CheckVersions(history),
            CheckState(history),
            deadlines.once,
            deadlines.satisfied,
            CheckUnread(history),
            CheckEscalations(history),
            CheckInbox(history, mails_, {}),
            CheckDesk(history, Desk())};
  }

  ListTickets Desk() {
    return [this](const std::string&) -> absl::StatusOr<std::vector<TicketState>> {
      return std::vector<TicketState>{log_.Ticket(kTicket), log_.Ticket(kWaiting)};
    };
  }

  // The ids of the checks that object.
  std::vector<std::string> Violated() {
    std::vector<std::string> ids;
    for (const Check& check : Checks()) {
      if (check.violations() > 0) ids.push_back(check.id());
    }
    return ids;
  }

  std::string EvidenceOf(const std::string& id) {
    for (const Check& check : Checks()) {
      if (check.id() == id && !check.evidence().empty()) return check.evidence().front();
    }
    return {};
  }

  SmallLog log_;
  std::vector<KeptMail> mails_;
};

TEST_F(VerifyTest, FindsNothingWrongWithAnHonestLog) {
  for (const Check& check : Checks()) {
    EXPECT_EQ(check.violations(), 0)
        << check.id() << ": " << ::testing::PrintToString(check.evidence());
    EXPECT_GT(check.checked(), 0) << check.id();
  }
}

TEST_F(VerifyTest, MissesADecision) {
  auto& decisions = Of(log_.dump.topics.decisions, kTicket);
  decisions.erase(decisions.begin() + 2);
  EXPECT_THAT(EvidenceOf("I1"), HasSubstr("has no decision"));
  EXPECT_THAT(EvidenceOf("I2"), HasSubstr("is missing"));
}

TEST_F(VerifyTest, SeesADecisionTwice) {
  auto& decisions = Of(log_.dump.topics.decisions, kTicket);
  kafka::Record again = decisions.back();
  again.offset += 2;
  decisions.push_back(again);
  EXPECT_THAT(EvidenceOf("I1"), HasSubstr("again"));
  EXPECT_THAT(EvidenceOf("I2"), HasSubstr("is there twice"));
}

TEST_F(VerifyTest, SeesADecisionOfNothing) {
  auto& commands = Of(log_.dump.topics.inbound, kTicket);
  commands.pop_back();
  EXPECT_THAT(EvidenceOf("I1"), HasSubstr("that is not there"));
}

TEST_F(VerifyTest, SeesADecisionInAnotherLane) {
  auto& decisions = Of(log_.dump.topics.decisions, kTicket);
  kafka::Record moved = decisions.back();
  decisions.pop_back();
  moved.partition = (moved.partition + 1) % kPartitions;
  log_.dump.decisions.records[moved.partition].push_back(moved);
  EXPECT_THAT(EvidenceOf("I1"), HasSubstr("decides a command of lane"));
  EXPECT_THAT(EvidenceOf("I2"), HasSubstr("the partition"));
}

TEST_F(VerifyTest, LeavesOutWhatIsNotDecidedYet) {
  const int32_t lane = kafka::MurmurPartition(kTicket, kPartitions);
  log_.dump.committed[lane] -= 2;
  mails_.clear();
  EXPECT_THAT(Violated(), ::testing::Not(::testing::Contains("I1")));
  EXPECT_THAT(Violated(), ::testing::Not(::testing::Contains("I2")));
  EXPECT_THAT(Violated(), ::testing::Not(::testing::Contains("I4")));
}

TEST_F(VerifyTest, ComparesIntentsFactsAndCommandsByteForByte) {
  for (const std::string& topic :
       {log_.dump.topics.delivery, log_.dump.topics.sla, log_.dump.topics.inbound}) {
    SCOPED_TRACE(topic);
    kafka::Record* record = nullptr;
    for (auto& [lane, records] : log_.Topic(topic).records) {
      for (kafka::Record& candidate : records) {
        if (candidate.FindHeader("x-origin") != nullptr) record = &candidate;
      }
    }
    ASSERT_NE(record, nullptr);
    const kafka::Record before = *record;
    record->headers.push_back({"x-more", "1"});
    EXPECT_THAT(EvidenceOf("I2"), HasSubstr("the headers"));
    *record = before;
    EXPECT_EQ(EvidenceOf("I2"), "");
    if (topic == log_.dump.topics.inbound) continue;  // what is decided would be another command
    record->key += "x";
    EXPECT_THAT(EvidenceOf("I2"), HasSubstr("the key"));
    *record = before;
    record->value->back() ^= 1;
    EXPECT_THAT(EvidenceOf("I2"), HasSubstr("should be another"));
    *record = before;
  }
}

TEST_F(VerifyTest, MissesAnIntent) {
  Of(log_.dump.topics.delivery, kTicket).pop_back();
  EXPECT_THAT(Violated(), ::testing::ElementsAre("I2"));
}

TEST_F(VerifyTest, AcceptsThatOldIntentsAreDeleted) {
  auto& intents = Of(log_.dump.topics.delivery, kTicket);
  intents.erase(intents.begin());
  log_.dump.delivery.begins[intents.front().partition] = intents.front().offset;
  EXPECT_THAT(Violated(), IsEmpty());
}

TEST_F(VerifyTest, SeesAnotherState) {
  for (kafka::Record& record : Of(log_.dump.topics.tickets, kTicket)) {
    if (record.key != kTicket) continue;
    StateRecord changed;
    changed.ParseFromString(*record.value);
    changed.mutable_ticket()->set_team("nobody");
    record.value = changed.SerializeAsString();
  }
  EXPECT_THAT(EvidenceOf("I2"), HasSubstr("another state"));
  EXPECT_THAT(EvidenceOf("I4"), HasSubstr("not the fold"));
}

TEST_F(VerifyTest, MissesState) {
  auto& records = Of(log_.dump.topics.tickets, kTicket);
  std::erase_if(records, [](const kafka::Record& record) { return record.key == kTicket; });
  EXPECT_THAT(Violated(), ::testing::IsSupersetOf({"I2", "I4"}));
}

TEST_F(VerifyTest, SeesStateOfNobody) {
  auto& records = Of(log_.dump.topics.tickets, kTicket);
  kafka::Record stray = records.back();
  stray.key = "ticket/stray";
  stray.offset += 1;
  records.push_back(stray);
  EXPECT_THAT(EvidenceOf("I2"), HasSubstr("follows from no command"));
  EXPECT_THAT(Violated(), ::testing::Contains("I4"));
}

TEST_F(VerifyTest, SeesACheckpointThatIsNotTheGroupsOffset) {
  const int32_t lane = kafka::MurmurPartition(kTicket, kPartitions);
  log_.dump.committed[lane] += 1;
  EXPECT_THAT(EvidenceOf("I4"), HasSubstr("the checkpoint says offset"));
}

TEST_F(VerifyTest, SeesAGapInTheVersions) {
  Edit(DecisionWith([](const Event& e) { return e.has_ticket_escalated(); }),
       [](Decision& decision) { decision.set_version(decision.version() + 1); });
  EXPECT_THAT(EvidenceOf("I3"), HasSubstr("from version"));
}

TEST_F(VerifyTest, SeesABreachBeforeItsTime) {
  Edit(DecisionWith([](const Event& e) { return e.has_clock_breached(); }), [](Decision& decision) {
    *decision.mutable_decided_time() =
        ToProto(FromProto(decision.decided_time()) - absl::Milliseconds(1));
  });
  EXPECT_THAT(EvidenceOf("I6"), HasSubstr("before"));
}

TEST_F(VerifyTest, SeesABreachOfAClockThatWasStopped) {
  Event breach;
  Edit(DecisionWith([](const Event& e) { return e.has_clock_breached(); }),
       [&](Decision& decision) {
         for (const Event& event : decision.events()) {
           if (event.has_clock_breached()) breach = event;
         }
       });
  Edit(DecisionWith([](const Event& e) { return e.has_clock_stopped(); }),
       [&](Decision& decision) { *decision.add_events() = breach; });
  EXPECT_THAT(EvidenceOf("I7"), HasSubstr("CLOCK_STATUS_STOPPED"));
}

TEST_F(VerifyTest, SeesADeadlineThatIsDecidedTwice) {
  kafka::Record& breached = DecisionWith([](const Event& e) { return e.has_clock_breached(); });
  auto& decisions = Of(log_.dump.topics.decisions, kTicket);
  kafka::Record again = breached;
  again.offset = decisions.back().offset + 2;
  decisions.push_back(again);
  EXPECT_THAT(EvidenceOf("I7"), HasSubstr("not armed"));
}

TEST_F(VerifyTest, SeesADeadlineThatNobodyDecided) {
  log_.dump.read_time += absl::Hours(1);
  EXPECT_THAT(EvidenceOf("I6"), HasSubstr("is not decided"));
}

TEST_F(VerifyTest, SeesACommandThatStaysUnread) {
  const int32_t lane = kafka::MurmurPartition(kTicket, kPartitions);
  log_.dump.committed[lane] -= 1;
  log_.dump.read_time += absl::Seconds(61);
  EXPECT_THAT(EvidenceOf("I14"), HasSubstr("is not decided after 61 s"));
}

TEST_F(VerifyTest, SeesAnEscalationThatTellsNobody) {
  Edit(DecisionWith([](const Event& e) { return e.has_ticket_escalated(); }),
       [](Decision& decision) {
         for (Event& event : *decision.mutable_events()) {
           if (event.has_message_added())
             event.mutable_message_added()->set_visibility(VISIBILITY_INTERNAL);
         }
       });
  EXPECT_THAT(Violated(), ::testing::Contains("I19"));
}

TEST_F(VerifyTest, MissesAMail) {
  ASSERT_FALSE(mails_.empty());
  mails_.pop_back();
  EXPECT_THAT(EvidenceOf("I9"), HasSubstr("never reached the relay"));
}

TEST_F(VerifyTest, SeesAMailTwiceToOneAddressOnly) {
  KeptMail copy = mails_.front();
  copy.recipients = {"other@b.example"};
  mails_.push_back(copy);
  EXPECT_EQ(EvidenceOf("I9"), "");
  mails_.push_back(mails_.front());
  EXPECT_THAT(EvidenceOf("I9"), HasSubstr("2 times"));
}

TEST_F(VerifyTest, AllowsASecondMailAfterDoubt) {
  const std::string id = mails_.front().message_id.substr(2, 16);
  mails_.push_back(mails_.front());
  Edit(DecisionWith([](const Event& e) { return e.has_ticket_escalated(); }),
       [&](Decision& decision) {
         NotificationDeferred* deferred = decision.add_events()->mutable_notification_deferred();
         deferred->set_notification_id(id);
         deferred->set_in_doubt(true);
       });
  EXPECT_EQ(EvidenceOf("I9"), "");
}

TEST_F(VerifyTest, SeesAMailUnderAnotherMessageId) {
  KeptMail other = mails_.front();
  other.message_id += "x";
  other.recipients = {"other@b.example"};
  mails_.push_back(other);
  EXPECT_THAT(EvidenceOf("I9"), HasSubstr("2 Message-IDs"));
}

TEST_F(VerifyTest, SeesAMailThatNobodyAskedFor) {
  mails_.push_back({"9.eml", "n.unknown.abc.k1.mac@acme.example", {"a@b.example"}});
  EXPECT_THAT(EvidenceOf("I9"), HasSubstr("asked for by no decision"));
  mails_.back().message_id = "n.unknown.foreign.k1.mac@acme.example";
  const History history(log_.dump);
  EXPECT_EQ(CheckInbox(history, mails_, {.shared = true}).violations(), 0);
  EXPECT_EQ(CheckInbox(history, mails_, {.shared = false}).violations(), 1);
}

TEST_F(VerifyTest, LeavesOutMailsThatAreNewerThanTheLog) {
  mails_.push_back({"9.eml", "n.unknown.abc.k1.mac@acme.example", {"a@b.example"}, log_.now});
  log_.dump.begin_time = log_.now + absl::Milliseconds(500);
  EXPECT_EQ(EvidenceOf("I9"), "");
  log_.dump.begin_time = log_.now + absl::Seconds(2);
  EXPECT_THAT(EvidenceOf("I9"), HasSubstr("asked for by no decision"));
}

TEST_F(VerifyTest, ComparesDeskWithTheLog) {
  const History history(log_.dump);
  TicketState shown = log_.Ticket(kTicket);
  const auto desk = [&](const std::string&) -> absl::StatusOr<std::vector<TicketState>> {
    return std::vector<TicketState>{shown, log_.Ticket(kWaiting)};
  };
  EXPECT_EQ(CheckDesk(history, desk).violations(), 0);
  shown.set_version(shown.version() - 1);
  EXPECT_THAT(CheckDesk(history, desk).evidence(),
              ::testing::ElementsAre(HasSubstr("shows version")));
  shown.set_version(shown.version() + 2);  // it has gone on meanwhile
  EXPECT_EQ(CheckDesk(history, desk).violations(), 0);
  shown = log_.Ticket(kTicket);
  shown.set_team("nobody");
  EXPECT_EQ(CheckDesk(history, desk).violations(), 1);
  shown.set_ticket_id("other");
  EXPECT_THAT(CheckDesk(history, desk).evidence(),
              ::testing::ElementsAre(HasSubstr("does not show")));
  const auto down = [](const std::string&) -> absl::StatusOr<std::vector<TicketState>> {
    return absl::UnavailableError("no desk");
  };
  EXPECT_TRUE(CheckDesk(history, down).failed());
}

TEST_F(VerifyTest, ComparesTheIndexWithTheState) {
  const int32_t lane = kafka::MurmurPartition(kWaiting, kPartitions);
  const DeadlineSet state = DeadlinesOfState(log_.dump, lane);
  ASSERT_THAT(state, ::testing::Not(IsEmpty()));
  const auto violations = [&](const DeadlineSet& index) {
    Check check("I8", "");
    CompareDeadlines(lane, state, index, check);
    return check.evidence();
  };
  EXPECT_THAT(violations(state), IsEmpty());
  DeadlineSet index = state;
  index.begin()->second += 1;
  EXPECT_THAT(violations(index), ::testing::ElementsAre(HasSubstr("in the index at")));
  index.erase(index.begin());
  EXPECT_THAT(violations(index), ::testing::ElementsAre(HasSubstr("is not in the index")));
  index = state;
  index[{kWaiting, "stray"}] = 1;
  EXPECT_THAT(violations(index), ::testing::ElementsAre(HasSubstr("not armed")));
}

TEST_F(VerifyTest, ComparesAJournalWithTheDecisions) {
  const History history(log_.dump);
  const std::vector<JournalEntry> journal = {{"r1", "c1", "ticket", true},
                                             {"r2", "lost", "ticket", true},
                                             {"r3", "refused", "ticket", false}};
  const Check check = CheckJournal(history, journal);
  EXPECT_EQ(check.checked(), 2);
  EXPECT_THAT(check.evidence(), ::testing::ElementsAre(HasSubstr("r2")));
}

}  // namespace
}  // namespace plazo::cli
