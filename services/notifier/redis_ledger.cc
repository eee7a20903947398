#include "services/notifier/redis_ledger.h"

#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "platform/base/crc32c.h"
#include "platform/base/status.h"
#include "services/notifier/redis_keys.h"

namespace plazo::notifier {
namespace {

// Longer than the topic keeps intents (7 d) and the router retries (4 d).
constexpr absl::Duration kKept = absl::Hours(24 * 9);

const redis::Script& StartScript() {
  static const redis::Script script("notifier.start", R"lua(-- start: compare-and-set of a copy.
-- KEYS  ledger
-- ARGV  [1] address key  [2] attempt  [3] token  [4] time to live, ms
-- {'go', '' | 'repeat'} (an earlier attempt had started it and never ended), {'started', entry},
-- {'sent', entry}; unless 'go', nothing was done
local entry = redis.call('HGET', KEYS[1], ARGV[1])
local outcome = {'go', ''}
if entry then
  local word, attempt, token = string.match(entry, '^(%a+):(%d+):?(.*)$')
  if word == 'sent' then return {'sent', entry} end
  local older, ours = tonumber(attempt) < tonumber(ARGV[2]), token == ARGV[3]
  local same = tonumber(attempt) == tonumber(ARGV[2])
  if word == 'started' and not older and not (same and ours) then return {'started', entry} end
  if word == 'refused' and not older and not same then return {'started', entry} end
  if word == 'started' and older then outcome[2] = 'repeat' end
end
redis.call('HSET', KEYS[1], ARGV[1], 'started:' .. ARGV[2] .. ':' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return outcome
)lua");
  return script;
}

const redis::Script& SentScript() {
  static const redis::Script script("notifier.sent", R"lua(-- sent: the relay has taken a copy.
-- KEYS  ledger
-- ARGV  [1] address key  [2] the relay's time, ms  [3] time to live, ms
-- the entry that stands now
local entry = redis.call('HGET', KEYS[1], ARGV[1])
if not entry or string.sub(entry, 1, 5) ~= 'sent:' then
  entry = 'sent:' .. ARGV[2]
  redis.call('HSET', KEYS[1], ARGV[1], entry)
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return entry
)lua");
  return script;
}

const redis::Script& RefusedScript() {
  static const redis::Script script("notifier.refused",
                                    R"lua(-- refused: the relay has not taken a copy.
-- KEYS  ledger
-- ARGV  [1] address key  [2] attempt  [3] token  [4] time to live, ms
-- 1, or 0 when the entry was not this try's
local ours = 'started:' .. ARGV[2] .. ':' .. ARGV[3]
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ours then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 'refused:' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
)lua");
  return script;
}

const redis::Script& AdmitScript() {
  static const redis::Script script("notifier.admit",
                                    R"lua(-- admit: counts an automatic answer to an address (I11).
-- KEYS  answers
-- ARGV  [1] notification id  [2] limit  [3] now, ms  [4] window, ms
-- 1 = may be sent (counted now or before), 0 = the window is full
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3] - ARGV[4])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
)lua");
  return script;
}

std::string Milliseconds(absl::Duration duration) {
  return std::to_string(absl::ToInt64Milliseconds(duration));
}

template <typename T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

absl::StatusOr<CopyEntry> ParseEntry(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Internal("a ledger entry is malformed");
  const std::string_view word = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  CopyEntry entry;
  if (word == "sent") {
    const auto ms = Number<int64_t>(rest);
    if (!ms) return Internal("a ledger entry is malformed");
    entry.state = CopyState::kSent;
    entry.relay_time = absl::FromUnixMillis(*ms);
    return entry;
  }
  if (word != "started" && word != "refused") return Internal("a ledger entry is malformed");
  entry.state = word == "started" ? CopyState::kStarted : CopyState::kRefused;
  if (const size_t next = rest.find(':'); next != std::string_view::npos) {
    entry.by.token = std::string(rest.substr(next + 1));
    rest = rest.substr(0, next);
  }
  const auto attempt = Number<int>(rest);
  if (!attempt) return Internal("a ledger entry is malformed");
  entry.by.attempt = *attempt;
  return entry;
}

}  // namespace

redis::Redis& RedisLedger::For(std::string_view what) const {
  return redis_.For(static_cast<int32_t>(Crc32c(what) & 0x7fffffff));
}

absl::StatusOr<CopyEntries> RedisLedger::Look(const std::string& notification_id) {
  const auto reply = For(notification_id).Command({"HGETALL", LedgerKey(prefix_, notification_id)});
  if (!reply.ok()) return reply.status();
  const auto pairs = reply->AsStrings();
  if (!pairs.ok()) return pairs.status();
  CopyEntries entries;
  for (size_t i = 0; i + 1 < pairs->size(); i += 2) {
    auto entry = ParseEntry((*pairs)[i + 1]);
    if (!entry.ok()) return entry.status();
    entries[(*pairs)[i]] = *std::move(entry);
  }
  return entries;
}

absl::StatusOr<StartAnswer> RedisLedger::Start(const CopyId& copy, const Try& by) {
  const auto reply =
      For(copy.notification_id)
          .Eval(StartScript(), {LedgerKey(prefix_, copy.notification_id)},
                {copy.address_key, std::to_string(by.attempt), by.token, Milliseconds(kKept)});
  if (!reply.ok()) return reply.status();
  const auto words = reply->AsStrings();
  if (!words.ok()) return words.status();
  if (words->size() != 2) return Internal("the ledger's answer is malformed");
  StartAnswer answer;
  const std::string &word = (*words)[0], &detail = (*words)[1];
  if (word == "go") {
    answer.repeats = detail == "repeat";
    return answer;
  }
  if (word == "started") {
    answer.verdict = StartAnswer::Verdict::kStartedBefore;
    return answer;
  }
  const auto entry = ParseEntry(detail);
  if (!entry.ok()) return entry.status();
  answer.verdict = StartAnswer::Verdict::kSent;
  answer.relay_time = entry->relay_time;
  return answer;
}

absl::Status RedisLedger::MarkSent(const CopyId& copy, absl::Time relay_time) {
  return For(copy.notification_id)
      .Eval(SentScript(), {LedgerKey(prefix_, copy.notification_id)},
            {copy.address_key, std::to_string(absl::ToUnixMillis(relay_time)), Milliseconds(kKept)})
      .status();
}

absl::Status RedisLedger::MarkRefused(const CopyId& copy, const Try& by) {
  return For(copy.notification_id)
      .Eval(RefusedScript(), {LedgerKey(prefix_, copy.notification_id)},
            {copy.address_key, std::to_string(by.attempt), by.token, Milliseconds(kKept)})
      .status();
}

absl::StatusOr<bool> RedisLedger::AdmitAnswer(const AnswerWindow& answer) {
  const auto reply =
      For(answer.address_key)
          .Eval(AdmitScript(), {AnswersKey(prefix_, answer.tenant, answer.address_key)},
                {answer.notification_id, std::to_string(answer.limit),
                 std::to_string(clock_.NowMs()), Milliseconds(answer.window)});
  if (!reply.ok()) return reply.status();
  const auto admitted = reply->AsInteger();
  if (!admitted.ok()) return admitted.status();
  return *admitted == 1;
}

}  // namespace plazo::notifier
