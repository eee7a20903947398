// The same calls against a real Redis and the fake: both must give the same replies.

#include <gtest/gtest.h>

#include "platform/redis/connection.h"
#include "platform/redis/fake/fake_redis.h"
#include "platform/redis/testing/redis_server.h"

namespace plazo::redis {
namespace {

const Script kMoveUp{"move_up", R"lua(
-- KEYS[1] sorted set; ARGV[1] member, ARGV[2] score. Sets the score when it is higher; returns {old or nil, card}.
local old = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not old or tonumber(ARGV[2]) > tonumber(old) then
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
end
return {old, redis.call('ZCARD', KEYS[1])}
)lua"};

Reply MoveUp(const FakeRedis::RedisCall& call, const std::vector<std::string>& keys,
             const std::vector<std::string>& args) {
  const Reply old = call({"ZSCORE", keys[0], args[0]});
  if (old.is_nil() || std::stod(args[1]) > std::stod(old.text()))
    call({"ZADD", keys[0], args[1], args[0]});
  return Reply::Array({old, call({"ZCARD", keys[0]})});
}

class RedisContract : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto server = RedisServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = server->release();
  }
  static void TearDownTestSuite() { delete server_; }

  RedisContract() : real_({.address = server_->address()}) {
    fake_.DefineScript(kMoveUp, MoveUp);
    Same({"FLUSHALL"});
  }

  // Errors must be of the same kind; their words may differ.
  void Compare(const absl::StatusOr<std::vector<Reply>>& real,
               const absl::StatusOr<std::vector<Reply>>& fake, const std::string& what) {
    ASSERT_TRUE(real.ok()) << what << ": " << real.status();
    ASSERT_TRUE(fake.ok()) << what << ": " << fake.status();
    ASSERT_EQ(real->size(), fake->size());
    for (size_t i = 0; i < real->size(); ++i) {
      const Reply& r = (*real)[i];
      const Reply& f = (*fake)[i];
      if (r.is_error() || f.is_error()) {
        EXPECT_EQ(r.ToStatus().code(), f.ToStatus().code())
            << what << ": " << r.DebugString() << " / " << f.DebugString();
      } else {
        EXPECT_EQ(r, f) << what << ": " << r.DebugString() << " / " << f.DebugString();
      }
    }
  }

  void Same(const std::vector<std::string>& command) {
    std::string what;
    for (const std::string& word : command) what += word + " ";
    Compare(real_.Execute({Call::Command(command)}), fake_.Execute({Call::Command(command)}), what);
  }
  void SameAll(const std::vector<std::vector<std::string>>& commands) {
    for (const auto& command : commands) Same(command);
  }

  static inline RedisServer* server_ = nullptr;
  Connection real_;
  FakeRedis fake_;
};

TEST_F(RedisContract, Strings) {
  SameAll({{"PING"},
           {"GET", "a"},
           {"SET", "a", "1"},
           {"set", "a", "2", "NX"},
           {"SET", "a", "3", "XX"},
           {"SET", "b", "3", "XX"},
           {"SET", "c", std::string("\0\xff\r\n", 4), "EX", "100"},
           {"SET", "c", "x", "EX"},
           {"SET", "c", "x", "BAD"},
           {"GET", "c"},
           {"INCR", "a"},
           {"INCR", "new"},
           {"INCR", "c"},
           {"EXISTS", "a", "b", "c"},
           {"EXPIRE", "a", "100"},
           {"EXPIRE", "none", "100"},
           {"PEXPIRE", "a", "100000"},
           {"DEL", "a", "b", "c"},
           {"UNLINK", "new"},
           {"GET"},
           {"EXISTS", "new"}});
}

TEST_F(RedisContract, Hashes) {
  SameAll({{"HSET", "h", "b", "2", "a", "1"},
           {"HSET", "h", "a", "9", "c", "3"},
           {"HSET", "h", "a"},
           {"HSET", "h", "a", "1", "b"},
           {"HGET", "h", "a"},
           {"HGET", "h", "z"},
           {"HGET", "none", "z"},
           {"HMGET", "h", "a", "z", "b"},
           {"HMGET", "none", "a"},
           {"HLEN", "h"},
           {"HLEN", "none"},
           {"HDEL", "h", "b", "c", "zz"},
           {"HGETALL", "h"},
           {"HDEL", "h", "a"},
           {"EXISTS", "h"},
           {"HGETALL", "h"},
           {"HDEL", "none", "a"},
           {"SET", "s", "x"},
           {"HGET", "s", "a"},
           {"HSET", "s", "a", "b"},
           {"HDEL", "s", "a"},
           {"HLEN", "s"},
           {"GET", "h2"},
           {"HSET", "h2", "a", "b"},
           {"GET", "h2"},
           {"INCR", "h2"}});
}

