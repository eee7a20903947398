// The loops on a real cluster: PLAZO_TEST_KAFKA=host:port. Without one this fails; it never passes
// unrun.

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include "platform/base/status.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/librdkafka_broker.h"
#include "platform/kafka/loop/numbering_fixture.h"
#include "platform/kafka/producer.h"
#include "platform/kafka/projector.h"
#include "platform/kafka/table.h"
#include "platform/kafka/transactional_loop.h"

namespace plazo::kafka {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr int32_t kLanes = 4;

// NumberingProcessor writes to "out" and "state"; this one to topics of our own.
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

// A process with its loop on a thread of its own.
class Process {
 public:
  Process(Broker& real, const std::string& suffix, int number)
      : faults(real),
        processor_(suffix),
        loop_(faults, clock_, processor_, Options(suffix, number), [this](const Alarm& alarm) {
          std::fprintf(stderr, "alarm %d lane %d: %s\n", static_cast<int>(alarm.kind), alarm.lane,
                       alarm.text.c_str());
          if (alarm.kind == AlarmKind::kLaneHalted) halted = true;
        }) {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop_.Run(stop); });
  }

  const LoopCounters& counters() const { return loop_.counters(); }

  BreakableBroker faults;
  std::atomic<bool> halted{false};

 private:
  static TransactionalLoopOptions Options(const std::string& suffix, int number) {
    return {.input_topic = "in" + suffix,
            .group = "loop" + suffix,
            .instance = "loop" + suffix + "-" + std::to_string(number),
            .state_topics = {"state" + suffix},
            .output_topics = {"out" + suffix, "state" + suffix},
            .session_timeout = absl::Seconds(6)};
  }

  SystemClock clock_;
  RenamedProcessor processor_;
  TransactionalLoop loop_;
  std::jthread thread_;
};

class LoopSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* servers = std::getenv("PLAZO_TEST_KAFKA");
    ASSERT_TRUE(servers != nullptr && *servers != '\0') << "no broker: set PLAZO_TEST_KAFKA";
    auto broker = LibrdkafkaBroker::Make({.bootstrap_servers = servers, .client_id = "loop-test"});
    ASSERT_TRUE(broker.ok()) << ToString(broker.status());
    broker_ = std::move(*broker);
    suffix_ = "-" + std::to_string(std::random_device{}());
    auto admin = *broker_->MakeAdmin();
    for (const char* name : {"in", "out", "state"}) {
      const TopicSpec topic{
          name + suffix_, kLanes, 1, {{"message.timestamp.type", "LogAppendTime"}}};
      ASSERT_TRUE(admin->CreateTopic(topic, absl::Seconds(20)).ok());
    }
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

  void Feed(Producer& producer, int count) {
    std::atomic<int> failed{0};
    for (int i = 0; i < count; ++i, ++fed_) {
      const OutRecord record{.topic = "in" + suffix_,
                             .key = "key-" + std::to_string(fed_ % 97),
                             .value = std::to_string(fed_)};
      while (!producer.Send(record, [&](const auto& r) { failed += !r.ok(); }).ok()) {
        absl::SleepFor(absl::Milliseconds(1));
      }
    }
    while (producer.outstanding() > 0) absl::SleepFor(absl::Milliseconds(1));
    EXPECT_EQ(failed, 0);
  }

  std::unique_ptr<Broker> broker_;
  std::string suffix_;
  int fed_ = 0;
};

TEST_F(LoopSystemTest, FaultsRestartsAndRebalancesLoseAndDoubleNothing) {
  constexpr std::array kFaults = {
      Fault::kProduce,      Fault::kDelivery,         Fault::kFlush,
      Fault::kSendOffsets,  Fault::kCommitLostAnswer, Fault::kCommitLostRequest,
      Fault::kCommitFenced, Fault::kCommitted};
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Producer producer(*broker_, {});
  std::unique_ptr<Process> processes[2];
  processes[0] = std::make_unique<Process>(*broker_, suffix_, 0);
  processes[1] = std::make_unique<Process>(*broker_, suffix_, 1);
  Feed(producer, 500);
  ASSERT_TRUE(AwaitNoLag(absl::Seconds(60)));
  for (int round = 0; round < 16; ++round) {
    Process& victim = *processes[random() % 2];
    victim.faults.FailNext(kFaults[static_cast<size_t>(round) % kFaults.size()]);
    Feed(producer, 200);
    if (round % 5 == 4) {
      const size_t which = random() % 2;
      processes[which].reset();
      processes[which] = std::make_unique<Process>(*broker_, suffix_, static_cast<int>(which));
    }
  }
  Feed(producer, 200);
  EXPECT_TRUE(AwaitNoLag(absl::Seconds(90)));
  for (const auto& each : processes) EXPECT_FALSE(each->halted);
  ExpectExactlyOnce();

  // The state topic as a table: one checkpoint a lane, at the committed offset.
  SystemClock clock;
  Table table(*broker_, clock, {.topic = "state" + suffix_});
  std::jthread reader([&](const std::stop_token& stop) { table.Run(stop); });
  while (!table.Ready()) absl::SleepFor(absl::Milliseconds(10));
  const auto rows = Lag(*broker_, "loop" + suffix_, "in" + suffix_, absl::Seconds(5));
  ASSERT_TRUE(rows.ok());
  for (const LagRow& row : *rows) {
    const auto checkpoint = table.Get(row.partition.partition, "lane");
    ASSERT_TRUE(checkpoint);
    EXPECT_TRUE(checkpoint->value->starts_with(std::to_string(row.committed) + ":"));
  }
  const auto ends = table.AskEnds(absl::Seconds(5));
  ASSERT_TRUE(ends.ok());
  EXPECT_TRUE(table.WaitUntilPast(*ends, absl::Seconds(5)).ok());
}

