#include "services/intake/command_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/fake_broker.h"

namespace plazo::intake {
namespace {

using ::testing::HasSubstr;

class CommandSenderTest : public ::testing::Test {
 protected:
  CommandSenderTest() { broker_.CreateTopic(topics_.inbound, 2); }

  void Send(const std::string& id, absl::Duration wait, core::v1::Channel channel) {
    core::v1::Command command;
    command.set_command_id(id);
    command.set_aggregate("ticket/t");
    command.mutable_open_ticket()->set_channel(channel);
    sender_.Send(std::move(command), wait, "", [this](Submitted s) { submitted_.push_back(s); });
    for (int i = 0; i < 20; ++i) producer_.Pump();
  }
  void Decide(const std::string& id) {
    core::v1::Decision decision;
    decision.set_command_id(id);
    kafka::Record record;
    record.value = decision.SerializeAsString();
    ASSERT_TRUE(decisions_.OnRecords({topics_.decisions, 0}, {&record, 1}).ok());
  }

  const Topics topics_;
  ManualClock clock_{1'800'000'000'000};
  kafka::FakeBroker broker_{clock_};
  kafka::Producer producer_{broker_, {.own_thread = false}};
  Decisions decisions_{clock_};
  observability::Metrics registry_;
  IntakeMetrics metrics_{registry_};
  CommandSender sender_{producer_, decisions_, clock_, topics_, &metrics_};
  std::vector<Submitted> submitted_;
};

TEST_F(CommandSenderTest, CountsCommandsByChannelAndTimesTheWaitForADecision) {
  Send("one", absl::Seconds(5), core::v1::CHANNEL_EMAIL);
  EXPECT_TRUE(submitted_.empty());
  clock_.Advance(absl::Seconds(2));
  Decide("one");
  ASSERT_EQ(submitted_.size(), 1u);
  EXPECT_TRUE(submitted_[0].decision.has_value());
  Send("two", absl::ZeroDuration(), core::v1::CHANNEL_CHAT);
  ASSERT_EQ(submitted_.size(), 2u);
  EXPECT_FALSE(submitted_[1].decision.has_value());
  const std::string told = registry_.Render();
  EXPECT_THAT(told,
              HasSubstr("plazo_intake_commands_total{channel=\"email\",outcome=\"accepted\"} 1"));
  EXPECT_THAT(told,
              HasSubstr("plazo_intake_commands_total{channel=\"chat\",outcome=\"accepted\"} 1"));
  EXPECT_THAT(told, HasSubstr("plazo_intake_decision_wait_seconds_sum 2"));
  EXPECT_THAT(told, HasSubstr("plazo_intake_decision_wait_seconds_count 1"));
  EXPECT_THAT(told, HasSubstr("plazo_intake_pending_total 0"));
}

TEST_F(CommandSenderTest, ACallWhoseDecisionDidNotComeIsPending) {
  Send("one", absl::Seconds(1), core::v1::CHANNEL_TICKET);
  clock_.Advance(absl::Seconds(2));
  decisions_.OnIdle();
  ASSERT_EQ(submitted_.size(), 1u);
  EXPECT_TRUE(submitted_[0].accepted.ok());
  EXPECT_FALSE(submitted_[0].decision.has_value());
  EXPECT_THAT(registry_.Render(), HasSubstr("plazo_intake_pending_total 1"));
}

}  // namespace
}  // namespace plazo::intake
