// The contract of DeadlineIndex, held against the fake and against a real Redis, and what is
// Redis's alone.

#include "services/sla-timer/deadline_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/base/clock.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/redis/endpoints.h"
#include "platform/redis/testing/redis_server.h"
#include "services/sla-timer/fake/fake_deadline_index.h"
#include "services/sla-timer/redis_deadline_index.h"
#include "services/sla-timer/redis_keys.h"

namespace plazo::sla_timer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'900'000'000'000;
constexpr int64_t kAll = 1LL << 52;

class World {
 public:
  virtual ~World() = default;
  virtual DeadlineIndex& index() = 0;
  virtual void Wipe() = 0;
  ManualClock clock{kNow};
};

class FakeWorld final : public World {
 public:
  DeadlineIndex& index() override { return index_; }
  void Wipe() override { index_.Wipe(); }

 private:
  FakeDeadlineIndex index_;
};

// One server for the whole binary, emptied for each test.
redis::RedisServer& Server() {
  static const std::unique_ptr<redis::RedisServer> server = [] {
    auto started = redis::RedisServer::Start();
    if (!started.ok()) ADD_FAILURE() << started.status();
    return started.ok() ? *std::move(started) : nullptr;
  }();
  return *server;
}

class RedisWorld final : public World {
 public:
  RedisWorld() { Wipe(); }
  DeadlineIndex& index() override { return index_; }
  void Wipe() override { ASSERT_TRUE(redis().Command({"FLUSHALL"}).ok()); }
  redis::Redis& redis() { return endpoints_.at(0); }

  const redis::Endpoints endpoints_ = redis::Endpoints::Open(
      {Server().address()}, {.command_timeout = absl::Milliseconds(300), .clock = &clock}, 0);
  RedisDeadlineIndex index_{endpoints_, clock, "test."};
};

struct Make {
  const char* name;
  std::function<std::unique_ptr<World>()> world;
};

class DeadlineIndexContract : public ::testing::TestWithParam<Make> {
 protected:
  DeadlineIndex& index() { return world_->index(); }

  Owner Own(int32_t partition) {
    const auto ownership = index().Own(partition);
    EXPECT_TRUE(ownership.ok()) << ownership.status();
    return ownership->owner;
  }
  // An owner of an empty partition.
  Owner Fresh(int32_t partition) {
    const Owner owner = Own(partition);
    const auto state = index().Reset(owner);
    EXPECT_TRUE(state.ok() && state->standing == Standing::kOurs) << state.status();
    return owner;
  }
  void MustApply(const Owner& owner, int64_t from, int64_t to,
                 const std::vector<AggregateDeadlines>& updates) {
    const auto applied = index().Apply(owner, from, to, updates);
    ASSERT_TRUE(applied.ok()) << applied.status();
    ASSERT_TRUE(applied->applied);
    EXPECT_EQ(applied->state.offset, to);
  }
  std::vector<DueDeadline> All(const Owner& owner) {
    const auto due = index().Due(owner, kAll, 100'000);
    EXPECT_TRUE(due.ok()) << due.status();
    return due->due;
  }

  const std::unique_ptr<World> world_ = GetParam().world();
};

INSTANTIATE_TEST_SUITE_P(
    , DeadlineIndexContract,
    ::testing::Values(Make{"fake", [] { return std::make_unique<FakeWorld>(); }},
                      Make{"redis", [] { return std::make_unique<RedisWorld>(); }}),
    [](const auto& info) { return info.param.name; });

TEST_P(DeadlineIndexContract, KnowsNothingUntilReset) {
  const auto ownership = index().Own(3);
  ASSERT_TRUE(ownership.ok()) << ownership.status();
  EXPECT_EQ(ownership->state.standing, Standing::kWiped);
  EXPECT_EQ(ownership->former_epoch, 0);
  EXPECT_EQ(ownership->owner.partition, 3);
  const auto early = index().Apply(ownership->owner, 0, 1, {});
  ASSERT_TRUE(early.ok());
  EXPECT_FALSE(early->applied);
  EXPECT_EQ(early->state.standing, Standing::kWiped);

  const auto state = index().Reset(ownership->owner);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->standing, Standing::kOurs);
  EXPECT_EQ(state->offset, 0);
  EXPECT_EQ(state->deadlines, 0);
}

