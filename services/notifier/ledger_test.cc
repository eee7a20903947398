// The contract of Ledger, held against the fake and against a real Redis.

#include "services/notifier/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "platform/base/fake/manual_clock.h"
#include "platform/redis/testing/redis_server.h"
#include "services/notifier/fake/fake_ledger.h"
#include "services/notifier/redis_keys.h"
#include "services/notifier/redis_ledger.h"

namespace plazo::notifier {
namespace {

using Verdict = StartAnswer::Verdict;
using ::testing::ElementsAre;

class World {
 public:
  virtual ~World() = default;
  virtual Ledger& ledger() = 0;
  ManualClock clock{int64_t{1'900'000'000'000}};
};

class FakeWorld final : public World {
 public:
  Ledger& ledger() override { return ledger_; }

 private:
  FakeLedger ledger_{clock};
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
  RedisWorld() { EXPECT_TRUE(redis().Command({"FLUSHALL"}).ok()); }
  Ledger& ledger() override { return ledger_; }
  redis::Redis& redis() { return endpoints_.at(0); }

 private:
  const redis::Endpoints endpoints_ =
      redis::Endpoints::Open({Server().address()}, {.clock = &clock}, 2);
  RedisLedger ledger_{endpoints_, clock, "test."};
};

struct Make {
  const char* name;
  std::function<std::unique_ptr<World>()> world;
};

class LedgerContract : public ::testing::TestWithParam<Make> {
 protected:
  Ledger& ledger() { return world_->ledger(); }
  Verdict Start(int attempt, const std::string& token) {
    const auto answer = ledger().Start(copy_, {attempt, token});
    EXPECT_TRUE(answer.ok()) << answer.status();
    last_ = *answer;
    return answer->verdict;
  }
  bool Admit(const std::string& notification, int limit = 2) {
    const auto admitted = ledger().AdmitAnswer({.tenant = "acme",
                                                .address_key = copy_.address_key,
                                                .notification_id = notification,
                                                .limit = limit,
                                                .window = absl::Hours(24)});
    EXPECT_TRUE(admitted.ok()) << admitted.status();
    return *admitted;
  }

  const std::unique_ptr<World> world_ = GetParam().world();
  const CopyId copy_{"n1", AddressKey("ana@home.example")};
  StartAnswer last_;
};

TEST_P(LedgerContract, KnowsNothingAtFirst) {
  const auto entries = ledger().Look("n1");
  ASSERT_TRUE(entries.ok());
  EXPECT_TRUE(entries->empty());
}

TEST_P(LedgerContract, OneTryOfAnAttemptMayGo) {
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  EXPECT_FALSE(last_.repeats);
  EXPECT_EQ(Start(1, "b"), Verdict::kStartedBefore);
}

TEST_P(LedgerContract, ATryRecognisesItself) {
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  EXPECT_FALSE(last_.repeats);
}

TEST_P(LedgerContract, ALaterAttemptMayGoAndRepeats) {
  EXPECT_EQ(Start(9, "a"), Verdict::kGo);
  EXPECT_EQ(Start(10, "b"), Verdict::kGo);
  EXPECT_TRUE(last_.repeats);
}

TEST_P(LedgerContract, AnEarlierAttemptComesTooLate) {
  EXPECT_EQ(Start(10, "a"), Verdict::kGo);
  EXPECT_EQ(Start(9, "a"), Verdict::kStartedBefore);
  ASSERT_TRUE(ledger().MarkRefused(copy_, {10, "a"}).ok());
  EXPECT_EQ(Start(9, "a"), Verdict::kStartedBefore);
}

TEST_P(LedgerContract, WhatWasRefusedMayBeTriedAgain) {
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  ASSERT_TRUE(ledger().MarkRefused(copy_, {1, "a"}).ok());
  const auto entries = ledger().Look("n1");
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->at(copy_.address_key).state, CopyState::kRefused);
  EXPECT_EQ(entries->at(copy_.address_key).by.attempt, 1);
  EXPECT_EQ(Start(1, "b"), Verdict::kGo);
  EXPECT_EQ(Start(2, "c"), Verdict::kGo);
  EXPECT_TRUE(last_.repeats);
}

TEST_P(LedgerContract, OnlyTheTryThatStartedItMayCallItRefused) {
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  ASSERT_TRUE(ledger().MarkRefused(copy_, {1, "b"}).ok());
  ASSERT_TRUE(ledger().MarkRefused(copy_, {2, "a"}).ok());
  const auto entries = ledger().Look("n1");
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->at(copy_.address_key).state, CopyState::kStarted);
  EXPECT_EQ(entries->at(copy_.address_key).by.token, "a");
}

