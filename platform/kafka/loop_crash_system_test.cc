// Kills a process with the loop in it at every fail point, on a real cluster
// (PLAZO_TEST_KAFKA=host:port), and looks for lost and doubled inputs. Needs a build with
// PLAZO_FAIL_POINTS; the children are this program itself.

#include <absl/time/clock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "platform/base/status.h"
#include "platform/kafka/librdkafka_broker.h"
#include "platform/kafka/loop/numbering_fixture.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/transactional_loop.h"

namespace plazo::kafka {
namespace {

constexpr int32_t kLanes = 4;
constexpr char kChild[] = "--child";

std::unique_ptr<LibrdkafkaBroker> Connect() {
  const char* servers = std::getenv("PLAZO_TEST_KAFKA");
  if (servers == nullptr || *servers == '\0') return nullptr;
  auto broker = LibrdkafkaBroker::Make({.bootstrap_servers = servers, .client_id = "crash-test"});
  return broker.ok() ? std::move(*broker) : nullptr;
}

class RenamedProcessor final : public NumberingProcessor {
 public:
  explicit RenamedProcessor(std::string suffix) : suffix_(std::move(suffix)) {}
  BatchOutput Process(std::span<const Record> inputs, const BatchHints& hints) override {
    BatchOutput output = NumberingProcessor::Process(inputs, hints);
    for (BatchOutput::Item& item : output.items) item.record.topic += suffix_;
    return output;
  }

 private:
  const std::string suffix_;
};

// The child: runs the loop until it is killed.
int RunChild(const std::string& suffix, const std::string& instance) {
  const auto broker = Connect();
  if (!broker) return 2;
  SystemClock clock;
  RenamedProcessor processor(suffix);
  TransactionalLoop loop(*broker, clock, processor,
                         {.input_topic = "in" + suffix,
                          .group = "loop" + suffix,
                          .instance = "loop" + suffix + instance,
                          .state_topics = {"state" + suffix},
                          .output_topics = {"out" + suffix, "state" + suffix},
                          .session_timeout = absl::Seconds(6)},
                         [](const Alarm& alarm) {
                           std::fprintf(stderr, "alarm %d lane %d: %s\n",
                                        static_cast<int>(alarm.kind), alarm.lane,
                                        alarm.text.c_str());
                         });
  loop.Run({});
  return 0;
}

class Child {
 public:
  Child(const std::string& suffix, const std::string& instance, const std::string& fail_at = "") {
    pid_ = fork();
    if (pid_ != 0) return;
    setenv("PLAZO_FAIL_AT", fail_at.c_str(), 1);
    execl("/proc/self/exe", "loop", kChild, suffix.c_str(), instance.c_str(), nullptr);
    _exit(3);
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its exit status once it has ended; -1 while it runs.
  int Ended() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return -1;
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  int AwaitEnd(absl::Duration timeout) {
    const absl::Time deadline = absl::Now() + timeout;
    int status = -1;
    while ((status = Ended()) == -1 && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    return status;
  }

 private:
  pid_t pid_ = 0;
};

class LoopCrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    broker_ = Connect();
    ASSERT_NE(broker_, nullptr) << "no broker: set PLAZO_TEST_KAFKA";
    suffix_ = "-" + std::to_string(std::random_device{}());
    auto admin = *broker_->MakeAdmin();
    for (const char* name : {"in", "out", "state"}) {
      const TopicSpec topic{
          name + suffix_, kLanes, 1, {{"message.timestamp.type", "LogAppendTime"}}};
      ASSERT_TRUE(admin->CreateTopic(topic, absl::Seconds(20)).ok());
    }
    producer_ = std::make_unique<Producer>(*broker_, ProducerOptions{});
  }

  void Feed(int count) {
    for (int i = 0; i < count; ++i, ++fed_) {
      const auto sent = producer_->SendAndWait({.topic = "in" + suffix_,
                                                .partition = fed_ % kLanes,
                                                .key = "k" + std::to_string(fed_ % 13),
                                                .value = std::to_string(fed_)},
                                               absl::Seconds(10));
      ASSERT_TRUE(sent.ok()) << ToString(sent.status());
    }
  }

