#include "services/sla-timer/redis_scripts.h"

#include <string>
#include <string_view>

namespace plazo::sla_timer {
namespace {

// What all scripts share. The number of an epoch is written with %.0f: Lua's tostring would turn
// 1700000000000 into 1.7e+12.
constexpr std::string_view kPrelude = R"lua(
local DUE, ARMED, META = KEYS[1], KEYS[2], KEYS[3]

-- 'ours', 'replaced' (another epoch) or 'wiped' (no epoch, or no offset)
local function standing(epoch)
  local meta = redis.call('HMGET', META, 'epoch', 'offset')
  if meta[1] and meta[1] ~= epoch then return 'replaced' end
  if not meta[1] or not meta[2] then return 'wiped' end
  return 'ours'
end

-- {word, offset ('-1' = none), deadlines, aggregates}
local function answer(word)
  return {word, redis.call('HGET', META, 'offset') or '-1', redis.call('ZCARD', DUE),
          redis.call('HLEN', ARMED)}
end

-- In portions: Lua's stack takes about 8000 values.
local function bulk(command, key, list)
  for i = 1, #list, 1000 do
    redis.call(command, key, unpack(list, i, math.min(i + 999, #list)))
  end
end
)lua";

constexpr std::string_view kOwn = R"lua(-- own: takes a partition over.
-- KEYS  due, armed, meta
-- ARGV  [1] the caller's clock, ms: keeps epochs rising when a wipe has taken the counter
-- {'ours' | 'wiped', offset, deadlines, aggregates, new epoch, former epoch ('0' = none)}
)lua";
constexpr std::string_view kOwnBody = R"lua(
local former = redis.call('HGET', META, 'epoch') or '0'
local epoch = string.format('%.0f', math.max(tonumber(former) + 1, tonumber(ARGV[1])))
redis.call('HSET', META, 'epoch', epoch)
local result = answer(standing(epoch))
result[5], result[6] = epoch, former
return result
)lua";

constexpr std::string_view kReset = R"lua(-- reset: empties a partition, to be filled from the log.
-- KEYS  due, armed, meta
-- ARGV  [1] epoch  [2] now, ms
-- {'ours' | 'replaced' (nothing done), offset, deadlines, aggregates}
)lua";
constexpr std::string_view kResetBody = R"lua(
if standing(ARGV[1]) == 'replaced' then return answer('replaced') end
redis.call('UNLINK', DUE, ARMED)
redis.call('HSET', META, 'epoch', ARGV[1], 'offset', '0', 'written_ms', ARGV[2])
return answer('ours')
)lua";

constexpr std::string_view kApply =
    R"lua(-- apply: the only writer of deadlines. Compare-and-set on epoch and offset.
-- KEYS  due, armed, meta
-- ARGV  [1] epoch  [2] offset that must stand there  [3] offset to be set  [4] now, ms
--       then of each aggregate, none twice: its key, how many deadlines it has, and of each the id
--       and the due time, ms
-- {'applied' | 'moved' (another offset) | 'replaced' | 'wiped', offset, deadlines, aggregates};
-- unless 'applied', nothing was done
)lua";
constexpr std::string_view kApplyBody = R"lua(
local how = standing(ARGV[1])
if how ~= 'ours' then return answer(how) end
if redis.call('HGET', META, 'offset') ~= ARGV[2] then return answer('moved') end

local add, gone, armed, unarmed = {}, {}, {}, {}
local i = 5
while ARGV[i] do
  local aggregate, count, now, ids = ARGV[i], tonumber(ARGV[i + 1]), {}, {}
  i = i + 2
  for k = 1, count do
    now[ARGV[i]], ids[k] = true, ARGV[i]
    add[#add + 1] = ARGV[i + 1]
    add[#add + 1] = aggregate .. '|' .. ARGV[i]
    i = i + 2
  end
  local former = redis.call('HGET', ARMED, aggregate)
  for id in string.gmatch(former or '', '[^\n]+') do
    if not now[id] then gone[#gone + 1] = aggregate .. '|' .. id end
  end
  if count > 0 then
    local joined = table.concat(ids, '\n')
    if joined ~= former then
      armed[#armed + 1] = aggregate
      armed[#armed + 1] = joined
    end
  elseif former then
    unarmed[#unarmed + 1] = aggregate
  end
end

bulk('ZREM', DUE, gone)
bulk('ZADD', DUE, add)
bulk('HSET', ARMED, armed)
bulk('HDEL', ARMED, unarmed)
redis.call('HSET', META, 'offset', ARGV[3], 'written_ms', ARGV[4])
return answer('applied')
)lua";

constexpr std::string_view kCheck = R"lua(-- check: how a partition stands.
-- KEYS  due, armed, meta
-- ARGV  [1] epoch
-- {'ours' | 'replaced' | 'wiped', offset, deadlines, aggregates}
)lua";
constexpr std::string_view kCheckBody = R"lua(
return answer(standing(ARGV[1]))
)lua";

constexpr std::string_view kDue = R"lua(-- due: the first deadlines that have come; takes none away.
-- KEYS  due, armed, meta
-- ARGV  [1] epoch  [2] now, ms  [3] at most so many
-- {'ours', offset, deadlines, aggregates, due time of the first that has not come ('' = none),
--  {member, due time, member, ...}} or {'replaced' | 'wiped', offset, deadlines, aggregates}
)lua";
constexpr std::string_view kDueBody = R"lua(
local how = standing(ARGV[1])
local result = answer(how)
if how ~= 'ours' then return result end
local coming = redis.call('ZRANGEBYSCORE', DUE, '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
result[5] = coming[2] or ''
result[6] =
    redis.call('ZRANGEBYSCORE', DUE, '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
return result
)lua";

redis::Script Make(std::string_view name, std::string_view comment, std::string_view body) {
  std::string source(comment);
  source.append(kPrelude).append(body);
  return {name, source};
}

}  // namespace

const redis::Script& OwnScript() {
  static const redis::Script script = Make("sla-timer.own", kOwn, kOwnBody);
  return script;
}

const redis::Script& ResetScript() {
  static const redis::Script script = Make("sla-timer.reset", kReset, kResetBody);
  return script;
}

const redis::Script& ApplyScript() {
  static const redis::Script script = Make("sla-timer.apply", kApply, kApplyBody);
  return script;
}

const redis::Script& CheckScript() {
  static const redis::Script script = Make("sla-timer.check", kCheck, kCheckBody);
  return script;
}

const redis::Script& DueScript() {
  static const redis::Script script = Make("sla-timer.due", kDue, kDueBody);
  return script;
}

}  // namespace plazo::sla_timer
