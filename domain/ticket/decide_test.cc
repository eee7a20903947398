#include "domain/ticket/decide.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/apply.h"
#include "platform/base/zstd.h"

namespace plazo::ticket {
namespace {

using namespace core::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kPolicy[] = R"pb(
  tenant: "acme"
  display_name: "Acme"
  mail {
    domain: "acme.example"
    from_name: "Acme"
    from_address: "help@acme.example"
    own_addresses: "help@acme.example"
  }
  languages: "en"
  languages: "es"
  time_zone: "UTC"
  teams {
    id: "first"
    level: 1
    names { language: "en" text: "Support" }
    names { language: "es" text: "Soporte" }
    addresses: "first@acme.example"
  }
  teams {
    id: "admins"
    level: 3
    names { language: "en" text: "Administrators" }
    names { language: "es" text: "Administradores" }
  }
  teams {
    id: "second"
    level: 1
    names { language: "en" text: "Second shift" }
    names { language: "es" text: "Segundo turno" }
  }
  management {
    addresses: "boss@acme.example"
    remind_every { seconds: 3600 }
    reminders: 2
  }
  plans { id: "basic" default: true channels: CHANNEL_TICKET channels: CHANNEL_EMAIL }
  plans { id: "chatty" channels: CHANNEL_TICKET channels: CHANNEL_EMAIL channels: CHANNEL_CHAT }
  clocks {
    clock: CLOCK_KIND_ACKNOWLEDGEMENT
    match { channels: CHANNEL_CHAT }
    target { seconds: 60 }
  }
  clocks {
    clock: CLOCK_KIND_ACKNOWLEDGEMENT
    target { seconds: 120 }
  }
  clocks {
    clock: CLOCK_KIND_FIRST_RESPONSE
    match { impacts: IMPACT_HIGH }
    target { seconds: 300 }
  }
  clocks {
    clock: CLOCK_KIND_FIRST_RESPONSE
    warn_after { seconds: 480 }
    target { seconds: 600 }
  }
  clocks {
    clock: CLOCK_KIND_NEXT_RESPONSE
    target { seconds: 1200 }
  }
  clocks {
    clock: CLOCK_KIND_UPDATE
    target { seconds: 7200 }
    pause: PAUSE_RULE_WAITING_FOR_CUSTOMER
  }
  routing {
    first_team: "first"
    first_team_reads_all: true
    teams { classified: "support-engineers" team: "first" }
    teams { classified: "system-administrators" team: "admins" }
  }
  escalation_causes {
    id: "complex"
    reasons { language: "en" text: "a specialist is quicker" }
    next_steps { language: "en" text: "they write to you" }
    reasons { language: "es" text: "r" }
    next_steps { language: "es" text: "n" }
  }
  lifecycle {
    close_after { seconds: 259200 }
    reopen_within { seconds: 604800 }
    shrink_after { seconds: 2592000 }
    forget_after { seconds: 157680000 }
  }
  automatic_replies {
    limit: 5
    window { seconds: 86400 }
    acknowledge_unverified: true
  }
  delivery {
    retry_after { seconds: 30 }
    retry_after { seconds: 120 }
    give_up_after { seconds: 345600 }
    in_doubt_after { seconds: 300 }
    stuck_after { seconds: 600 }
  }
)pb";

PolicyPtr TestPolicy() {
  policy::v1::PolicyBundle bundle;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kPolicy, bundle.mutable_policy()));
  for (const char* language : {"en", "es"}) bundle.add_lexicons()->set_language(language);
  bundle.mutable_lexicons(0)->add_signs("how");
  bundle.mutable_lexicons(1)->add_signs("cómo");
  auto* intent = bundle.mutable_lexicons(0)->add_intents();
  intent->set_name("question");
  intent->set_title("asks something");
  intent->set_department("technical");
  intent->set_team("support-engineers");
  intent->set_impact("low");
  intent->set_complexity("simple");
  auto* zone = bundle.add_zones();
  zone->set_name("UTC");
  auto policy = policy::CompiledPolicy::Compile(*ZstdCompress(bundle.SerializeAsString()));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *policy : nullptr;
}

// One ticket in one lane: commands go in, and what was decided is applied as the router does it.
class TicketTest : public ::testing::Test {
 protected:
  TicketTest() {
    static const PolicyPtr policy = TestPolicy();
    shelf_.active["acme"] = policy;
    shelf_.by_hash[policy->hash()] = policy;
    lane_.set_lane(3);
  }