TEST_P(DeadlineIndexContract, SetsExactlyTheDeadlinesGiven) {
  const Owner owner = Fresh(0);
  MustApply(owner, 0, 10,
            {{"ticket/a", {{"breach.x", kNow + 2}, {"warn.x.0", kNow + 1}}},
             {"ticket/b", {{"breach.x", kNow + 3}}}});
  EXPECT_THAT(All(owner), ElementsAre(DueDeadline{"ticket/a", "warn.x.0", kNow + 1},
                                      DueDeadline{"ticket/a", "breach.x", kNow + 2},
                                      DueDeadline{"ticket/b", "breach.x", kNow + 3}));
  MustApply(owner, 10, 12,
            {{"ticket/a", {{"auto_close", kNow + 9}, {"breach.x", kNow + 5}}}, {"ticket/c", {}}});
  EXPECT_THAT(All(owner), ElementsAre(DueDeadline{"ticket/b", "breach.x", kNow + 3},
                                      DueDeadline{"ticket/a", "breach.x", kNow + 5},
                                      DueDeadline{"ticket/a", "auto_close", kNow + 9}));
  MustApply(owner, 12, 13, {{"ticket/a", {}}});
  EXPECT_THAT(All(owner), ElementsAre(DueDeadline{"ticket/b", "breach.x", kNow + 3}));
  const auto state = index().Check(owner);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->offset, 13);
  EXPECT_EQ(state->deadlines, 1);
  EXPECT_EQ(state->aggregates, 1);
}

TEST_P(DeadlineIndexContract, RepeatedApplyChangesNothing) {
  const Owner owner = Fresh(0);
  MustApply(owner, 0, 10, {{"ticket/a", {{"breach.x", kNow}}}});
  const std::vector<AggregateDeadlines> other = {{"ticket/a", {}}};
  for (const int64_t from : {0, 9, 11}) {
    const auto applied = index().Apply(owner, from, 20, other);
    ASSERT_TRUE(applied.ok());
    EXPECT_FALSE(applied->applied);
    EXPECT_EQ(applied->state.standing, Standing::kOurs);
    EXPECT_EQ(applied->state.offset, 10);
  }
  EXPECT_EQ(All(owner).size(), 1u);
}

TEST_P(DeadlineIndexContract, ReplacedOwnerCanDoNothing) {
  const Owner old = Fresh(0);
  MustApply(old, 0, 10, {{"ticket/a", {{"breach.x", kNow}}}});
  const auto taken = index().Own(0);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->former_epoch, old.epoch);
  EXPECT_GT(taken->owner.epoch, old.epoch);
  EXPECT_EQ(taken->state.standing, Standing::kOurs);
  EXPECT_EQ(taken->state.offset, 10);
  EXPECT_EQ(taken->state.deadlines, 1);

  const std::vector<AggregateDeadlines> nothing = {{"ticket/a", {}}};
  EXPECT_EQ(index().Apply(old, 10, 11, nothing)->state.standing, Standing::kReplaced);
  EXPECT_EQ(index().Reset(old)->standing, Standing::kReplaced);
  EXPECT_EQ(index().Check(old)->standing, Standing::kReplaced);
  const auto due = index().Due(old, kAll, 10);
  EXPECT_EQ(due->state.standing, Standing::kReplaced);
  EXPECT_THAT(due->due, IsEmpty());
  EXPECT_EQ(All(taken->owner).size(), 1u);
  EXPECT_EQ(index().Check(taken->owner)->offset, 10);
}

