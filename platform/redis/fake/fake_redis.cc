#include "platform/redis/fake/fake_redis.h"

#include <utility>

#include "platform/base/status.h"
#include "platform/redis/fake/fake_commands.h"

namespace plazo::redis {

void FakeRedis::DefineScript(const Script& script, ScriptBody body) {
  absl::MutexLock lock(&mutex_);
  scripts_[script.name()] = std::move(body);
}

Reply FakeRedis::RunCall(const Call& call) {
  if (call.script == nullptr) return RunFakeCommand(data_, call.args);
  const auto found = scripts_.find(call.script->name());
  if (found == scripts_.end())
    return Reply::Error("ERR the fake has no meaning for script " + call.script->name());
  const RedisCall run = [this](const std::vector<std::string>& args)
                            ABSL_NO_THREAD_SAFETY_ANALYSIS { return RunFakeCommand(data_, args); };
  return found->second(run, call.keys, call.args);
}

absl::StatusOr<std::vector<Reply>> FakeRedis::Execute(const std::vector<Call>& calls) {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  std::vector<Reply> replies;
  for (const Call& call : calls) replies.push_back(RunCall(call));
  if (std::exchange(lose_reply_, false))
    return absl::AbortedError("redis fake: the reply was lost");
  return replies;
}

void FakeRedis::SetOutage(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  outage_ = std::move(status);
}

void FakeRedis::LoseNextReply() {
  absl::MutexLock lock(&mutex_);
  lose_reply_ = true;
}

void FakeRedis::Wipe() {
  absl::MutexLock lock(&mutex_);
  data_.clear();
}

FakeRedis::Data FakeRedis::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return data_;
}

void FakeRedis::Restore(Data data) {
  absl::MutexLock lock(&mutex_);
  data_ = std::move(data);
}

}  // namespace plazo::redis