  Command NewCommand(std::string_view request_id) {
    Command command;
    command.set_request_id(std::string(request_id));
    command.set_tenant("acme");
    command.set_aggregate(ids::TicketKey("t1"));
    *command.mutable_received_time() = ToProto(now_);
    return command;
  }

  Command FromCustomer(std::string_view request_id) {
    Command command = NewCommand(request_id);
    command.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
    command.mutable_actor()->set_id("c1");
    CustomerSnapshot* customer = command.mutable_customer();
    customer->set_customer_id("c1");
    customer->set_version(4);
    customer->set_language("en");
    customer->set_trust(SENDER_TRUST_AUTHENTICATED);
    return command;
  }

  Command FromAgent(std::string_view request_id) {
    Command command = NewCommand(request_id);
    command.mutable_actor()->set_kind(ACTOR_KIND_AGENT);
    command.mutable_actor()->set_id("ana");
    return command;
  }

  Command OpenCommand(Channel channel = CHANNEL_TICKET) {
    Command command = FromCustomer("open");
    OpenTicket* open = command.mutable_open_ticket();
    open->set_channel(channel);
    open->mutable_content()->set_subject("Question");
    open->mutable_content()->set_body("How do I do this?");
    return command;
  }

  Command Answer(std::string_view request_id, Channel channel = CHANNEL_TICKET) {
    Command command = FromCustomer(request_id);
    command.mutable_add_customer_message()->set_channel(channel);
    command.mutable_add_customer_message()->mutable_content()->set_body("more");
    return command;
  }

  Command ReplyCommand(std::string_view request_id, bool wait = false) {
    Command command = FromAgent(request_id);
    command.mutable_reply()->mutable_content()->set_body("Have you tried this?");
    command.mutable_reply()->set_wait_for_customer(wait);
    return command;
  }

  Command ResolveCommand(std::string_view request_id) {
    Command command = FromAgent(request_id);
    command.mutable_resolve()->mutable_summary()->set_body("Done.");
    return command;
  }

  Command Fire(const Deadline& deadline) {
    Command command = NewCommand("");
    command.mutable_timer_fired()->set_deadline_id(deadline.id());
    *command.mutable_timer_fired()->mutable_due_time() = deadline.due_time();
    return command;
  }

  Command Report(const DeliveryIntent& intent, DeliveryOutcome outcome) {
    Command command = NewCommand("");
    DeliveryReported* report = command.mutable_delivery_reported();
    report->set_notification_id(intent.notification_id());
    report->set_attempt(intent.attempt());
    report->set_outcome(outcome);
    *report->mutable_relay_time() = ToProto(now_);
    return command;
  }

  Effects Do(Command command) {
    if (command.command_id().empty()) {
      command.set_command_id(command.request_id().empty() ? "service" + std::to_string(++services_)
                                                          : "id-of-" + command.request_id());
    }
    Context context{lane_, 24, shelf_, now_};
    Effects effects = Decide(context, exists_ ? &ticket_ : nullptr, command);
    const int64_t before = ticket_.version();
    Apply(ticket_, effects.decision);
    if (effects.decision.outcome() == OUTCOME_APPLIED && !effects.decision.events().empty()) {
      EXPECT_EQ(ticket_.version(), before + 1);  // I3
      exists_ = true;
    }
    return effects;
  }

  static std::vector<std::string> Events(const Effects& effects) {
    std::vector<std::string> names;
    for (const Event& event : effects.decision.events()) {
      const auto* field =
          event.GetReflection()->GetOneofFieldDescriptor(event, Event::descriptor()->oneof_decl(0));
      names.push_back(field->name());
    }
    return names;
  }

  static std::vector<SlaFactKind> Facts(const Effects& effects) {
    std::vector<SlaFactKind> kinds;
    for (const SlaFact& fact : effects.facts) kinds.push_back(fact.kind());
    return kinds;
  }

  static std::vector<NotificationKind> Intents(const Effects& effects) {
    std::vector<NotificationKind> kinds;
    for (const DeliveryIntent& intent : effects.intents) kinds.push_back(intent.kind());
    return kinds;
  }

  const Deadline* Armed(std::string_view id) const {
    for (const Deadline& deadline : ticket_.deadlines()) {
      if (deadline.id() == id) return &deadline;
    }
    return nullptr;
  }

  const Clock& ClockOf(ClockKind kind) const { return *sla::Find(ticket_, kind); }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  LaneState lane_;
  PolicyShelf shelf_;
  TicketState ticket_;
  bool exists_ = false;
  int services_ = 0;
};

