#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

#include "platform/runtime/flags.h"
#include "platform/runtime/service_runner.h"

namespace plazo::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Flags Parse(std::vector<const char*> args, std::string* out = nullptr, std::string* err = nullptr) {
  args.insert(args.begin(), "plazo-test");
  std::ostringstream o, e;
  const Flags flags = ParseFlags(static_cast<int>(args.size()), args.data(),
                                 {"plazo-test", "tests things", "1.2.3"}, o, e);
  if (out != nullptr) *out = o.str();
  if (err != nullptr) *err = e.str();
  return flags;
}

TEST(Flags, AreRead) {
  EXPECT_EQ(Parse({}).config_path, "");
  EXPECT_EQ(Parse({}).exit, std::nullopt);
  EXPECT_EQ(Parse({"--config", "a.yaml"}).config_path, "a.yaml");
  EXPECT_EQ(Parse({"--config=a.yaml"}).config_path, "a.yaml");
  EXPECT_TRUE(Parse({"--check-config", "--config", "a"}).check_config);
}

TEST(Flags, AnswerByThemselves) {
  std::string out;
  EXPECT_EQ(Parse({"--version"}, &out).exit, ExitCode::kOk);
  EXPECT_EQ(out, "plazo-test 1.2.3\n");
  EXPECT_EQ(Parse({"--help"}, &out).exit, ExitCode::kOk);
  EXPECT_THAT(out, HasSubstr("plazo-test: tests things"));
}

TEST(Flags, WrongOnesAreUsageErrors) {
  std::string err;
  for (const std::vector<const char*>& args : std::vector<std::vector<const char*>>{
           {"--confg"}, {"--config"}, {"--config="}, {"positional"}, {"--check-config=yes"}}) {
    EXPECT_EQ(Parse(args, nullptr, &err).exit, ExitCode::kUsage) << args[0];
    EXPECT_THAT(err, HasSubstr("see --help"));
  }
}

// Records what happens, in order.
class Journal {
 public:
  void Note(const std::string& what) {
    absl::MutexLock lock(&mutex_);
    entries_.push_back(what);
  }
  std::vector<std::string> entries() {
    absl::MutexLock lock(&mutex_);
    return entries_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> entries_;
};

absl::Status RunUntilStopped(std::stop_token stop) {
  absl::Notification stopped;
  std::stop_callback callback(stop, [&] { stopped.Notify(); });
  stopped.WaitForNotification();
  return absl::OkStatus();
}

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() { BlockSignals(); }

  RunnerOptions Options() {
    return {.name = "plazo-test",
            .report =
                [this](Severity severity, std::string_view event, std::string_view component,
                       const absl::Status&) {
                  if (severity == Severity::kError)
                    journal_.Note(std::string(component) + " " + std::string(event));
                },
            .exit_now = [this](int code) { journal_.Note("exit " + std::to_string(code)); }};
  }
  Component Noted(const std::string& name) {
    return {.name = name,
            .start =
                [this, name] {
                  journal_.Note("+" + name);
                  return absl::OkStatus();
                },
            .stop = [this, name] { journal_.Note("-" + name); }};
  }

  Journal journal_;
};

TEST_F(RunnerTest, StopsInReverseOrderAfterASignal) {
  ServiceRunner runner(Options());
  runner.Add(Noted("a"))
      .Add(Noted("b"))
      .Add({.name = "loop", .run = RunUntilStopped})
      .Add({.name = "signal", .start = [] {
              kill(getpid(), SIGTERM);
              return absl::OkStatus();
            }});
  EXPECT_EQ(runner.RunUntil(), ExitCode::kOk);
  EXPECT_THAT(journal_.entries(), ElementsAre("+a", "+b", "-b", "-a"));
}

TEST_F(RunnerTest, AFailedStartStopsWhatRanBefore) {
  ServiceRunner runner(Options());
  runner.Add(Noted("a"))
      .Add({.name = "b",
            .start = [] { return absl::UnavailableError("no broker"); },
            .stop = [this] { journal_.Note("-b"); }})
      .Add(Noted("c"));
  EXPECT_EQ(runner.RunUntil(), ExitCode::kUnavailable);
  EXPECT_THAT(journal_.entries(), ElementsAre("+a", "b did not start", "-a"));
}

