// The worked examples of the documents (F19-F21), step by step, in each of their languages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/sla/clocks.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/invariants.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Words {
  const char* language;
  const char* charged_twice;  // F19
  const char* slow;           // F20
  const char* firewall;       // F21
  // Of the mails, by the templates and the policy.
  const char* acknowledged;  // subject of the acknowledgement
  const char* why_access;    // a piece of the reason for server-access
  const char* next_access;   // and of what happens next
  const char* why_custom;    // likewise for custom-setup
  const char* simple;        // the estimate for a simple request
};

void PrintTo(const Words& words, std::ostream* out) { *out << words.language; }

class WorkedExample : public ::testing::TestWithParam<Words> {
 protected:
  WorkedExample() : ana_("ana", GetParam().language) { cluster_.Ask(ana_.Register()); }
  ~WorkedExample() override { ExpectInvariants(cluster_); }

  void Ask(Command command) {
    const Decision decision = cluster_.Ask(std::move(command));
    EXPECT_EQ(decision.outcome(), OUTCOME_APPLIED) << decision.reason();
  }
  // The customer's mails of one kind.
  std::vector<Mail> MailsOf(NotificationKind kind) const {
    std::vector<Mail> mails = cluster_.MailsTo(ana_.address());
    std::erase_if(mails, [kind](const Mail& mail) { return mail.kind != kind; });
    return mails;
  }
  void ExpectAcknowledgedAtOnce(const std::string& ticket) const {
    EXPECT_THAT(cluster_.Facts(ticket), Contains("00:00 MET acknowledgement"));
    const std::vector<Mail> acks = MailsOf(NOTIFICATION_KIND_ACKNOWLEDGEMENT);
    ASSERT_THAT(acks, SizeIs(1));
    EXPECT_THAT(acks[0].subject, HasSubstr(GetParam().acknowledged));
    EXPECT_THAT(acks[0].subject, HasSubstr(cluster_.Ticket(ticket).case_number()));
    EXPECT_THAT(acks[0].text, HasSubstr("10 "));  // minutes until somebody answers (F2)
    EXPECT_EQ(cluster_.Ticket(ticket).language(), GetParam().language);
  }

  Cluster cluster_;
  Customer ana_;
  Agent bea_{"bea"}, root_{"root"};
};

// F19: acknowledged, answered within ten minutes, solved within thirty, never escalated.
TEST_P(WorkedExample, ADoubleChargeIsSettledByTheFirstTeam) {
  const std::string ticket = cluster_.Open(ana_, {.body = GetParam().charged_twice});
  ExpectAcknowledgedAtOnce(ticket);
  EXPECT_EQ(cluster_.Ticket(ticket).department(), DEPARTMENT_FINANCIAL);
  EXPECT_EQ(cluster_.Ticket(ticket).complexity(), COMPLEXITY_SIMPLE);  // F14
  EXPECT_THAT(MailsOf(NOTIFICATION_KIND_ACKNOWLEDGEMENT)[0].text, HasSubstr(GetParam().simple));

  cluster_.Advance(absl::Minutes(8));
  Ask(bea_.Reply(ticket, "…"));
  cluster_.Advance(absl::Minutes(17));
  Ask(bea_.Resolve(ticket, "…"));
  Ask(ana_.Confirm(ticket));
  EXPECT_THAT(
      cluster_.Story(ticket),
      ElementsAre("00:00 routed support-engineers", "00:00 customer", "00:00 acknowledgement",
                  "08:00 agent_reply", "20:00 estimate_overrun", "25:00 resolved",
                  "25:00 is resolved", "25:00 is closed, confirmed", "25:00 closed"));
  EXPECT_THAT(cluster_.Facts(ticket),
              ElementsAre("00:00 MET acknowledgement", "07:00 WARNED first_response",
                          "08:00 MET first_response", "08:00 MET update", "20:00 WARNED estimate",
                          "25:00 MET update", "25:00 MET estimate"));
  EXPECT_EQ(cluster_.Ticket(ticket).escalations(), 0);
  EXPECT_EQ(cluster_.Ticket(ticket).status(), TICKET_STATUS_CLOSED);
  EXPECT_THAT(cluster_.MailsTo("management@introserv.example"), IsEmpty());
}