TEST_F(TicketTest, OpeningAcknowledgesRoutesAndStartsTheClocks) {
  Effects effects = Do(OpenCommand());
  EXPECT_EQ(effects.decision.outcome(), OUTCOME_APPLIED);
  EXPECT_EQ(ticket_.case_number(), ids::CaseNumber(1, 3, 24));
  EXPECT_EQ(ticket_.team(), "first");
  EXPECT_THAT(Intents(effects), ElementsAre(NOTIFICATION_KIND_ACKNOWLEDGEMENT));
  EXPECT_EQ(effects.intents[0].customer().customer_id(), "c1");
  EXPECT_EQ(effects.intents[0].customer().directory_version(), 4);
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).due_time()), now_ + absl::Minutes(2));
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_FIRST_RESPONSE).due_time()), now_ + absl::Minutes(10));
  EXPECT_NE(Armed("warn.first_response.0"), nullptr);
  EXPECT_NE(Armed("breach.first_response"), nullptr);
}

TEST_F(TicketTest, ClocksStartWhenTheMessageReachedUsNotWhenItWasDecided) {
  Command command = OpenCommand();
  now_ += absl::Seconds(90);
  Do(command);
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).due_time()), now_ + absl::Seconds(30));
}

TEST_F(TicketTest, TheAcknowledgementClockStopsWhenTheRelayHasIt) {
  Effects opened = Do(OpenCommand());
  now_ += absl::Seconds(5);
  Effects reported = Do(Report(opened.intents[0], DELIVERY_OUTCOME_ACCEPTED));
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).status(), CLOCK_STATUS_STOPPED);
  EXPECT_THAT(Facts(reported), ElementsAre(SLA_FACT_KIND_MET));
  EXPECT_EQ(ticket_.notifications_size(), 0);
  // The acknowledgement is no answer.
  EXPECT_EQ(ClockOf(CLOCK_KIND_FIRST_RESPONSE).status(), CLOCK_STATUS_RUNNING);
}

TEST_F(TicketTest, AChatIsAcknowledgedInTheConversationAtOnce) {
  Command command = OpenCommand(CHANNEL_CHAT);
  command.mutable_customer()->set_plan("chatty");
  Effects effects = Do(command);
  EXPECT_THAT(effects.intents, IsEmpty());
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).status(), CLOCK_STATUS_STOPPED);
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).target().seconds(), 60);
}

TEST_F(TicketTest, AChannelThePlanLacksIsKeptAndExplained) {
  Effects effects = Do(OpenCommand(CHANNEL_CHAT));
  EXPECT_EQ(ticket_.messages(), 3);  // theirs, the acknowledgement, the explanation
  EXPECT_EQ(effects.decision.outcome(), OUTCOME_APPLIED);
}

TEST_F(TicketTest, StaffReadOfTheTeamInTheirOwnLanguage) {
  Command open = OpenCommand();
  open.mutable_open_ticket()->mutable_content()->set_body("¿Cómo puedo hacer esto?");
  Do(open);
  ASSERT_EQ(ticket_.language(), "es");
  now_ += absl::Minutes(3);
  Effects breached = Do(Fire(*Armed("breach.acknowledgement")));
  ASSERT_THAT(breached.intents, ::testing::SizeIs(1));
  std::string team;
  for (const TextField& field : breached.intents[0].fields()) {
    if (field.key() == "team_name") team = field.value();
  }
  EXPECT_EQ(team, "Support");
}

TEST_F(TicketTest, AnAcknowledgementThatIsLateButWasInTimeWithdrawsTheBreach) {
  Effects opened = Do(OpenCommand());
  const absl::Time relay_time = now_ + absl::Seconds(30);
  now_ += absl::Minutes(3);
  Effects breached = Do(Fire(*Armed("breach.acknowledgement")));
  EXPECT_THAT(Facts(breached), ElementsAre(SLA_FACT_KIND_BREACHED));
  EXPECT_THAT(Intents(breached), ElementsAre(NOTIFICATION_KIND_BREACH_MANAGEMENT));
  Command report = Report(opened.intents[0], DELIVERY_OUTCOME_ACCEPTED);
  *report.mutable_delivery_reported()->mutable_relay_time() = ToProto(relay_time);
  Effects withdrawn = Do(report);
  EXPECT_THAT(Facts(withdrawn), ElementsAre(SLA_FACT_KIND_WITHDRAWN, SLA_FACT_KIND_MET));
  EXPECT_EQ(ticket_.open_breaches_size(), 0);
  EXPECT_EQ(Armed("breach_unacknowledged.acknowledgement"), nullptr);
}

