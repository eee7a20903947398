#include "cli/ticket_text.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "cli/board.h"

namespace plazo::cli {
namespace {

Moment At(int64_t seconds) { return {absl::FromUnixSeconds(seconds), absl::UTCTimeZone()}; }

TEST(TicketTextTest, TellsDistancesInTwoUnits) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  EXPECT_EQ(DistanceText(now, now), "in 0s");
  EXPECT_EQ(DistanceText(now + absl::Seconds(59), now), "in 59s");
  EXPECT_EQ(DistanceText(now + absl::Seconds(61), now), "in 1m1s");
  EXPECT_EQ(DistanceText(now - absl::Minutes(60), now), "1h ago");
  EXPECT_EQ(DistanceText(now + absl::Hours(49), now), "in 2d1h");
  EXPECT_EQ(DistanceText(now + absl::Hours(48) + absl::Seconds(5), now), "in 2d");
}

constexpr char kTicket[] = R"pb(
  ticket_id: "abcdefghijklmnop"
  case_number: "1234"
  version: 3
  tenant: "acme"
  customer { customer_id: "42" name: "Ana" plan: "basic" trust: SENDER_TRUST_AUTHENTICATED }
  channel: CHANNEL_TICKET
  status: TICKET_STATUS_OPEN
  department: DEPARTMENT_TECHNICAL
  team: "first"
  level: 1
  impact: IMPACT_HIGH
  priority: PRIORITY_REGULAR
  language: "es"
  headline { subject: "Down" }
  received_time { seconds: 1800000000 }
  messages: 2
  clocks {
    kind: CLOCK_KIND_FIRST_RESPONSE
    status: CLOCK_STATUS_RUNNING
    target { seconds: 600 }
    limit { seconds: 900 }
    calendar: "office"
    due_time { seconds: 1800000900 }
    policy_hash: "0123456789abcdef"
  }
  clocks {
    kind: CLOCK_KIND_ACKNOWLEDGEMENT
    status: CLOCK_STATUS_STOPPED
    target { seconds: 60 }
    limit { seconds: 60 }
    stop_time { seconds: 1800000090 }
    breach_time { seconds: 1800000060 }
    policy_hash: "0123456789abcdef"
  }
  open_breaches {
    clock: CLOCK_KIND_ACKNOWLEDGEMENT
    breach_time { seconds: 1800000060 }
    reminders: 1
  }
)pb";

core::v1::TicketState Ticket() {
  core::v1::TicketState ticket;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kTicket, &ticket));
  return ticket;
}

TEST(TicketTextTest, ShowsATicketInOneLine) {
  EXPECT_EQ(
      TicketLine(Ticket(), At(1'800'000'840)),
      "1234  abcdefghijklmnop  open  first  high  ticket  first_response in 1m  BREACHED  v3  "
      "Down");
}

TEST(TicketTextTest, ShowsATicketWithItsClocks) {
  EXPECT_EQ(TicketText(Ticket(), At(1'800'000'840)),
            "case 1234  ticket abcdefghijklmnop  version 3\n"
            "Down\n"
            "status open, technical, team first (level 1), agent -\n"
            "impact high, complexity -, priority regular\n"
            "customer 42 Ana, plan basic, language es, authenticated, by ticket\n"
            "received 2027-01-15 08:00:00, 2 messages\n"
            "clocks:\n"
            "  first_response: due 2027-01-15 08:15:00 (in 1m); target 10m, limit 15m, hours of "
            "office, policy 01234567\n"
            "  acknowledgement: stopped 2027-01-15 08:01:30, late; target 1m, BREACHED 2027-01-15 "
            "08:01:00, policy 01234567\n"
            "  open breach of acknowledgement at 2027-01-15 08:01:00, 1 reminders\n");
}

TEST(TicketTextTest, ShowsAConversation) {
  desk::v1::ConversationEntry entry;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        time { seconds: 1800000000 }
        author { kind: ACTOR_KIND_AGENT id: "ana" name: "Ana" }
        channel: CHANNEL_EMAIL
        visibility: VISIBILITY_INTERNAL
        text: "one\ntwo"
        attachments { filename: "a.log" content_type: "text/plain" size_bytes: 3 blob_id: "b1" }
      )pb",
      &entry));
  EXPECT_EQ(EntryText(entry, At(1'800'000'000)),
            "2027-01-15 08:00:00  agent ana (Ana) by email, internal note\n"
            "    one\n"
            "    two\n"
            "    [a.log, text/plain, 3 bytes, b1]\n");
  desk::v1::ConversationEntry event;
  event.mutable_time()->set_seconds(1'800'000'000);
  event.set_event_name("TicketEscalated");
  event.mutable_event()->mutable_ticket_escalated()->set_to_team("second");
  event.mutable_event()->mutable_ticket_escalated()->set_cause("special");
  EXPECT_EQ(EntryText(event, At(1'800'000'000)),
            "2027-01-15 08:00:00  * TicketEscalated to_team=second cause=special\n");
}

TEST(TicketTextTest, DrawsABoard) {
  core::v1::TicketState fresh = Ticket();
  fresh.set_status(core::v1::TICKET_STATUS_NEW);
  fresh.set_team("second");
  fresh.clear_open_breaches();
  fresh.mutable_clocks(0)->mutable_due_time()->set_seconds(1'800'000'850);
  EXPECT_EQ(BoardText("acme", {Ticket(), fresh}, At(1'800'000'840), 5),
            "acme  2027-01-15 08:14:00\n\n"
            "team                            new   open  waiting  breached\n"
            "first                             0      1        0         1\n"
            "second                            1      0        0         0\n"
            "all                               1      1        0         1\n"
            "\nclocks that run out next\n"
            "in 10s        first_response    1234        second                  Down\n"
            "in 1m         first_response    1234        first                   Down\n");
}

}  // namespace
}  // namespace plazo::cli
