#include "services/sla-timer/redis_deadline_index.h"

#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "services/sla-timer/redis_keys.h"
#include "services/sla-timer/redis_scripts.h"

namespace plazo::sla_timer {
namespace {

constexpr absl::Duration kMinRest = absl::Milliseconds(100);
constexpr absl::Duration kMaxRest = absl::Seconds(1);

absl::StatusOr<Standing> ReadStanding(const redis::Reply& reply) {
  const auto word = reply.AsString();
  if (!word.ok()) return word.status();
  if (*word == "ours" || *word == "applied" || *word == "moved") return Standing::kOurs;
  if (*word == "replaced") return Standing::kReplaced;
  if (*word == "wiped") return Standing::kWiped;
  return Internal("deadline index: unknown answer");
}

// {word, offset, deadlines, aggregates, ...}
absl::StatusOr<IndexState> ReadState(const std::vector<redis::Reply>& answer) {
  const auto standing = ReadStanding(answer[0]);
  if (!standing.ok()) return standing.status();
  const auto offset = answer[1].AsInteger();
  if (!offset.ok()) return offset.status();
  const auto deadlines = answer[2].AsInteger();
  if (!deadlines.ok()) return deadlines.status();
  const auto aggregates = answer[3].AsInteger();
  if (!aggregates.ok()) return aggregates.status();
  return IndexState{*standing, *offset, *deadlines, *aggregates};
}

// {member, due time, member, ...}
absl::StatusOr<std::vector<DueDeadline>> ReadDue(const redis::Reply& reply) {
  const std::vector<redis::Reply>& elements = reply.elements();
  std::vector<DueDeadline> result;
  result.reserve(elements.size() / 2);
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    const auto due_ms = elements[i + 1].AsInteger();
    if (!due_ms.ok()) return due_ms.status();
    auto member = SplitMember(elements[i].text());
    if (!member) return Internal("deadline index: member without separator");
    result.push_back({std::move(member->first), std::move(member->second), *due_ms});
  }
  return result;
}

// It took its time to fail. (A connection that cannot be made fails at once by itself.)
bool Hung(const absl::Status& status) {
  return absl::IsAborted(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

RedisDeadlineIndex::RedisDeadlineIndex(const redis::Endpoints& endpoints, const Clock& clock,
                                       std::string key_prefix)
    : endpoints_(endpoints),
      clock_(clock),
      key_prefix_(std::move(key_prefix)),
      rests_(endpoints.size()) {}

absl::StatusOr<std::vector<redis::Reply>> RedisDeadlineIndex::Eval(const redis::Script& script,
                                                                   int32_t partition,
                                                                   std::vector<std::string> args) {
  Rest& rest = rests_[static_cast<uint32_t>(partition) % rests_.size()];
  if (clock_.Monotonic() < rest.until) {
    return Unavailable("deadline index: resting after a failure");
  }
  const auto reply = endpoints_.For(partition).Eval(script, PartitionKeys(key_prefix_, partition),
                                                    std::move(args));
  if (!reply.ok()) {
    if (Hung(reply.status())) {
      rest.pause = std::clamp(rest.pause * 2, kMinRest, kMaxRest);
      rest.until = clock_.Monotonic() + rest.pause;
    }
    return Annotate(reply.status(), script.name());
  }
  rest = {};
  if (reply->elements().size() < 4) return Internal("deadline index: short answer");
  return reply->elements();
}

absl::StatusOr<Ownership> RedisDeadlineIndex::Own(int32_t partition) {
  const auto answer = Eval(OwnScript(), partition, {NowMs()});
  if (!answer.ok()) return answer.status();
  if (answer->size() < 6) return Internal("deadline index: short answer");
  const auto state = ReadState(*answer);
  if (!state.ok()) return state.status();
  const auto epoch = (*answer)[4].AsInteger();
  if (!epoch.ok()) return epoch.status();
  const auto former = (*answer)[5].AsInteger();
  if (!former.ok()) return former.status();
  return Ownership{{partition, *epoch}, *former, *state};
}

absl::StatusOr<IndexState> RedisDeadlineIndex::Reset(const Owner& owner) {
  const auto answer = Eval(ResetScript(), owner.partition, {std::to_string(owner.epoch), NowMs()});
  if (!answer.ok()) return answer.status();
  return ReadState(*answer);
}

absl::StatusOr<Applied> RedisDeadlineIndex::Apply(const Owner& owner, int64_t from, int64_t to,
                                                  std::span<const AggregateDeadlines> updates) {
  std::vector<std::string> args = {std::to_string(owner.epoch), std::to_string(from),
                                   std::to_string(to), NowMs()};
  for (const AggregateDeadlines& update : updates) {
    args.push_back(update.aggregate);
    args.push_back(std::to_string(update.deadlines.size()));
    for (const ArmedDeadline& deadline : update.deadlines) {
      args.push_back(deadline.id);
      args.push_back(std::to_string(deadline.due_ms));
    }
  }
  const auto answer = Eval(ApplyScript(), owner.partition, std::move(args));
  if (!answer.ok()) return answer.status();
  const auto state = ReadState(*answer);
  if (!state.ok()) return state.status();
  return Applied{(*answer)[0].text() == "applied", *state};
}

absl::StatusOr<IndexState> RedisDeadlineIndex::Check(const Owner& owner) {
  const auto answer = Eval(CheckScript(), owner.partition, {std::to_string(owner.epoch)});
  if (!answer.ok()) return answer.status();
  return ReadState(*answer);
}

absl::StatusOr<DueDeadlines> RedisDeadlineIndex::Due(const Owner& owner, int64_t now_ms,
                                                     size_t limit) {
  const auto answer =
      Eval(DueScript(), owner.partition,
           {std::to_string(owner.epoch), std::to_string(now_ms), std::to_string(limit)});
  if (!answer.ok()) return answer.status();
  DueDeadlines result;
  const auto state = ReadState(*answer);
  if (!state.ok()) return state.status();
  result.state = *state;
  if (state->standing != Standing::kOurs) return result;
  if (answer->size() < 6) return Internal("deadline index: short answer");
  if (!(*answer)[4].text().empty()) {
    const auto next = (*answer)[4].AsInteger();
    if (!next.ok()) return next.status();
    result.next_due_ms = *next;
  }
  auto due = ReadDue((*answer)[5]);
  if (!due.ok()) return due.status();
  result.due = std::move(*due);
  return result;
}

}  // namespace plazo::sla_timer
