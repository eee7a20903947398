#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "platform/base/fake/manual_clock.h"
#include "platform/base/fake/seeded_random.h"
#include "platform/observability/fake/log_capture.h"
#include "platform/observability/metrics.h"
#include "platform/observability/repeated_errors.h"
#include "platform/observability/trace.h"

namespace plazo::observability {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(Log, WritesOneObjectALine) {
  LogCapture capture({.service = "plazo-test", .instance = "plazo-test-3"});
  LogInfo("lane restored", {{"partition", 3},
                            {"records", uint64_t{18446744073709551615u}},
                            {"ratio", 0.5},
                            {"ok", true},
                            {"name", "a\"b\\c\n\x01 \xc3\xb1"},
                            {"due", absl::FromUnixMillis(1893456000123)},
                            {"wait_ms", absl::Microseconds(1500)},
                            {"status", absl::UnavailableError("no broker")}});
  ASSERT_EQ(capture.Lines().size(), 1u);
  EXPECT_EQ(capture.Lines()[0].find('\n'), std::string::npos);
  const json line = json::parse(capture.Lines()[0]);
  EXPECT_EQ(line["service"], "plazo-test");
  EXPECT_EQ(line["instance"], "plazo-test-3");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["message"], "lane restored");
  EXPECT_EQ(line["partition"], 3);
  EXPECT_EQ(line["records"], 18446744073709551615u);
  EXPECT_EQ(line["ratio"], 0.5);
  EXPECT_EQ(line["ok"], true);
  EXPECT_EQ(line["name"], "a\"b\\c\n\x01 \xc3\xb1");
  EXPECT_EQ(line["due"], "2030-01-01T00:00:00.123Z");
  EXPECT_EQ(line["wait_ms"], 1.5);
  EXPECT_EQ(line["status"], "UNAVAILABLE: no broker");
  EXPECT_THAT(line["time"].get<std::string>(),
              ::testing::MatchesRegex("....-..-..T..:..:..\\....Z"));
}

TEST(Log, IsValidJsonWhateverComes) {
  LogCapture capture;
  LogInfo("x", {{"bytes", std::string("a\xff\xc3\xb1\xe2\x82z\0", 8)}, {"nan", std::nan("")}});
  const json line = json::parse(capture.Lines().at(0));
  EXPECT_EQ(line["bytes"], std::string("a\xef\xbf\xbd\xc3\xb1\xef\xbf\xbd\xef\xbf\xbdz\0", 14));
  EXPECT_TRUE(line["nan"].is_null());
}

TEST(Log, LevelsHoldBackWhatIsBelow) {
  LogCapture capture({.level = Level::kWarning});
  LogDebug("d");
  LogInfo("i");
  LogWarning("w");
  LogError("e");
  ASSERT_EQ(capture.Lines().size(), 2u);
  EXPECT_TRUE(capture.Contains("\"level\":\"warning\""));
  EXPECT_FALSE(LogEnabled(Level::kInfo));
}

TEST(Log, ShowsWhatCustomersWroteInDebugOnly) {
  LogCapture capture({.level = Level::kDebug});
  for (const Level level : {Level::kInfo, Level::kWarning, Level::kError}) {
    Log(level, "mail", {{"subject", CustomerText{"my password"}}});
  }
  EXPECT_FALSE(capture.Contains("my password"));
  EXPECT_TRUE(capture.Contains("<11 bytes>"));
  LogDebug("mail", {{"subject", CustomerText{"my password"}}});
  EXPECT_TRUE(capture.Contains("my password"));
}

TEST(Log, TheCaptureGivesTheLogBack) {
  LogCapture outer;
  { LogCapture inner({.level = Level::kError}); }
  LogInfo("again");
  EXPECT_TRUE(outer.Contains("again"));
}

TEST(RepeatedErrors, LetsOneAnIntervalThroughAndCountsTheRest) {
  ManualClock clock(int64_t{0});
  RepeatedErrors errors(&clock, absl::Seconds(10));
  ASSERT_TRUE(errors.Admit("down"));
  EXPECT_FALSE(errors.Admit("down"));
  EXPECT_TRUE(errors.Admit("other")) << "another key has its own interval";
  clock.Advance(absl::Seconds(9));
  EXPECT_FALSE(errors.Admit("down"));
  clock.Advance(absl::Seconds(1));
  const auto repeat = errors.Admit("down");
  ASSERT_TRUE(repeat);
  EXPECT_EQ(repeat->suppressed, 2u);
  clock.Advance(absl::Seconds(10));
  EXPECT_EQ(errors.Admit("down")->suppressed, 0u);
}

