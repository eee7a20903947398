#include "platform/redis/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "platform/base/fake/manual_clock.h"
#include "platform/base/fake/seeded_random.h"
#include "platform/redis/endpoints.h"
#include "platform/redis/fake/fake_redis.h"
#include "platform/redis/pool.h"
#include "platform/redis/testing/redis_server.h"

namespace plazo::redis {
namespace {

using ::testing::HasSubstr;

const Script kEcho{"echo", "return ARGV[1]"};
const Script kBroken{"broken", "this is not Lua"};
const Script kFails{"fails", "return redis.error_reply('EPOCH replaced')"};

class ConnectionTest : public ::testing::Test {
 protected:
  void StartServer(const std::vector<std::string>& extra = {}) {
    auto server = RedisServer::Start(extra);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ConnectionOptions Options() {
    return {.address = server_->address(),
            .command_timeout = absl::Milliseconds(200),
            .clock = &clock_,
            .random = &random_};
  }

  ManualClock clock_{int64_t{1000000}};
  SeededRandom random_;
  std::unique_ptr<RedisServer> server_;
};

TEST_F(ConnectionTest, LoadsAScriptOnceAndAgainWhenTheServerForgot) {
  StartServer();
  Connection redis(Options());
  EXPECT_EQ(redis.Eval(kEcho, {}, {"a"})->text(), "a");
  EXPECT_EQ(redis.Eval(kEcho, {}, {"b"})->text(), "b");
  ASSERT_TRUE(redis.Command({"SCRIPT", "FLUSH"}).ok());
  const auto replies = redis.Execute(
      {Call::Eval(kEcho, {}, {"c"}), Call::Command({"PING"}), Call::Eval(kEcho, {}, {"d"})});
  ASSERT_TRUE(replies.ok());
  EXPECT_EQ((*replies)[0].text(), "c");
  EXPECT_EQ((*replies)[1].text(), "PONG");
  EXPECT_EQ((*replies)[2].text(), "d");
  // Loading went along with the first call only: two loads, three flights with a script.
  const auto info = redis.Command({"INFO", "commandstats"});
  EXPECT_THAT(info->text(), HasSubstr("cmdstat_script|load:calls=2,"));
}

TEST_F(ConnectionTest, ErrorsOfScriptsKeepTheirWords) {
  StartServer();
  Connection redis(Options());
  const auto broken = redis.Eval(kBroken, {}, {});
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(broken.status().ToString(), HasSubstr("broken: redis: ERR Error compiling script"));
  EXPECT_THAT(redis.Eval(kFails, {}, {}).status().ToString(), HasSubstr("EPOCH replaced"));
  EXPECT_EQ(redis.Eval(kEcho, {}, {"a"})->text(), "a") << "the connection is as good as before";
}

TEST_F(ConnectionTest, ATimeoutIsInDoubtAndTheConnectionIsNotUsedAgain) {
  StartServer();
  Connection redis(Options());
  ASSERT_TRUE(redis.Command({"SET", "a", "old"}).ok());
  server_->Freeze();
  EXPECT_EQ(redis.Command({"GET", "a"}).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(redis.connected());
  server_->Thaw();
  EXPECT_EQ(redis.Command({"PING"})->text(), "PONG")
      << "the late answer must not be taken for this one";
}

TEST_F(ConnectionTest, AConnectionClosedWhileIdleIsReplacedUnseen) {
  StartServer();
  Connection redis(Options());
  ASSERT_TRUE(redis.Eval(kEcho, {}, {"a"}).ok());
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(redis.Eval(kEcho, {}, {"b"})->text(), "b");
}

TEST_F(ConnectionTest, AServerThatGoesDuringACallLeavesDoubt) {
  StartServer();
  Connection redis(Options());
  ASSERT_TRUE(redis.Command({"PING"}).ok());
  server_->Freeze();
  std::thread killer([&] { server_->Kill(); });
  const absl::StatusCode code = redis.Command({"INCR", "a"}).status().code();
  killer.join();
  // Gone before the call is "not sent"; gone after it is "in doubt".
  EXPECT_THAT(code, ::testing::AnyOf(absl::StatusCode::kAborted, absl::StatusCode::kUnavailable));
}

TEST_F(ConnectionTest, BacksOffAfterAFailedConnect) {
  StartServer();
  Connection redis(Options());
  server_->Kill();
  EXPECT_EQ(redis.Command({"PING"}).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(server_->Restart().ok());
  const auto early = redis.Command({"PING"});
  EXPECT_EQ(early.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(early.status().ToString(), HasSubstr("waiting to connect again"));
  clock_.Advance(absl::Milliseconds(50));
  EXPECT_TRUE(redis.Command({"PING"}).ok());
}

TEST_F(ConnectionTest, BackoffGrowsToItsBound) {
  Connection redis({.address = "unix:/nonexistent.sock", .clock = &clock_, .random = &random_});
  int attempts = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto status = redis.Command({"PING"}).status();
    attempts += status.ToString().find("waiting") == std::string::npos;
    clock_.Advance(absl::Milliseconds(10));
  }
  // Ten seconds: 50, 100 ... 1600 ms, then 2 s each, with half of it jitter.
  EXPECT_GE(attempts, 9);
  EXPECT_LE(attempts, 17);
}

TEST_F(ConnectionTest, AuthenticatesAndTellsAWrongPassword) {
  StartServer({"--requirepass", "hunter2"});
  ConnectionOptions options = Options();
  EXPECT_EQ(Connection(options).Command({"PING"}).status().code(),
            absl::StatusCode::kPermissionDenied);
  options.password = "wrong";
  const auto wrong = Connection(options).Command({"PING"});
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kPermissionDenied);
  options.password = "hunter2";
  EXPECT_TRUE(Connection(options).Command({"PING"}).ok());
  options.username = "default";
  EXPECT_TRUE(Connection(options).Command({"PING"}).ok());
}

TEST_F(ConnectionTest, OutOfMemoryIsToldApart) {
  StartServer({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  Connection redis(Options());
  EXPECT_EQ(redis.Command({"SET", "a", "b"}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(ConnectionTest, BytesPassUnchanged) {
  StartServer();
  Connection redis(Options());
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  ASSERT_TRUE(redis.Command({"SET", all, std::string(1 << 20, '\0') + all}).ok());
  EXPECT_EQ(redis.Command({"GET", all})->text(), std::string(1 << 20, '\0') + all);
}

TEST(Connection, AMalformedAddressIsNamed) {
  for (const char* address : {"", "localhost", ":6379", "host:", "host:port", "host:123456"}) {
    EXPECT_EQ(Connection({.address = address}).Command({"PING"}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST_F(ConnectionTest, APoolServesManyThreads) {
  StartServer();
  ConnectionOptions options = Options();
  options.command_timeout = absl::Seconds(10);
  Pool pool(options, 3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string mark = std::to_string(t) + "." + std::to_string(i);
        const auto reply = pool.Eval(kEcho, {}, {mark});
        ASSERT_TRUE(reply.ok()) << reply.status();
        ASSERT_EQ(reply->text(), mark);
        ASSERT_TRUE(pool.Command({"INCR", "n"}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.Command({"GET", "n"})->AsInteger().value(), 1600);
  Connection other(Options());
  EXPECT_THAT(other.Command({"INFO", "clients"})->text(),
              ::testing::ContainsRegex("connected_clients:[1-4]\r"));
}

TEST(Endpoints, APartitionStaysWithItsMember) {
  std::vector<std::unique_ptr<Redis>> members;
  for (int i = 0; i < 3; ++i) members.push_back(std::make_unique<FakeRedis>());
  const Endpoints endpoints(std::move(members));
  for (int32_t p = 0; p < 24; ++p)
    EXPECT_EQ(&endpoints.For(p), &endpoints.at(static_cast<size_t>(p % 3)));
  EXPECT_EQ(Endpoints::Open({"a:1", "b:2"}, {}, 0).size(), 2u);
  EXPECT_EQ(Endpoints::Open({"a:1", "b:2"}, {}, 4).size(), 2u);
}

TEST(Reply, ReadersInsistOnTheType) {
  EXPECT_EQ(*Reply::Integer(5).AsInteger(), 5);
  EXPECT_EQ(*Reply::String("-7").AsInteger(), -7);
  EXPECT_FALSE(Reply::String("7x").AsInteger().ok());
  EXPECT_FALSE(Reply::String("").AsInteger().ok());
  EXPECT_FALSE(Reply::Nil().AsInteger().ok());
  EXPECT_EQ(*Reply::Ok().AsString(), "OK");
  EXPECT_FALSE(Reply::Nil().AsString().ok());
  EXPECT_EQ(*Reply::Nil().AsOptionalString(), std::nullopt);
  EXPECT_EQ(*Reply::String("x").AsOptionalString(), "x");
  EXPECT_EQ(*Reply::Array({Reply::String("a"), Reply::String("b")}).AsStrings(),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(Reply::Array({Reply::Nil()}).AsStrings().ok());
  EXPECT_EQ(Reply::Error("OOM x").AsString().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reply::Error("LOADING x").ToStatus().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reply::Error("WRONGTYPE x").ToStatus().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reply::Error("ERR").ToStatus().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace plazo::redis