TEST_F(RunnerTest, AStartRefusedForItsArgumentsIsAMatterOfConfiguration) {
  ServiceRunner runner(Options());
  runner.Add({.name = "a", .start = [] { return absl::InvalidArgumentError("certificate"); }});
  EXPECT_EQ(runner.RunUntil(), ExitCode::kConfig);
}

TEST_F(RunnerTest, ARunThatEndsByItselfStopsTheService) {
  for (const absl::Status& end : {absl::OkStatus(), absl::InternalError("broken")}) {
    ServiceRunner runner(Options());
    runner.Add(Noted("a")).Add({.name = "loop", .run = [end](std::stop_token) { return end; }});
    EXPECT_EQ(runner.RunUntil(), ExitCode::kSoftware);
  }
  EXPECT_THAT(journal_.entries(),
              ElementsAre("+a", "loop ended by itself", "-a", "+a", "loop ended by itself", "-a"));
}

TEST_F(RunnerTest, AnErrorWhileStoppingIsNotHidden) {
  ServiceRunner runner(Options());
  runner
      .Add({.name = "loop",
            .run =
                [](std::stop_token stop) {
                  EXPECT_TRUE(RunUntilStopped(stop).ok());
                  return absl::UnavailableError("last commit failed");
                }})
      .Add({.name = "stopper", .start = [&runner] {
              runner.RequestStop();
              return absl::OkStatus();
            }});
  EXPECT_EQ(runner.RunUntil(), ExitCode::kSoftware);
  EXPECT_THAT(journal_.entries(), ElementsAre("loop failed while stopping"));
}

TEST_F(RunnerTest, NothingStartsOnceAStopWasAskedFor) {
  ServiceRunner runner(Options());
  runner.Add(Noted("a"));
  runner.RequestStop();
  EXPECT_EQ(runner.RunUntil(), ExitCode::kOk);
  EXPECT_THAT(journal_.entries(), ElementsAre());
}

TEST_F(RunnerTest, AComponentThatHangsEndsTheProcess) {
  absl::Notification released;
  RunnerOptions options = Options();
  options.stop_timeout = absl::Milliseconds(20);
  options.exit_now = [&](int code) {
    journal_.Note("exit " + std::to_string(code));
    released.Notify();
  };
  ServiceRunner runner(options);
  runner.Add({.name = "stuck", .stop = [&] { released.WaitForNotification(); }})
      .Add({.name = "stopper", .start = [&] {
              runner.RequestStop();
              return absl::OkStatus();
            }});
  runner.RunUntil();
  EXPECT_THAT(journal_.entries(),
              ElementsAre("stuck did not stop in time: ending at once", "exit 70"));
}

TEST_F(RunnerTest, AStartThatHangsAfterASignalEndsTheProcess) {
  absl::Notification released;
  RunnerOptions options = Options();
  options.stop_timeout = absl::Milliseconds(20);
  options.exit_now = [&](int code) {
    journal_.Note("exit " + std::to_string(code));
    released.Notify();
  };
  ServiceRunner runner(options);
  runner.Add({.name = "stuck", .start = [&] {
                kill(getpid(), SIGTERM);
                released.WaitForNotification();
                return absl::OkStatus();
              }});
  runner.RunUntil();
  EXPECT_THAT(journal_.entries(),
              ElementsAre("stuck did not stop in time: ending at once", "exit 70"));
}

TEST_F(RunnerTest, ASecondSignalEndsTheProcess) {
  absl::Notification released;
  RunnerOptions options = Options();
  options.exit_now = [&](int code) {
    journal_.Note("exit " + std::to_string(code));
    released.Notify();
  };
  ServiceRunner runner(options);
  runner
      .Add({.name = "slow",
            .stop =
                [&] {
                  kill(getpid(), SIGINT);
                  released.WaitForNotification();
                }})
      .Add({.name = "signal", .start = [] {
              kill(getpid(), SIGTERM);
              return absl::OkStatus();
            }});
  EXPECT_EQ(runner.RunUntil(), ExitCode::kOk);
  EXPECT_THAT(journal_.entries(), ElementsAre("exit 130"));
}

}  // namespace
}  // namespace plazo::runtime