TEST_F(TicketTest, AHumanAnswerStopsTheFirstResponseOnce) {
  Do(OpenCommand());
  now_ += absl::Minutes(4);
  Effects effects = Do(ReplyCommand("reply"));
  EXPECT_EQ(ClockOf(CLOCK_KIND_FIRST_RESPONSE).status(), CLOCK_STATUS_STOPPED);
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_OPEN);
  EXPECT_THAT(Events(effects), Not(Contains("ticket_reopened"))) << "it was never closed";
  EXPECT_EQ(ticket_.agent_id(), "ana");
  EXPECT_THAT(Intents(effects), ElementsAre(NOTIFICATION_KIND_AGENT_REPLY));
  EXPECT_THAT(Facts(effects), Contains(SLA_FACT_KIND_MET));
  EXPECT_EQ(Armed("breach.first_response"), nullptr);
}

TEST_F(TicketTest, NeitherANoteNorAnAutomaticReplyIsAnAnswer) {
  Do(OpenCommand());
  Command note = FromAgent("note");
  note.mutable_add_note()->mutable_content()->set_body("hm");
  Do(note);
  Command automatic = ReplyCommand("auto");
  automatic.mutable_reply()->set_automatic(true);
  Do(automatic);
  EXPECT_EQ(ClockOf(CLOCK_KIND_FIRST_RESPONSE).status(), CLOCK_STATUS_RUNNING);
}

TEST_F(TicketTest, ALateAnswerIsABreachEvenWhereNoTimerHasFired) {
  Do(OpenCommand());
  now_ += absl::Minutes(11);
  Effects effects = Do(ReplyCommand("reply"));
  EXPECT_THAT(Facts(effects), Contains(SLA_FACT_KIND_BREACHED));
  EXPECT_THAT(Facts(effects), Contains(SLA_FACT_KIND_LATE));
  EXPECT_EQ(ticket_.open_breaches_size(), 1);
}

TEST_F(TicketTest, WarningsComeOneAfterTheOtherAndOnlyOnce) {
  Do(OpenCommand());
  const Deadline warn = *Armed("warn.first_response.0");
  now_ = FromProto(warn.due_time());
  EXPECT_THAT(Facts(Do(Fire(warn))), ElementsAre(SLA_FACT_KIND_WARNED));
  EXPECT_EQ(Armed("warn.first_response.0"), nullptr);
  Effects again = Do(Fire(warn));
  EXPECT_EQ(again.decision.reason(), "STALE");
  EXPECT_TRUE(again.repeat_state);
  EXPECT_THAT(again.decision.events(), IsEmpty());
}

TEST_F(TicketTest, AFiringBeforeItsTimeIsNoNews) {
  Do(OpenCommand());
  Effects effects = Do(Fire(*Armed("breach.first_response")));
  EXPECT_EQ(effects.decision.reason(), "EARLY");
  EXPECT_TRUE(effects.repeat_state);
}

TEST_F(TicketTest, AFiringForWhatWasAnsweredOrMovedIsNoNews) {
  Do(OpenCommand());
  const Deadline breach = *Armed("breach.first_response");
  now_ += absl::Minutes(4);
  Do(ReplyCommand("reply"));
  now_ += absl::Hours(1);
  Effects effects = Do(Fire(breach));
  EXPECT_EQ(effects.decision.reason(), "STALE");  // I7
  EXPECT_THAT(effects.facts, IsEmpty());
}

TEST_F(TicketTest, ABreachIsRemindedOfUntilSomebodyTakesNote) {
  Do(OpenCommand());
  now_ += absl::Minutes(10);
  Do(Fire(*Armed("breach.first_response")));
  now_ += absl::Hours(1);
  EXPECT_THAT(Intents(Do(Fire(*Armed("breach_unacknowledged.first_response")))),
              ElementsAre(NOTIFICATION_KIND_BREACH_REMINDER));
  Command note = FromAgent("ack");
  note.mutable_acknowledge_breach()->set_clock(CLOCK_KIND_FIRST_RESPONSE);
  EXPECT_THAT(Facts(Do(note)), ElementsAre(SLA_FACT_KIND_ACKNOWLEDGED));
  EXPECT_EQ(Armed("breach_unacknowledged.first_response"), nullptr);
}

TEST_F(TicketTest, RemindersEndAfterAsManyAsThePolicyGives) {
  Do(OpenCommand());
  now_ += absl::Minutes(10);
  Do(Fire(*Armed("breach.first_response")));
  for (int i = 0; i < 2; ++i) {
    ASSERT_NE(Armed("breach_unacknowledged.first_response"), nullptr) << i;
    now_ += absl::Hours(1);
    Do(Fire(*Armed("breach_unacknowledged.first_response")));
  }
  EXPECT_EQ(Armed("breach_unacknowledged.first_response"), nullptr);
}