TEST_P(DeadlineIndexContract, EpochsRiseAcrossAWipe) {
  const Owner first = Fresh(0);
  const Owner second = Own(0);
  world_->Wipe();
  world_->clock.Advance(absl::Seconds(1));
  const auto third = index().Own(0);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->former_epoch, 0);
  EXPECT_GT(second.epoch, first.epoch);
  EXPECT_GT(third->owner.epoch, second.epoch);
  EXPECT_EQ(index().Check(second)->standing, Standing::kReplaced);
}

TEST_P(DeadlineIndexContract, TellsAWipeToEveryCall) {
  const Owner owner = Fresh(0);
  MustApply(owner, 0, 10, {{"ticket/a", {{"breach.x", kNow}}}});
  world_->Wipe();
  EXPECT_EQ(index().Check(owner)->standing, Standing::kWiped);
  EXPECT_EQ(index().Due(owner, kAll, 10)->state.standing, Standing::kWiped);
  const auto applied = index().Apply(owner, 10, 11, {});
  EXPECT_FALSE(applied->applied);
  EXPECT_EQ(applied->state.standing, Standing::kWiped);
  EXPECT_EQ(index().Reset(owner)->standing, Standing::kOurs);
  EXPECT_THAT(All(owner), IsEmpty());
}

TEST_P(DeadlineIndexContract, ResetEmpties) {
  const Owner owner = Fresh(0);
  MustApply(owner, 0, 10, {{"ticket/a", {{"breach.x", kNow}}}});
  const auto state = index().Reset(owner);
  EXPECT_EQ(state->offset, 0);
  EXPECT_EQ(state->deadlines, 0);
  EXPECT_EQ(state->aggregates, 0);
  EXPECT_THAT(All(owner), IsEmpty());
}

TEST_P(DeadlineIndexContract, DueGivesTheEarliestAndTakesNothingAway) {
  const Owner owner = Fresh(0);
  MustApply(owner, 0, 1,
            {{"ticket/a", {{"x", kNow}, {"y", kNow + 1}}},
             {"ticket/b", {{"x", kNow - 5}}},
             {"notice/with|bar", {{"x", kNow - 1}}}});
  for (int i = 0; i < 2; ++i) {
    const auto due = index().Due(owner, kNow, 10);
    ASSERT_TRUE(due.ok());
    EXPECT_THAT(due->due, ElementsAre(DueDeadline{"ticket/b", "x", kNow - 5},
                                      DueDeadline{"notice/with|bar", "x", kNow - 1},
                                      DueDeadline{"ticket/a", "x", kNow}));
    EXPECT_EQ(due->next_due_ms, kNow + 1);
    EXPECT_EQ(due->state.offset, 1);
  }
  EXPECT_THAT(index().Due(owner, kNow, 1)->due,
              ElementsAre(DueDeadline{"ticket/b", "x", kNow - 5}));
  EXPECT_EQ(index().Due(owner, kNow + 1, 10)->next_due_ms, std::nullopt);
}

TEST_P(DeadlineIndexContract, PartitionsDoNotMeet) {
  const Owner one = Fresh(1);
  const Owner two = Fresh(2);
  MustApply(one, 0, 5, {{"ticket/a", {{"x", kNow}}}});
  EXPECT_THAT(All(two), IsEmpty());
  EXPECT_EQ(index().Check(two)->offset, 0);
  EXPECT_EQ(index().Reset(two)->standing, Standing::kOurs);
  EXPECT_EQ(All(one).size(), 1u);
}