TEST_F(RedisContract, SortedSets) {
  SameAll({{"ZADD", "z", "3", "c", "1", "a", "2", "b"},
           {"ZADD", "z", "NX", "9", "a", "4", "d"},
           {"ZADD", "z", "XX", "1.5", "a", "4", "e"},
           {"ZADD", "z", "x", "a"},
           {"ZADD", "z", "1"},
           {"ZADD", "z", "1", "a", "2"},
           {"ZADD", "z2", "XX", "1", "a"},
           {"EXISTS", "z2"},
           {"ZADD", "z", "3", "bb"},
           {"ZADD", "z", "inf", "last", "-inf", "first"},
           {"ZADD", "z", "1893456000123", "due"},
           {"ZSCORE", "z", "due"},
           {"ZSCORE", "z", "a"},
           {"ZSCORE", "z", "first"},
           {"ZSCORE", "z", "none"},
           {"ZSCORE", "none", "a"},
           {"ZCARD", "z"},
           {"ZCARD", "none"},
           {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
           {"ZRANGE", "z", "1", "2"},
           {"ZRANGE", "z", "-2", "-1"},
           {"ZRANGE", "z", "-100", "100"},
           {"ZRANGE", "z", "5", "2"},
           {"ZRANGE", "z", "a", "2"},
           {"ZRANGE", "none", "0", "-1"},
           {"ZREVRANGE", "z", "0", "1", "WITHSCORES"},
           {"ZRANGEBYSCORE", "z", "-inf", "3"},
           {"ZRANGEBYSCORE", "z", "(1.5", "(4"},
           {"ZRANGEBYSCORE", "z", "-inf", "+inf", "WITHSCORES", "LIMIT", "1", "2"},
           {"ZRANGEBYSCORE", "z", "-inf", "+inf", "LIMIT", "1", "-1"},
           {"ZRANGEBYSCORE", "z", "-inf", "+inf", "LIMIT", "100", "5"},
           {"ZRANGEBYSCORE", "z", "a", "3"},
           {"ZRANGEBYSCORE", "z", "0", "3", "BAD"},
           {"ZREVRANGEBYSCORE", "z", "+inf", "2", "LIMIT", "0", "3"},
           {"ZCOUNT", "z", "2", "(4"},
           {"ZREMRANGEBYSCORE", "z", "2", "3"},
           {"ZREMRANGEBYSCORE", "z", "2", "3"},
           {"ZREM", "z", "a", "none"},
           {"ZRANGE", "z", "0", "-1"},
           {"ZREM", "z", "first", "last", "due", "d"},
           {"EXISTS", "z"},
           {"ZREM", "none", "a"},
           {"SET", "s", "x"},
           {"ZADD", "s", "1", "a"},
           {"ZREM", "s", "a"},
           {"ZCARD", "s"},
           {"ZSCORE", "s", "a"},
           {"ZRANGE", "s", "0", "1"},
           {"ZRANGEBYSCORE", "s", "0", "1"},
           {"ZCOUNT", "s", "0", "1"}});
}

TEST_F(RedisContract, PipelinesMixScriptsAndCommands) {
  const std::vector<Call> calls = {
      Call::Eval(kMoveUp, {"z"}, {"a", "5"}), Call::Command({"ZSCORE", "z", "a"}),
      Call::Eval(kMoveUp, {"z"}, {"a", "3"}), Call::Command({"NO_SUCH_COMMAND"}),
      Call::Eval(kMoveUp, {"z"}, {"b", "7"}), Call::Command({"ZRANGE", "z", "0", "-1"})};
  Compare(real_.Execute(calls), fake_.Execute(calls), "pipeline");
  Compare(real_.Execute({}), fake_.Execute({}), "empty pipeline");
}

TEST_F(RedisContract, AScriptTheFakeDoesNotKnowIsAnError) {
  const Script other{"other", "return 1"};
  EXPECT_TRUE(real_.Eval(other, {}, {}).ok());
  EXPECT_EQ(fake_.Eval(other, {}, {}).status().code(), absl::StatusCode::kInternal);
}

TEST(FakeRedis, MakesOutagesLostRepliesAndRollbacks) {
  FakeRedis redis;
  ASSERT_TRUE(redis.Command({"SET", "a", "1"}).ok());
  const FakeRedis::Data before = redis.Snapshot();
  redis.LoseNextReply();
  EXPECT_EQ(redis.Command({"INCR", "a"}).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(redis.Command({"GET", "a"})->text(), "2") << "it took effect";
  redis.SetOutage(absl::UnavailableError("down"));
  EXPECT_EQ(redis.Command({"INCR", "a"}).status().code(), absl::StatusCode::kUnavailable);
  redis.SetOutage(absl::OkStatus());
  EXPECT_EQ(redis.Command({"GET", "a"})->text(), "2") << "it did not";
  redis.Restore(before);
  EXPECT_EQ(redis.Command({"GET", "a"})->text(), "1");
  redis.Wipe();
  EXPECT_TRUE(redis.Command({"GET", "a"})->is_nil());
}

}  // namespace
}  // namespace plazo::redis
