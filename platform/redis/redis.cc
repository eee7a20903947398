#include "platform/redis/redis.h"

#include "platform/base/status.h"

namespace plazo::redis {
namespace {

absl::StatusOr<Reply> Single(absl::StatusOr<std::vector<Reply>> replies) {
  if (!replies.ok()) return replies.status();
  if (replies->size() != 1)
    return Internal("redis: one call, " + std::to_string(replies->size()) + " replies");
  Reply reply = std::move(replies->front());
  if (reply.is_error()) return reply.ToStatus();
  return reply;
}

}  // namespace

absl::StatusOr<Reply> Redis::Command(std::vector<std::string> args) {
  return Single(Execute({Call::Command(std::move(args))}));
}

absl::StatusOr<Reply> Redis::Eval(const Script& script, std::vector<std::string> keys,
                                  std::vector<std::string> args) {
  absl::StatusOr<Reply> reply =
      Single(Execute({Call::Eval(script, std::move(keys), std::move(args))}));
  if (!reply.ok()) return Annotate(reply.status(), script.name());
  return reply;
}

}  // namespace plazo::redis
