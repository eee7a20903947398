// What if: recorded commands under another policy, through the command that people run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "domain/core/topics.h"
#include "tests/cluster/cluster.h"

namespace plazo::cluster {
namespace {

using namespace core::v1;
using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kPolicy[] = "policies/introserv.yaml";

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    cluster_.Ask(ana_.Register());
    answered_ = cluster_.Open(ana_, {.body = "You charged me twice for the same invoice."});
    ignored_ = cluster_.Open(ana_, {.body = "How do I change my password?"});
    cluster_.Advance(absl::Minutes(8));
    cluster_.Ask(bea_.Reply(answered_, "Refunded."));
    cluster_.Advance(absl::Minutes(12));
  }

  ~ReplayTest() override { std::filesystem::remove_all(folder_); }

  // The policy with `what` as `instead`, in a file of its own.
  std::string Otherwise(const std::string& what, const std::string& instead) {
    std::stringstream text;
    text << std::ifstream(kPolicy).rdbuf();
    std::string changed = text.str();
    const size_t at = changed.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    changed.replace(at, what.size(), instead);
    const std::string path = folder_ / "other.yaml";
    std::ofstream(path) << changed;
    return path;
  }

  int Run(std::vector<std::string> words) {
    std::istringstream in;
    std::ostringstream out, err;
    cli::Session session(in, out, err);
    session.broker = std::shared_ptr<kafka::Broker>(&cluster_.broker(), [](kafka::Broker*) {});
    cli::CommandLine line("plazoctl", "test");
    cli::AddCommands(line, session);
    const std::string to = absl::FormatTime(absl::RFC3339_sec, cluster_.Now(), absl::UTCTimeZone());
    for (const char* word : {"--lexicons", "policies/lexicon", "--to", to.c_str()})
      words.push_back(word);
    std::vector<const char*> argv = {"plazoctl"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    const int exit = line.ParseAndRun(static_cast<int>(argv.size()), argv.data(), out, err);
    out_ = out.str();
    err_ = err.str();
    return exit;
  }

  json Replay(const std::string& policy) {
    EXPECT_EQ(Run({"--json", "replay", "--policy", policy}), 0) << err_;
    return json::parse(out_);
  }

  Cluster cluster_;
  Customer ana_{"ana"};
  Agent bea_{"bea"};
  std::string answered_, ignored_, out_, err_;
  std::filesystem::path folder_ = [] {
    std::string name = std::filesystem::temp_directory_path() / "replay.XXXXXX";
    return std::filesystem::path(mkdtemp(name.data()));
  }();
};

TEST_F(ReplayTest, TheSamePolicyGivesTheSameBytesAndWhatReallyHappened) {
  ASSERT_THAT(cluster_.Facts(answered_), Contains("08:00 MET first_response"));
  ASSERT_THAT(cluster_.Facts(ignored_), Contains("10:00 BREACHED first_response"));
  const json report = Replay(kPolicy);
  EXPECT_TRUE(report["identical"]);
  EXPECT_EQ(report["tickets"], 2);
  EXPECT_EQ(report["rerouted"], 0);
  EXPECT_EQ(report["clocks"]["first_response"]["met"], json({1, 1}));
  EXPECT_EQ(report["clocks"]["first_response"]["breached"], json({1, 1}));
  EXPECT_EQ(report["clocks"]["acknowledgement"]["met"], json({2, 2}));
}

TEST_F(ReplayTest, AShorterPromiseWouldHaveBeenBroken) {
  const json report = Replay(Otherwise("{clock: first_response, warn_after: [7m], target: 10m}",
                                       "{clock: first_response, warn_after: [4m], target: 6m}"));
  EXPECT_FALSE(report["identical"]);
  const json& clock = report["clocks"]["first_response"];
  EXPECT_EQ(clock["breached"], json({1, 2}));
  EXPECT_EQ(clock["newly_breached"], 1);
  EXPECT_EQ(clock["earlier"], 2);
  EXPECT_EQ(clock["mean_shift_seconds"], -240.0);
}

TEST_F(ReplayTest, ALongerPromiseWouldHaveBeenKept) {
  const json report = Replay(Otherwise("{clock: first_response, warn_after: [7m], target: 10m}",
                                       "{clock: first_response, warn_after: [7m], target: 30m}"));
  const json& clock = report["clocks"]["first_response"];
  EXPECT_EQ(clock["breached"], json({1, 0}));
  EXPECT_EQ(clock["no_longer_breached"], 1);
}

TEST_F(ReplayTest, WorkIsCountedInHoursOfTheProvidersWeek) {
  const json report = Replay(kPolicy);
  double hours = 0;
  for (const auto& [team, staff] : report["staff"].items()) {
    // Tuesday, 10 o'clock in Madrid.
    for (size_t hour = 0; hour < staff["after"].size(); ++hour) {
      if (staff["after"][hour] > 0) {
        EXPECT_EQ(hour, 24 + 10) << team;
      }
      hours += staff["after"][hour].get<double>();
    }
  }
  EXPECT_NEAR(hours, 2 * 10.0 / 60, 1e-9);
}

TEST_F(ReplayTest, TouchesNothing) {
  const auto size = [this] {
    size_t records = 0;
    const Topics topics;
    for (const std::string& topic :
         {topics.inbound, topics.decisions, topics.tickets, topics.delivery, topics.sla}) {
      records += cluster_.broker().Records(topic).size();
    }
    return records;
  };
  const size_t before = size();
  Replay(Otherwise("target: 10m}", "target: 9m}"));
  EXPECT_EQ(size(), before);
}

TEST_F(ReplayTest, AFaultyPolicyIsToldWithItsPlace) {
  const std::string path = Otherwise("{clock: first_response, warn_after: [7m], target: 10m}",
                                     "{clock: first_response, warn_after: [7m], target: soon}");
  EXPECT_EQ(Run({"replay", "--policy", path}), 65);
  EXPECT_THAT(err_, HasSubstr("other.yaml:132:"));
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace plazo::cluster