TEST_F(TicketTest, ACustomersNextMessageStartsItsOwnClockAndFurtherOnesDoNotMoveIt) {
  Do(OpenCommand());
  now_ += absl::Minutes(1);
  Do(ReplyCommand("reply"));
  now_ += absl::Minutes(1);
  Do(Answer("a1"));
  const absl::Time due = now_ + absl::Minutes(20);
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_NEXT_RESPONSE).due_time()), due);
  now_ += absl::Minutes(1);
  Do(Answer("a2"));
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_NEXT_RESPONSE).due_time()), due);
}

TEST_F(TicketTest, WaitingForTheCustomerPausesAndTheirAnswerMovesTheDeadline) {
  Do(OpenCommand());
  Do(ReplyCommand("reply", /*wait=*/true));
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_WAITING_FOR_CUSTOMER);
  EXPECT_EQ(ClockOf(CLOCK_KIND_UPDATE).status(), CLOCK_STATUS_PAUSED);
  EXPECT_EQ(Armed("breach.update"), nullptr);
  const absl::Time started = now_;
  now_ += absl::Hours(5);
  Do(Answer("a1"));
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_OPEN);
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_UPDATE).due_time()), started + absl::Hours(2 + 5));
}

TEST_F(TicketTest, EscalatingTellsTheCustomerWhyAndWhatNextExactlyOnce) {
  Do(OpenCommand());
  Command command = FromAgent("esc");
  command.mutable_escalate()->set_team("admins");
  command.mutable_escalate()->set_cause("complex");
  Effects effects = Do(command);
  EXPECT_EQ(ticket_.team(), "admins");
  EXPECT_EQ(ticket_.level(), 3);
  ASSERT_THAT(Intents(effects), ElementsAre(NOTIFICATION_KIND_ESCALATED));  // I19
  std::string fields;
  for (const TextField& field : effects.intents[0].fields()) {
    fields += field.key() + "=" + field.value() + ";";
  }
  EXPECT_THAT(fields, ::testing::HasSubstr("reason=a specialist is quicker;"));
  EXPECT_THAT(fields, ::testing::HasSubstr("next_step=they write to you;"));
  EXPECT_THAT(fields, ::testing::HasSubstr("team_name=Administrators;"));
}

TEST_F(TicketTest, RefusalsNameTheirReasonAndChangeNothing) {
  Do(OpenCommand());
  const std::string before = ticket_.SerializeAsString();
  Command team = FromAgent("1"), cause = FromAgent("2"), same = FromAgent("3");
  team.mutable_escalate()->set_team("nobody");
  team.mutable_escalate()->set_cause("complex");
  cause.mutable_escalate()->set_team("admins");
  cause.mutable_escalate()->set_cause("whim");
  same.mutable_escalate()->set_team("first");
  same.mutable_escalate()->set_cause("complex");
  Command level = FromAgent("4");
  level.mutable_assign()->set_team("admins");
  Command version = ReplyCommand("5");
  version.set_expected_version(99);
  Command other = Answer("6");
  other.mutable_customer()->set_customer_id("c2");
  Command tenant = ReplyCommand("7");
  tenant.set_tenant("other");
  EXPECT_EQ(Do(team).decision.reason(), "UNKNOWN_TEAM");
  EXPECT_EQ(Do(cause).decision.reason(), "UNKNOWN_CAUSE");
  EXPECT_EQ(Do(same).decision.reason(), "NOT_ANOTHER_LEVEL");
  EXPECT_EQ(Do(level).decision.reason(), "OTHER_LEVEL");
  EXPECT_EQ(Do(version).decision.reason(), "VERSION_MISMATCH");
  EXPECT_EQ(Do(other).decision.reason(), "NOT_YOUR_TICKET");
  EXPECT_EQ(Do(tenant).decision.reason(), "UNKNOWN_TICKET");
  EXPECT_EQ(ticket_.SerializeAsString(), before);
}

TEST_F(TicketTest, ARepeatIsAnsweredWithTheFirstOutcome) {
  Effects first = Do(OpenCommand());
  Effects again = Do(OpenCommand());
  EXPECT_EQ(again.decision.outcome(), OUTCOME_REPEATED);
  EXPECT_EQ(again.decision.version(), first.decision.version());
  EXPECT_EQ(again.decision.case_number(), first.decision.case_number());
  EXPECT_THAT(again.intents, IsEmpty());
  Command other = OpenCommand();
  other.set_command_id("another content");
  EXPECT_EQ(Do(other).decision.reason(), "REQUEST_ID_REUSED");
}