// F20: details are asked for, the basics do not help, the system administrators take over.
TEST_P(WorkedExample, ASlowServerGoesToTheSystemAdministrators) {
  const std::string ticket = cluster_.Open(ana_, {.body = GetParam().slow});
  ExpectAcknowledgedAtOnce(ticket);
  EXPECT_EQ(cluster_.Ticket(ticket).department(), DEPARTMENT_TECHNICAL);
  EXPECT_EQ(cluster_.Ticket(ticket).level(), 1);
  EXPECT_EQ(cluster_.Ticket(ticket).suggested_team(), "system-administrators");

  cluster_.Advance(absl::Minutes(8));
  Ask(bea_.Reply(ticket, "…", /*wait_for_customer=*/true));
  cluster_.Advance(absl::Minutes(4));
  Ask(ana_.Write(ticket, "…"));
  cluster_.Advance(absl::Minutes(6));
  Ask(bea_.Escalate(ticket, "server-access"));
  EXPECT_EQ(cluster_.Ticket(ticket).team(), "system-administrators");
  EXPECT_EQ(cluster_.Ticket(ticket).level(), 3);
  // I19: one message, in the conversation and in the language, why and what next.
  const std::vector<Mail> told = MailsOf(NOTIFICATION_KIND_ESCALATED);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].text, HasSubstr(GetParam().why_access));
  EXPECT_THAT(told[0].text, HasSubstr(GetParam().next_access));

  cluster_.Advance(absl::Minutes(2));
  Ask(root_.Reply(ticket, "…"));
  Ask(root_.Estimate(ticket, absl::Hours(1), "…"));
  cluster_.Advance(absl::Minutes(40));
  Ask(root_.Resolve(ticket, "…"));
  cluster_.Advance(absl::Minutes(10));
  Ask(ana_.Confirm(ticket));
  EXPECT_THAT(
      cluster_.Story(ticket),
      ElementsAre("00:00 routed support-engineers, then system-administrators", "00:00 customer",
                  "00:00 acknowledgement", "08:00 agent_reply", "12:00 customer",
                  "12:00 is open again", "18:00 to system-administrators", "18:00 escalated",
                  "20:00 agent_reply", "20:00 estimate_given", "1:00:00 resolved",
                  "1:00:00 is resolved", "1:10:00 is closed, confirmed", "1:10:00 closed"));
  EXPECT_THAT(cluster_.MailsTo("management@introserv.example"), IsEmpty());
}

// F21: a configuration of its own kind; the specialists sum up what they changed.
TEST_P(WorkedExample, AFirewallOfTheirOwnIsSetUpBySpecialists) {
  const std::string ticket = cluster_.Open(ana_, {.body = GetParam().firewall});
  ExpectAcknowledgedAtOnce(ticket);
  EXPECT_EQ(cluster_.Ticket(ticket).suggested_team(), "system-administrators");

  cluster_.Advance(absl::Minutes(8));
  Ask(bea_.Reply(ticket, "…"));
  Ask(bea_.Escalate(ticket, "custom-setup"));
  const std::vector<Mail> told = MailsOf(NOTIFICATION_KIND_ESCALATED);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told[0].text, HasSubstr(GetParam().why_custom));

  cluster_.Advance(absl::Minutes(12));
  Ask(root_.Resolve(ticket, "22, 80, 443"));
  const std::vector<Mail> summed_up = MailsOf(NOTIFICATION_KIND_RESOLVED);
  ASSERT_THAT(summed_up, SizeIs(1));
  EXPECT_THAT(summed_up[0].text, HasSubstr("22, 80, 443"));
  // Nobody answers: silence confirms (F13).
  cluster_.Advance(absl::Hours(24 * 4));
  EXPECT_THAT(cluster_.Story(ticket),
              ElementsAre("00:00 routed support-engineers, then system-administrators",
                          "00:00 customer", "00:00 acknowledgement", "08:00 agent_reply",
                          "08:00 to system-administrators", "08:00 escalated", "20:00 resolved",
                          "20:00 is resolved", "72:20:00 is closed, silence", "72:20:00 closed"));
  EXPECT_THAT(cluster_.MailsTo("management@introserv.example"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Languages, WorkedExample,
    ::testing::Values(
        Words{.language = "es",
              .charged_twice = "¿Por qué me han cobrado dos veces?",
              .slow = "Mi VPS va muy lento",
              .firewall = "¿Pueden configurar reglas de firewall personalizadas para mi VPS?",
              .acknowledged = "Hemos recibido su solicitud",
              .why_access = "administradores de sistemas, que tienen",
              .next_access = "Harán el diagnóstico",
              .why_custom = "una configuración particular",
              .simple = "entre 10 y 30 minutos"},
        Words{.language = "it",
              .charged_twice = "Perché mi è stato addebitato due volte?",
              .slow = "Il mio VPS è lento",
              .firewall = "Potete configurare un set di regole firewall personalizzate per il mio "
                          "VPS?",
              .acknowledged = "Abbiamo ricevuto la sua richiesta",
              .why_access = "amministratori di sistema",
              .next_access = "Eseguiranno la diagnosi",
              .why_custom = "una configurazione particolare",
              .simple = "da 10 a 30 minuti"},
        Words{.language = "uk",
              .charged_twice = "Чому з мене двічі списали гроші?",
              .slow = "Мій VPS працює повільно",
              .firewall = "Чи можете налаштувати власний набір правил фаєрвола для мого VPS?",
              .acknowledged = "Ми отримали ваше звернення",
              .why_access = "системні адміністратори",
              .next_access = "Вони проведуть діагностику",
              .why_custom = "особливе налаштування",
              .simple = "від 10 до 30 хвилин"},
        Words{.language = "en",
              .charged_twice = "Why was I charged twice?",
              .slow = "My VPS is slow",
              .firewall = "Can you set up a custom firewall rule set for my VPS?",
              .acknowledged = "We have your request",
              .why_access = "system administrators",
              .next_access = "They run the diagnostics",
              .why_custom = "a configuration of its own kind",
              .simple = "10 to 30 minutes"}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace plazo::cluster