TEST(RepeatedErrors, KeysBeyondTheBoundShareOne) {
  ManualClock clock(int64_t{0});
  RepeatedErrors errors(&clock, absl::Seconds(10));
  int admitted = 0;
  for (int i = 0; i < 5000; ++i) admitted += errors.Admit(std::to_string(i)).has_value();
  EXPECT_EQ(admitted, 1025);
}

// The example of the W3C recommendation.
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Trace, GoesBothWays) {
  const auto trace = ParseTraceparent(kParent);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->TraceId(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(trace->Traceparent(), kParent);
  EXPECT_TRUE(ParseTraceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"))
      << "a later version";
}

TEST(Trace, RefusesWhatIsNotOne) {
  for (const char* text : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e473z-00f067aa0ba902b7-01",
                           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"}) {
    EXPECT_FALSE(ParseTraceparent(text)) << text;
  }
}

TEST(Trace, ACauseGivesTheSameIdsEachTime) {
  EXPECT_EQ(TraceFromCause("c1"), TraceFromCause("c1"));
  EXPECT_NE(TraceFromCause("c1"), TraceFromCause("c2"));
  const TraceContext parent = *ParseTraceparent(kParent);
  const TraceContext child = ChildOf(parent, "c1");
  EXPECT_EQ(child, ChildOf(parent, "c1"));
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_TRUE(ParseTraceparent(child.Traceparent()));
}

TEST(Trace, ContinuesTheCallersOrStartsANewOne) {
  SeededRandom random;
  EXPECT_EQ(ContinueOrStart(kParent, random).trace_id, ParseTraceparent(kParent)->trace_id);
  EXPECT_NE(ContinueOrStart("junk", random).trace_id, ContinueOrStart("junk", random).trace_id);
}

TEST(Metrics, AreServedAsText) {
  Metrics metrics;
  metrics.AddCounter("plazo_things_total", "Things.", {{"kind", "a"}}).Increment(2);
  metrics.AddCounter("plazo_things_total", "Things.", {{"kind", "a"}}).Increment();
  metrics.AddGauge("plazo_level", "Level.").Set(1.5);
  metrics.AddHistogram("plazo_wait_seconds", "Wait.", LatencyBuckets()).Observe(0.003);
  metrics.AddGaugeFunction("plazo_depth", "Depth.", [] { return 7.0; }, {{"lane", "1"}});
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("plazo_things_total{kind=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("plazo_level 1.5\n"));
  EXPECT_THAT(text, HasSubstr("plazo_wait_seconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("plazo_wait_seconds_bucket{le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("plazo_depth{lane=\"1\"} 7\n"));
}

std::string Scrape(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string_view request = "GET /metrics HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char chunk[4096];
    for (ssize_t got; (got = read(fd, chunk, sizeof chunk)) > 0;)
      answer.append(chunk, static_cast<size_t>(got));
  }
  close(fd);
  return answer;
}

TEST(Metrics, ListenOnAFreePortAndReportATakenOne) {
  Metrics metrics;
  metrics.AddCounter("plazo_things_total", "Things.").Increment();
  metrics.AddGaugeFunction("plazo_depth", "Depth.", [] { return 7.0; });
  const absl::StatusOr<int> port = metrics.Serve("127.0.0.1:0");
  ASSERT_TRUE(port.ok()) << port.status();
  ASSERT_GT(*port, 0);
  const std::string answer = Scrape(*port);
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("plazo_things_total 1\n"));
  EXPECT_THAT(answer, HasSubstr("plazo_depth 7\n"));
  Metrics second;
  EXPECT_EQ(second.Serve("127.0.0.1:" + std::to_string(*port)).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(MetricsDeathTest, AMistakenNameEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics;
  EXPECT_DEATH(metrics.AddCounter("no spaces", "x"), "metric no spaces");
  metrics.AddCounter("plazo_x_total", "x");
  EXPECT_DEATH(metrics.AddGauge("plazo_x_total", "x"), "metric plazo_x_total");
}

}  // namespace
}  // namespace plazo::observability