TEST_F(TicketTest, AnUnknownTenantOrTicketIsRefused) {
  Command command = OpenCommand();
  command.set_tenant("nobody");
  EXPECT_EQ(Do(command).decision.reason(), "UNKNOWN_TENANT");
  EXPECT_EQ(Do(ReplyCommand("r")).decision.reason(), "UNKNOWN_TICKET");
  Deadline gone;
  gone.set_id("breach.first_response");
  Effects fired = Do(Fire(gone));
  EXPECT_EQ(fired.decision.reason(), "UNKNOWN");
  EXPECT_TRUE(fired.repeat_state);  // becomes a tombstone, which heals the index
}

TEST_F(TicketTest, ResolvingStopsEverythingAndSilenceCloses) {
  Effects opened = Do(OpenCommand());
  Do(Report(opened.intents[0], DELIVERY_OUTCOME_ACCEPTED));
  Do(ResolveCommand("res"));
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_RESOLVED);
  EXPECT_EQ(Armed("breach.update"), nullptr);
  now_ += absl::Hours(72);
  Effects closed = Do(Fire(*Armed("auto_close")));
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_CLOSED);
  EXPECT_THAT(Intents(closed), ElementsAre(NOTIFICATION_KIND_CLOSED));
}

TEST_F(TicketTest, TheCustomerConfirmsOrReopens) {
  Do(OpenCommand());
  Do(ResolveCommand("res"));
  Command no = FromCustomer("no");
  no.mutable_confirm_resolution()->set_solved(false);
  Do(no);
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_OPEN);
  EXPECT_EQ(ClockOf(CLOCK_KIND_NEXT_RESPONSE).status(), CLOCK_STATUS_RUNNING);
  Do(ResolveCommand("res2"));
  Command yes = FromCustomer("yes");
  yes.mutable_confirm_resolution()->set_solved(true);
  Do(yes);
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_CLOSED);
  EXPECT_EQ(Do(ReplyCommand("late")).decision.reason(), "TICKET_CLOSED");
}

TEST_F(TicketTest, AMessageToATicketClosedLongAgoOpensALinkedOne) {
  Do(OpenCommand());
  Command close = FromAgent("close");
  close.mutable_close();
  Do(close);
  now_ += absl::Hours(24 * 8);
  Effects effects = Do(Answer("late", CHANNEL_EMAIL));
  EXPECT_EQ(effects.decision.reason(), "OPENED_LINKED");
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().linked_ticket_id(), "t1");
  EXPECT_EQ(effects.follow_ups[0].command.aggregate(),
            "ticket/" + effects.decision.redirected_ticket_id());
}

TEST_F(TicketTest, AStrangersMailWithAStolenMarkOpensATicketThatSaysNothing) {
  Do(OpenCommand());
  Command mail = NewCommand("mail");
  mail.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
  mail.mutable_customer()->set_trust(SENDER_TRUST_UNVERIFIED);
  mail.mutable_customer()->set_reply_address("eve@evil.example");
  mail.mutable_add_customer_message()->set_channel(CHANNEL_EMAIL);
  mail.mutable_add_customer_message()->mutable_mail()->set_from("eve@evil.example");
  Effects effects = Do(mail);
  EXPECT_EQ(effects.decision.reason(), "SENDER_UNKNOWN");
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().linked_ticket_id(), "");
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().content().subject(), "");
}

TEST_F(TicketTest, AnUnverifiedSendersAcknowledgementCarriesNoneOfTheirWords) {
  Command mail = NewCommand("mail");
  mail.mutable_customer()->set_trust(SENDER_TRUST_UNVERIFIED);
  mail.mutable_customer()->set_reply_address("eve@evil.example");
  OpenTicket* open = mail.mutable_open_ticket();
  open->set_channel(CHANNEL_EMAIL);
  open->mutable_content()->set_subject("BUY PILLS");
  open->mutable_content()->set_body("http://pills.example");
  Effects effects = Do(mail);
  ASSERT_THAT(Intents(effects), ElementsAre(NOTIFICATION_KIND_ACKNOWLEDGEMENT_MINIMAL));
  EXPECT_THAT(effects.intents[0].DebugString(), Not(::testing::HasSubstr("PILLS")));  // I18
  EXPECT_EQ(effects.intents[0].address(), "eve@evil.example");
}