// Commits what it took, and takes a moment over every record.
class CommittingHandler final : public ProjectorHandler {
 public:
  absl::StatusOr<std::vector<PartitionOffset>> OnAssigned(
      std::span<const TopicPartition>) override {
    return std::vector<PartitionOffset>();  // the group's offsets
  }
  void OnRevoked(std::span<const TopicPartition> partitions) override {
    for (const TopicPartition& each : partitions) {
      if (next_.contains(each)) projector->Commit(each, next_[each]);
    }
  }
  absl::Status OnRecords(const TopicPartition& partition,
                         std::span<const Record> records) override {
    taken += static_cast<int>(records.size());
    next_[partition] = records.back().offset + 1;
    return absl::OkStatus();
  }

  std::atomic<int> taken{0};
  Projector* projector = nullptr;

 private:
  std::map<TopicPartition, int64_t> next_;
};

TEST_F(LoopSystemTest, ProjectorsOfAGroupTakeEveryRecordOnceWhenNothingFails) {
  SystemClock clock;
  Producer producer(*broker_, {});
  const auto options = [&](const std::string& instance) {
    return ProjectorOptions{.topics = {"in" + suffix_},
                            .group = "projector" + suffix_,
                            .instance = instance,
                            .session_timeout = absl::Seconds(6),
                            .commit_interval = absl::Hours(1)};  // only when revoked
  };
  struct Member {
    Member(Broker& broker, const Clock& clock, ProjectorOptions options)
        : projector(broker, clock, handler, std::move(options)) {
      handler.projector = &projector;
      thread = std::jthread([this](const std::stop_token& stop) { projector.Run(stop); });
    }
    CommittingHandler handler;
    Projector projector;
    std::jthread thread;
  };
  const auto await = [&](auto predicate) {
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    while (!predicate() && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(10));
    return predicate();
  };
  int before = 0;
  Feed(producer, 100);
  {
    Member first(*broker_, clock, options("a"));
    ASSERT_TRUE(await([&] { return first.handler.taken == 100; }));
    Member second(*broker_, clock, options("b"));
    ASSERT_TRUE(await([&] {
      return first.projector.counters().partitions == 2 &&
             second.projector.counters().partitions == 2;
    }));
    Feed(producer, 100);
    ASSERT_TRUE(await([&] { return first.handler.taken + second.handler.taken >= 200; }));
    EXPECT_EQ(first.handler.taken + second.handler.taken, 200) << "committed when revoked";
    EXPECT_TRUE(first.projector.CaughtUp());
    before = first.handler.taken + second.handler.taken;
  }
  Member again(*broker_, clock, options("a"));
  Feed(producer, 100);
  ASSERT_TRUE(await([&] { return before + again.handler.taken >= 300; }));
  EXPECT_EQ(before + again.handler.taken, 300) << "committed when closed";
}

TEST_F(LoopSystemTest, ABacklogIsWorkedOffInLargeTransactions) {
  Producer producer(*broker_, {.handle = {.linger = absl::Milliseconds(2), .max_queued = 100'000}});
  Feed(producer, 40'000);
  const absl::Time begin = absl::Now();
  Process process(*broker_, suffix_, 0);
  ASSERT_TRUE(AwaitNoLag(absl::Seconds(60)));
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  std::fprintf(stderr, "40000 inputs in %.2f s, %lu transactions\n", seconds,
               static_cast<unsigned long>(process.counters().transactions.load()));
  EXPECT_LT(process.counters().transactions, 2000U);
  ExpectExactlyOnce();
}

}  // namespace
}  // namespace plazo::kafka
