#include "platform/kafka/producer.h"

#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::kafka {
namespace {

class ProducerTest : public ::testing::Test {
 protected:
  ProducerTest() : clock_(int64_t{1'000}), fake_(clock_), broker_(fake_) {
    fake_.CreateTopic("t", 4);
  }

  static OutRecord Out(const std::string& value) {
    return {.topic = "t", .key = "k", .value = value};
  }

  ManualClock clock_;
  FakeBroker fake_;
  BreakableBroker broker_;
};

TEST_F(ProducerTest, ReportsWhereAndWhenARecordWasWritten) {
  Producer producer(broker_, {});
  const auto result = producer.SendAndWait(Out("a"), absl::Seconds(10));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->partition, MurmurPartition("k", 4));
  EXPECT_EQ(result->offset, 0);
  EXPECT_EQ(result->timestamp_ms, 1'000);
  EXPECT_EQ(fake_.Records("t").size(), 1U);
}

TEST_F(ProducerTest, WithoutAThreadCallbacksRunWithinPump) {
  Producer producer(broker_, {.own_thread = false});
  int reports = 0;
  ASSERT_TRUE(producer.Send(Out("a"), [&](const auto&) { ++reports; }).ok());
  EXPECT_EQ(reports, 0);
  EXPECT_EQ(producer.outstanding(), 1);
  producer.Pump();
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(producer.outstanding(), 0);
}

TEST_F(ProducerTest, AFullQueueIsResourceExhaustedAndNeverCallsBack) {
  Producer producer(broker_, {.handle = {.max_queued = 2}, .own_thread = false});
  int reports = 0;
  const auto count = [&](const auto&) { ++reports; };
  EXPECT_TRUE(producer.Send(Out("a"), count).ok());
  EXPECT_TRUE(producer.Send(Out("b"), count).ok());
  EXPECT_EQ(producer.Send(Out("c"), count).code(), absl::StatusCode::kResourceExhausted);
  producer.Pump();
  EXPECT_EQ(reports, 2);
  EXPECT_EQ(fake_.Records("t").size(), 2U);
}

TEST_F(ProducerTest, ADeadHandleFailsWhatIsOutstandingAndIsReplaced) {
  Producer producer(broker_, {.own_thread = false});
  broker_.FailNext(Fault::kSendFatal);
  absl::Status status;
  ASSERT_TRUE(
      producer.Send(Out("a"), [&](const absl::StatusOr<Delivered>& r) { status = r.status(); })
          .ok());
  producer.Pump();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(producer.recreated(), 1U);
  bool written = false;
  ASSERT_TRUE(producer.Send(Out("b"), [&](const auto& r) { written = r.ok(); }).ok());
  producer.Pump();
  EXPECT_TRUE(written);
  EXPECT_EQ(producer.outstanding(), 0);
}

TEST_F(ProducerTest, ALostAnswerIsUnavailableAlthoughTheRecordIsThere) {
  Producer producer(broker_, {});
  broker_.FailNext(Fault::kSend);
  EXPECT_EQ(producer.SendAndWait(Out("a"), absl::Seconds(10)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(fake_.Records("t").size(), 1U);
}

TEST_F(ProducerTest, ARecordThatIsTooLargeIsInvalid) {
  Producer producer(broker_, {});
  EXPECT_EQ(producer.SendAndWait(Out(std::string(2 << 20, 'x')), absl::Seconds(10)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ProducerTest, ManyThreadsMaySendWhileHandlesDie) {
  Producer producer(broker_, {});
  for (int n = 1; n <= 5; ++n) broker_.FailNext(Fault::kSendFatal, n * 100);
  std::atomic<int> written{0};
  std::atomic<int> failed{0};
  std::atomic<int> queued{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 250; ++i) {
          const absl::Status status =
              producer.Send(Out("x"), [&](const auto& r) { ++(r.ok() ? written : failed); });
          if (status.ok()) ++queued;
        }
      });
    }
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  // The new handle may come only after the last report of the old one.
  while ((producer.outstanding() > 0 || producer.recreated() == 0) && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(written + failed, queued);
  EXPECT_GE(producer.recreated(), 1U);
  EXPECT_EQ(static_cast<int>(fake_.Records("t").size()), written);
}

TEST_F(ProducerTest, DestructionRunsEveryCallback) {
  int reports = 0;
  {
    Producer producer(broker_, {.own_thread = false});
    ASSERT_TRUE(producer.Send(Out("a"), [&](const auto&) { ++reports; }).ok());
  }
  EXPECT_EQ(reports, 1);
}

}  // namespace
}  // namespace plazo::kafka