TEST_F(TicketTest, AnAutomaticMailIsKeptAndNeverAnswered) {
  Command mail = OpenCommand(CHANNEL_EMAIL);
  mail.mutable_open_ticket()->mutable_mail()->set_auto_reply_reason("auto-submitted");
  Effects effects = Do(mail);
  EXPECT_THAT(effects.intents, IsEmpty());
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).status(), CLOCK_STATUS_CANCELLED);
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).end_reason(), "automatic_mail");
  // Its overrun would be told to a machine.
  EXPECT_EQ(sla::Find(ticket_, CLOCK_KIND_ESTIMATE), nullptr);
}

TEST_F(TicketTest, ADeferredMailIsTriedAgainLaterAndAFailedOneIsGivenUp) {
  Effects opened = Do(OpenCommand());
  const DeliveryIntent first = opened.intents[0];
  Do(Report(first, DELIVERY_OUTCOME_DEFERRED));
  const Deadline* retry = Armed("notify_retry." + first.notification_id());
  ASSERT_NE(retry, nullptr);
  EXPECT_GE(FromProto(retry->due_time()), now_ + absl::Seconds(24));
  EXPECT_LE(FromProto(retry->due_time()), now_ + absl::Seconds(36));
  now_ = FromProto(retry->due_time());
  Effects again = Do(Fire(Deadline(*retry)));
  ASSERT_EQ(again.intents.size(), 1u);
  EXPECT_EQ(again.intents[0].attempt(), 2);
  EXPECT_EQ(again.intents[0].notification_id(), first.notification_id());
  EXPECT_EQ(Do(Report(first, DELIVERY_OUTCOME_ACCEPTED)).decision.reason(), "STALE");
  Do(Report(again.intents[0], DELIVERY_OUTCOME_FAILED));
  EXPECT_EQ(ticket_.notifications_size(), 0);
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).status(), CLOCK_STATUS_RUNNING);
}

TEST_F(TicketTest, AMailInDoubtIsSentOnceMore) {
  Effects opened = Do(OpenCommand());
  Do(Report(opened.intents[0], DELIVERY_OUTCOME_IN_DOUBT));
  const std::string retry = "notify_retry." + opened.intents[0].notification_id();
  ASSERT_NE(Armed(retry), nullptr);
  EXPECT_EQ(FromProto(Armed(retry)->due_time()), now_ + absl::Minutes(5));
  now_ += absl::Minutes(5);
  Effects again = Do(Fire(Deadline(*Armed(retry))));
  Do(Report(again.intents[0], DELIVERY_OUTCOME_IN_DOUBT));
  EXPECT_EQ(ticket_.notifications_size(), 0);
  EXPECT_EQ(Armed(retry), nullptr);
}

TEST_F(TicketTest, ASuppressedAcknowledgementEndsItsClockWithoutABreach) {
  Effects opened = Do(OpenCommand());
  Command report = Report(opened.intents[0], DELIVERY_OUTCOME_SUPPRESSED);
  report.mutable_delivery_reported()->set_reason("loop_window");
  Do(report);
  EXPECT_EQ(ClockOf(CLOCK_KIND_ACKNOWLEDGEMENT).status(), CLOCK_STATUS_CANCELLED);
  EXPECT_EQ(Armed("breach.acknowledgement"), nullptr);
}

TEST_F(TicketTest, AnIntentNobodyReportsOnIsAskedForAgainAsTheSameAttempt) {
  Effects opened = Do(OpenCommand());
  const std::string stuck = "delivery_stuck." + opened.intents[0].notification_id();
  ASSERT_NE(Armed(stuck), nullptr);
  now_ += absl::Minutes(10);
  Effects again = Do(Fire(Deadline(*Armed(stuck))));
  ASSERT_EQ(again.intents.size(), 1u);
  EXPECT_EQ(again.intents[0].SerializeAsString(), opened.intents[0].SerializeAsString());
  EXPECT_NE(Armed(stuck), nullptr);
}

TEST_F(TicketTest, ReclassifyingKeepsTheStartAndMarksWhatIsAlreadyPast) {
  Do(OpenCommand());
  const absl::Time opened = now_;
  now_ += absl::Minutes(2);
  Command command = FromAgent("impact");
  command.mutable_set_impact()->set_impact(IMPACT_HIGH);
  Do(command);
  EXPECT_EQ(FromProto(ClockOf(CLOCK_KIND_FIRST_RESPONSE).due_time()), opened + absl::Minutes(5));
  Command low = FromAgent("low");
  low.mutable_set_impact()->set_impact(IMPACT_LOW);
  Do(low);
  now_ += absl::Minutes(6);
  Command high = FromAgent("high");
  high.mutable_set_impact()->set_impact(IMPACT_HIGH);
  Effects effects = Do(high);
  EXPECT_THAT(Facts(effects), ElementsAre(SLA_FACT_KIND_BREACHED));
  EXPECT_TRUE(ClockOf(CLOCK_KIND_FIRST_RESPONSE).breached_by_reclassification());
}