  bool AwaitNoLag(absl::Duration timeout) {
    const absl::Time deadline = absl::Now() + timeout;
    while (absl::Now() < deadline) {
      const auto rows = Lag(*broker_, "loop" + suffix_, "in" + suffix_, absl::Seconds(2));
      int64_t lag = rows.ok() ? 0 : 1;
      if (rows.ok()) {
        for (const LagRow& row : *rows) lag += row.lag;
      }
      if (lag == 0) return true;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return false;
  }

  std::vector<Record> ReadAll(const std::string& topic, int32_t partition) {
    std::vector<Record> records;
    auto reader = *broker_->MakeReader(Isolation::kReadCommitted);
    EXPECT_TRUE(reader->Assign({{topic, partition, kBeginning}}).ok());
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      auto polled = reader->Poll(absl::Milliseconds(50), 10'000);
      EXPECT_TRUE(polled.ok()) << ToString(polled.status());
      for (Record& each : polled->records) records.push_back(std::move(each));
      if (!polled->ends.empty()) break;
    }
    return records;
  }

  void ExpectExactlyOnce() {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      const auto in = ReadAll("in" + suffix_, lane);
      const auto out = ReadAll("out" + suffix_, lane);
      ASSERT_EQ(out.size(), in.size()) << "lane " << lane;
      for (size_t i = 0; i < in.size(); ++i) {
        ASSERT_EQ(*out[i].FindHeader("x-origin"), std::to_string(in[i].offset)) << "lane " << lane;
        ASSERT_EQ(*out[i].value, std::to_string(i + 1) + "/" + *in[i].value);
      }
    }
  }

  std::unique_ptr<LibrdkafkaBroker> broker_;
  std::unique_ptr<Producer> producer_;
  std::string suffix_;
  int fed_ = 0;
};

TEST_F(LoopCrashTest, ADeathAtAnyPointOfATransactionLosesAndDoublesNothing) {
  for (const char* point : {"router.after_poll", "router.after_begin", "router.after_flush",
                            "router.after_send_offsets", "router.after_commit"}) {
    for (const char* hit : {":1", ":3"}) {
      SCOPED_TRACE(std::string(point) + hit);
      Child child(suffix_, "-0", std::string(point) + hit);
      const absl::Time deadline = absl::Now() + absl::Seconds(30);
      int status = -1;
      while ((status = child.Ended()) == -1 && absl::Now() < deadline) Feed(4);
      EXPECT_EQ(status, 137);
    }
  }
  Child child(suffix_, "-0");
  Feed(20);
  EXPECT_TRUE(AwaitNoLag(absl::Seconds(60)));
  ExpectExactlyOnce();
}

TEST_F(LoopCrashTest, ADeathDuringRestoreLosesAndDoublesNothing) {
  {
    Child child(suffix_, "-0");
    Feed(40);
    ASSERT_TRUE(AwaitNoLag(absl::Seconds(60)));
  }
  for (const char* hit : {":1", ":2"}) {
    Child child(suffix_, "-0", std::string("router.in_restore") + hit);
    EXPECT_EQ(child.AwaitEnd(absl::Seconds(30)), 137);
  }
  Child child(suffix_, "-0");
  Feed(20);
  EXPECT_TRUE(AwaitNoLag(absl::Seconds(60)));
  ExpectExactlyOnce();
}

TEST_F(LoopCrashTest, ADeathWhilePartitionsAreTakenAwayLosesAndDoublesNothing) {
  int number = 1;
  for (const char* point : {"router.in_revoke", "router.before_park"}) {
    SCOPED_TRACE(point);
    Child first(suffix_, "-0", point);
    Feed(20);
    // Once it has its partitions, a second one takes a share away; so may the end of a session of
    // one killed before.
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    int status = -1;
    while ((status = first.Ended()) == -1 && !AwaitNoLag(absl::Milliseconds(50))) {
      ASSERT_LT(absl::Now(), deadline);
    }
    Child second(suffix_, "-" + std::to_string(number++));
    while (status == -1 && (status = first.Ended()) == -1 && absl::Now() < deadline) Feed(4);
    EXPECT_EQ(status, 137);
    Child again(suffix_, "-0");
    Feed(20);
    EXPECT_TRUE(AwaitNoLag(absl::Seconds(60)));
  }
  Child last(suffix_, "-0");
  Feed(20);
  EXPECT_TRUE(AwaitNoLag(absl::Seconds(60)));
  ExpectExactlyOnce();
}

}  // namespace
}  // namespace plazo::kafka

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], plazo::kafka::kChild) == 0) {
    return plazo::kafka::RunChild(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