TEST_P(LedgerContract, SentIsForEverAndKeepsTheFirstTime) {
  const absl::Time then = absl::FromUnixMillis(1'900'000'000'123);
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  ASSERT_TRUE(ledger().MarkSent(copy_, then).ok());
  ASSERT_TRUE(ledger().MarkSent(copy_, then + absl::Hours(1)).ok());
  ASSERT_TRUE(ledger().MarkRefused(copy_, {1, "a"}).ok());
  for (const int attempt : {1, 2}) {
    EXPECT_EQ(Start(attempt, "a"), Verdict::kSent);
    EXPECT_EQ(last_.relay_time, then);
  }
  const auto entries = ledger().Look("n1");
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(entries->at(copy_.address_key).state, CopyState::kSent);
  EXPECT_EQ(entries->at(copy_.address_key).relay_time, then);
}

TEST_P(LedgerContract, CopiesAndNotificationsDoNotMeet) {
  EXPECT_EQ(Start(1, "a"), Verdict::kGo);
  const auto other = ledger().Start({"n1", AddressKey("bo@home.example")}, {1, "b"});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->verdict, Verdict::kGo);
  const auto another = ledger().Start({"n2", copy_.address_key}, {1, "c"});
  ASSERT_TRUE(another.ok());
  EXPECT_EQ(another->verdict, Verdict::kGo);
  EXPECT_EQ(ledger().Look("n1")->size(), 2U);
}

TEST_P(LedgerContract, AWindowAdmitsSoManyNotificationsAndEachOnce) {  // I11
  EXPECT_TRUE(Admit("n1"));
  EXPECT_TRUE(Admit("n2"));
  EXPECT_FALSE(Admit("n3"));
  EXPECT_TRUE(Admit("n1"));  // again
  world_->clock.Advance(absl::Hours(24) - absl::Milliseconds(1));
  EXPECT_FALSE(Admit("n3"));
  world_->clock.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(Admit("n3"));
}

TEST(AddressKeyTest, IsTheSameForOneAddressHoweverWritten) {
  EXPECT_EQ(AddressKey("Ana@Home.Example"), AddressKey("ana@home.example"));
  EXPECT_NE(AddressKey("ana@home.example"), AddressKey("bo@home.example"));
}

TEST(RedisLedgerTest, EntriesLiveLongerThanAnIntentCanComeBack) {
  RedisWorld world;
  const CopyId copy{"n1", "key"};
  ASSERT_TRUE(world.ledger().Start(copy, {1, "a"}).ok());
  const auto left = world.redis().Command({"PTTL", LedgerKey("test.", "n1")});
  ASSERT_TRUE(left.ok());
  EXPECT_GT(*left->AsInteger(), absl::ToInt64Milliseconds(absl::Hours(24 * 7)));
}

TEST(RedisLedgerTest, AnEntryThatNobodyWroteIsAnErrorAndNoReasonToSend) {
  RedisWorld world;
  ASSERT_TRUE(world.redis().Command({"HSET", LedgerKey("test.", "n1"), "key", "nonsense"}).ok());
  EXPECT_FALSE(world.ledger().Look("n1").ok());
  EXPECT_FALSE(world.ledger().Start({"n1", "key"}, {1, "a"}).ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, LedgerContract,
    ::testing::Values(Make{"Fake", [] { return std::make_unique<FakeWorld>(); }},
                      Make{"Redis", [] { return std::make_unique<RedisWorld>(); }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace plazo::notifier