TEST_F(TicketTest, AMergedTicketPassesOnWhatIsWrittenToIt) {
  Do(OpenCommand());
  Command merge = FromAgent("merge");
  merge.mutable_merge()->set_into_ticket_id("t2");
  Do(merge);
  EXPECT_EQ(ticket_.status(), TICKET_STATUS_MERGED);
  EXPECT_EQ(Armed("breach.first_response"), nullptr);
  Effects effects = Do(Answer("later"));
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.aggregate(), "ticket/t2");
}

TEST_F(TicketTest, WhatWasPassedOnToAMergedTicketGoesNoFurther) {
  Do(OpenCommand());
  Command merge = FromAgent("merge");
  merge.mutable_merge()->set_into_ticket_id("t2");
  Do(merge);
  Command passed = Answer("later");
  passed.clear_request_id();
  Effects effects = Do(passed);
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().content().body(), "more");
}

TEST_F(TicketTest, WhatWasPassedOnToNobodyOpensATicket) {
  Command passed = Answer("later");
  EXPECT_EQ(Do(passed).decision.reason(), "UNKNOWN_TICKET");
  passed.clear_request_id();
  Effects effects = Do(passed);
  EXPECT_EQ(effects.decision.outcome(), OUTCOME_APPLIED);
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().content().body(), "more");
  EXPECT_EQ(effects.follow_ups[0].command.customer().customer_id(), "c1");
}

TEST_F(TicketTest, WhatWasPassedOnToAnothersTicketOpensOneThatSaysNothingOfIt) {
  Do(OpenCommand());
  Command passed = Answer("later");
  passed.clear_request_id();
  passed.mutable_customer()->set_customer_id("c2");
  passed.mutable_customer()->set_reply_address("c2@home.example");
  Effects effects = Do(passed);
  ASSERT_EQ(effects.follow_ups.size(), 1u);
  EXPECT_EQ(effects.follow_ups[0].command.open_ticket().linked_ticket_id(), "");
  EXPECT_EQ(effects.follow_ups[0].command.customer().customer_id(), "c2");
}

TEST_F(TicketTest, EscalatingNeverGoesDown) {
  Do(OpenCommand());
  Command up = FromAgent("up");
  up.mutable_escalate()->set_team("admins");
  up.mutable_escalate()->set_cause("complex");
  ASSERT_EQ(Do(up).decision.outcome(), OUTCOME_APPLIED);
  Command down = FromAgent("down");
  down.mutable_escalate()->set_team("first");
  down.mutable_escalate()->set_cause("complex");
  EXPECT_EQ(Do(down).decision.reason(), "NOT_ANOTHER_LEVEL");
}

TEST_F(TicketTest, ALongClosedTicketShrinksToAStubAndIsForgotten) {
  Do(OpenCommand());
  Command close = FromAgent("close");
  close.mutable_close();
  Effects closed = Do(close);
  for (const DeliveryIntent& intent : closed.intents) Do(Report(intent, DELIVERY_OUTCOME_ACCEPTED));
  now_ += absl::Hours(24 * 30);
  Do(Fire(*Armed("shrink")));
  EXPECT_TRUE(ticket_.stub());
  EXPECT_LE(ticket_.ByteSizeLong(), 200u);
  EXPECT_EQ(ticket_.headline().subject(), "Question");
  now_ += absl::Hours(24 * 365 * 5);
  Effects forgotten = Do(Fire(*Armed("forget")));
  EXPECT_TRUE(Forgotten(forgotten.decision));
}

TEST_F(TicketTest, DecidingTwiceGivesTheSameBytes) {
  Command command = OpenCommand();
  command.set_command_id("x");
  Context context{lane_, 24, shelf_, now_};
  Effects a = Decide(context, nullptr, command), b = Decide(context, nullptr, command);
  EXPECT_EQ(a.decision.SerializeAsString(), b.decision.SerializeAsString());
  EXPECT_EQ(a.intents[0].SerializeAsString(), b.intents[0].SerializeAsString());
}

}  // namespace
}  // namespace plazo::ticket
