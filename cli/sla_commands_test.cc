#include "cli/sla_commands.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "cli/explain.h"

namespace plazo::cli {
namespace {

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

const Moment kUtc{absl::FromUnixSeconds(1'773'100'800), absl::UTCTimeZone()};

TEST(SlaText, TellsTheWorstRowFirst) {
  EXPECT_EQ(SlaReportText(Parsed<desk::v1::GetSlaReportResponse>(R"pb(
              rows {
                clock: CLOCK_KIND_UPDATE
                team: "first"
                channel: CHANNEL_EMAIL
                plan: "small"
                impact: IMPACT_LOW
                met: 3
                p50 { seconds: 61 nanos: 700000000 }
                p90 { seconds: 3600 }
                p99 { nanos: 512345678 }
              }
              rows { clock: CLOCK_KIND_FIRST_RESPONSE warned: 2 breached: 1 budget_burn: 100 }
              from_time { seconds: 1773014400 }
              to_time { seconds: 1773100800 }
            )pb")),
            "from 2026-03-09 00:00 to 2026-03-10 00:00 UTC\n"
            "  first_response   -, -, plan -, impact -: 0 met, 2 warned, 1 breached;"
            " budget burn 100.00\n"
            "  update           first, email, plan small, impact low: 3 met, 0 warned, 0 breached;"
            " half within 1m1s, 90 % 1h, 99 % 510ms\n");
  EXPECT_EQ(SlaReportText({}),
            "from 1970-01-01 00:00 to 1970-01-01 00:00 UTC: no promise was decided\n");
}

TEST(SlaText, NamesABreach) {
  EXPECT_EQ(BreachLine(Parsed<core::v1::SlaFact>(R"pb(
                         clock: CLOCK_KIND_FIRST_RESPONSE
                         ticket_id: "abc"
                         case_number: "1234"
                         team: "first"
                         impact: IMPACT_HIGH
                         due_time { seconds: 1773100790 }
                         detected_time { seconds: 1773100800 }
                         by_reclassification: true
                       )pb"),
                       kUtc),
            "2026-03-10 00:00:00  first_response of 1234 (abc), first, impact high, was due "
            "2026-03-09 23:59:50, by reclassification");
}

TEST(ExplainText, SumsUpWhatWasCounted) {
  EXPECT_EQ(ExplanationText(Parsed<desk::v1::ExplainDeadlineResponse>(R"pb(
                              clock {
                                kind: CLOCK_KIND_FIRST_RESPONSE
                                status: CLOCK_STATUS_RUNNING
                                target { seconds: 600 }
                                limit { seconds: 600 }
                                calendar: "office"
                                policy_hash: "0af3"
                                due_time { seconds: 1773101400 }
                              }
                              intervals {
                                from_time { seconds: 1773100000 }
                                to_time { seconds: 1773100800 }
                                cause: "outside of working hours"
                              }
                              intervals {
                                from_time { seconds: 1773100800 }
                                to_time { seconds: 1773101400 }
                                counted: true
                                cause: "working hours"
                              }
                              tzdb_version: "2026a"
                              counted { seconds: 600 }
                            )pb"),
                            kUtc),
            "first_response, running: target 10m, in the hours of office\n"
            "  2026-03-09 23:46:40 - 2026-03-10 00:00:00  left out  13m20s"
            "  outside of working hours\n"
            "  2026-03-10 00:00:00 - 2026-03-10 00:10:00  counted   10m  working hours\n"
            "counted in all 10m, due 2026-03-10 00:10:00\n"
            "policy 0af3, time zones of tzdb 2026a\n");
}

}  // namespace
}  // namespace plazo::cli
