#include "services/desk/timelines.h"

#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/redis/testing/redis_server.h"
#include "services/desk/queue_order.h"

namespace plazo::desk {
namespace {

constexpr char kTopic[] = "plazo.evt.tickets.v1";

// One partition of decisions, a real Redis, and desks that are pumped by hand.
class TimelinesTest : public ::testing::Test {
 protected:
  struct Desk {
    Desk(TimelinesTest& test)
        : timelines(test.redis_, test.clock_, "t.",
                    [](const kafka::TopicPartition&) { return kafka::kBeginning; }),
          projector(test.broker_, test.clock_, timelines, {.topics = {kTopic}}) {
      timelines.Attach(projector);
    }
    Timelines timelines;
    kafka::Projector projector;
  };

  TimelinesTest() { broker_.CreateTopic(kTopic, 1); }

  void Say(const std::string& text) {
    core::v1::Decision decision;
    decision.set_command_id("c" + std::to_string(++said_));
    auto* message = decision.add_events()->mutable_message_added();
    message->set_message_id("m" + std::to_string(said_));
    message->mutable_content()->set_body(text);
    broker_.Append({.topic = kTopic,
                    .partition = 0,
                    .key = ids::TicketKey("x"),
                    .value = decision.SerializeAsString(),
                    .headers = {}});
  }

  void Pump(Desk& desk) {
    clock_.Advance(absl::Seconds(2));
    for (int i = 0; i < 20; ++i) desk.projector.RunOnce();
  }

  std::string Told(Desk& desk) {
    auto entries = desk.timelines.Read(0, "x");
    if (!entries.ok()) return std::string(entries.status().message());
    std::string told;
    for (const auto& entry : *entries) told += entry.text() + " ";
    return told;
  }

  ManualClock clock_{1'800'000'000'000};
  kafka::FakeBroker broker_{clock_};
  const std::unique_ptr<redis::RedisServer> server_ = *redis::RedisServer::Start();
  redis::Endpoints redis_ = redis::Endpoints::Open({server_->address()}, {.clock = &clock_}, 1);
  int said_ = 0;
};

TEST_F(TimelinesTest, AConversationIsToldInItsOrder) {
  Desk desk(*this);
  for (const char* text : {"a", "b", "c"}) Say(text);
  Pump(desk);
  EXPECT_EQ(Told(desk), "a b c ");
  Say("d");
  Pump(desk);
  EXPECT_EQ(Told(desk), "a b c d ");
}

TEST_F(TimelinesTest, TwoDesksWriteWithoutHarm) {
  Desk one(*this), two(*this);
  Say("a");
  Pump(one);
  Pump(two);
  Say("b");
  Pump(two);
  Pump(one);
  EXPECT_EQ(Told(one), "a b ");
  EXPECT_EQ(Told(two), "a b ");
}

TEST_F(TimelinesTest, AWipeIsNoticedBusyOrIdleAndRebuilt) {
  Desk desk(*this);
  Say("a");
  Say("b");
  Pump(desk);
  ASSERT_TRUE(redis_.For(0).Command({"FLUSHALL"}).ok());
  Pump(desk);  // idle
  EXPECT_EQ(Told(desk), "a b ");
  ASSERT_TRUE(redis_.For(0).Command({"FLUSHALL"}).ok());
  Say("c");
  Pump(desk);
  EXPECT_EQ(Told(desk), "a b c ");
}

TEST_F(TimelinesTest, ADeskThatHasNotCaughtUpSaysSo) {
  Desk desk(*this);
  EXPECT_EQ(Told(desk), "timelines are being rebuilt");
}

TicketPtr Ticket(const std::string& id, core::v1::Impact impact, core::v1::ClockKind clock,
                 int64_t due) {
  auto ticket = std::make_shared<core::v1::TicketState>();
  ticket->set_ticket_id(id);
  ticket->set_impact(impact);
  auto* running = ticket->add_clocks();
  running->set_kind(clock);
  running->set_status(core::v1::CLOCK_STATUS_RUNNING);
  running->mutable_due_time()->set_seconds(due);
  return ticket;
}

TEST(QueueOrder, FollowUpsStandBeforeNewRequestsOfTheSameUrgency) {
  std::vector<TicketPtr> queue = {
      Ticket("new-soon", core::v1::IMPACT_LOW, core::v1::CLOCK_KIND_FIRST_RESPONSE, 10),
      Ticket("answered", core::v1::IMPACT_LOW, core::v1::CLOCK_KIND_NEXT_RESPONSE, 99),
      Ticket("down", core::v1::IMPACT_HIGH, core::v1::CLOCK_KIND_FIRST_RESPONSE, 500)};
  SortQueue(v1::TICKET_ORDER_PRIORITY, queue);
  EXPECT_EQ(queue[0]->ticket_id(), "down");
  EXPECT_EQ(queue[1]->ticket_id(), "answered");
  EXPECT_EQ(queue[2]->ticket_id(), "new-soon");
  SortQueue(v1::TICKET_ORDER_NEXT_DEADLINE, queue);
  EXPECT_EQ(queue[0]->ticket_id(), "new-soon");
}

}  // namespace
}  // namespace plazo::desk
