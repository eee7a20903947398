#pragma once

// Redis in memory, for cluster tests: strings, hashes and sorted sets by the commands listed at the
// end of fake_commands.cc, which answer as Redis does (redis_contract_test.cc runs the same calls
// against both); any other is an error. Lua is not run: a test gives each script's meaning as a
// function over the same commands, which runs as one step. Thread-safe. Keys do not expire.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "platform/base/string_map.h"
#include "platform/redis/redis.h"

namespace plazo::redis {

class FakeRedis final : public Redis {
 public:
  // What redis.call(...) is to a script.
  using RedisCall = std::function<Reply(const std::vector<std::string>& args)>;
  using ScriptBody =
      std::function<Reply(const RedisCall& call, const std::vector<std::string>& keys,
                          const std::vector<std::string>& args)>;

  void DefineScript(const Script& script, ScriptBody body);

  absl::StatusOr<std::vector<Reply>> Execute(const std::vector<Call>& calls) override;

  // Every call fails with this status and does nothing, until it is set to OK.
  void SetOutage(absl::Status status);
  // The next Execute takes effect but its reply is lost: ABORTED.
  void LoseNextReply();
  void Wipe();
  // A copy of everything, to be put back later: Redis that lost its last seconds.
  struct SortedSet {
    std::map<std::string, double> scores;
    friend bool operator==(const SortedSet&, const SortedSet&) = default;
  };
  using Hash = std::map<std::string, std::string>;
  using Data = std::map<std::string, std::variant<std::string, Hash, SortedSet>>;
  Data Snapshot() const;
  void Restore(Data data);

 private:
  Reply RunCall(const Call& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  Data data_ ABSL_GUARDED_BY(mutex_);
  StringMap<ScriptBody> scripts_ ABSL_GUARDED_BY(mutex_);
  absl::Status outage_ ABSL_GUARDED_BY(mutex_);
  bool lose_reply_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace plazo::redis