// More values than Lua's stack takes at once.
TEST_P(DeadlineIndexContract, TakesALargeBatch) {
  const Owner owner = Fresh(0);
  std::vector<AggregateDeadlines> updates(200);
  for (size_t i = 0; i < updates.size(); ++i) {
    updates[i].aggregate = "ticket/" + std::to_string(i);
    for (int k = 0; k < 30; ++k) {
      updates[i].deadlines.push_back({"notify_retry." + std::to_string(k), kNow + k});
    }
  }
  MustApply(owner, 0, 200, updates);
  EXPECT_EQ(index().Check(owner)->deadlines, 6000);
  EXPECT_EQ(index().Check(owner)->aggregates, 200);
  for (AggregateDeadlines& update : updates) update.deadlines.clear();
  MustApply(owner, 200, 400, updates);
  EXPECT_EQ(index().Check(owner)->deadlines, 0);
  EXPECT_EQ(index().Check(owner)->aggregates, 0);
}

// --- Redis alone ---

TEST(RedisDeadlineIndex, LaysDataDownAsDocumented) {
  RedisWorld world;
  const Owner owner = world.index().Own(7)->owner;
  ASSERT_TRUE(world.index().Reset(owner).ok());
  const std::vector<AggregateDeadlines> updates = {{"ticket/a", {{"x", kNow + 1}, {"y", kNow}}}};
  ASSERT_TRUE(world.index().Apply(owner, 0, 42, updates)->applied);
  redis::Redis& redis = world.redis();
  EXPECT_THAT(
      *redis.Command({"ZRANGE", "test.plazo:{t7}:due", "0", "-1", "WITHSCORES"})->AsStrings(),
      ElementsAre("ticket/a|y", std::to_string(kNow), "ticket/a|x", std::to_string(kNow + 1)));
  EXPECT_EQ(*redis.Command({"HGET", "test.plazo:{t7}:armed", "ticket/a"})->AsString(), "x\ny");
  EXPECT_THAT(
      *redis.Command({"HMGET", MetaKey("test.", 7), "offset", "epoch", "written_ms"})->AsStrings(),
      ElementsAre("42", std::to_string(owner.epoch), std::to_string(kNow)));
  EXPECT_EQ(owner.epoch, kNow);  // written out in full: not 1.9e+12
}

// A server that hangs costs one timeout; what it did in the end is found by its offset.
TEST(RedisDeadlineIndex, RestsAfterAFailureAndFindsOutWhatHappened) {
  RedisWorld world;
  const Owner owner = world.index().Own(0)->owner;
  ASSERT_TRUE(world.index().Reset(owner).ok());
  const std::vector<AggregateDeadlines> updates = {{"ticket/a", {{"x", kNow}}}};
  Server().Freeze();
  EXPECT_FALSE(world.index().Apply(owner, 0, 5, updates).ok());
  const absl::Time asked = absl::Now();
  EXPECT_EQ(world.index().Check(owner).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_LT(absl::Now() - asked, absl::Milliseconds(200));
  Server().Thaw();
  world.clock.Advance(absl::Seconds(5));
  const auto again = world.index().Apply(owner, 0, 5, updates);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state.offset, 5);
  EXPECT_EQ(world.index().Check(owner)->deadlines, 1);
}

// noeviction: a full Redis refuses the whole step; neither deadline nor offset moves.
TEST(RedisDeadlineIndex, FullServerRefusesTheWholeStep) {
  RedisWorld world;
  const Owner owner = world.index().Own(0)->owner;
  ASSERT_TRUE(world.index().Reset(owner).ok());
  const std::vector<AggregateDeadlines> updates = {{"ticket/a", {{"x", kNow}}}};
  ASSERT_TRUE(world.redis().Command({"CONFIG", "SET", "maxmemory", "1000"}).ok());
  const auto refused = world.index().Apply(owner, 0, 5, updates);
  ASSERT_TRUE(world.redis().Command({"CONFIG", "SET", "maxmemory", "0"}).ok());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  EXPECT_EQ(world.index().Check(owner)->offset, 0);
  EXPECT_EQ(world.index().Check(owner)->deadlines, 0);
}

}  // namespace
}  // namespace plazo::sla_timer
