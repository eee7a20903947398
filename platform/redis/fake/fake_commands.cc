#include "platform/redis/fake/fake_commands.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

namespace plazo::redis {
namespace {

using Data = FakeRedis::Data;
using Hash = FakeRedis::Hash;
using SortedSet = FakeRedis::SortedSet;
using Args = std::vector<std::string>;

Reply WrongType() {
  return Reply::Error("WRONGTYPE Operation against a key holding the wrong kind of value");
}
Reply NotAnInteger() { return Reply::Error("ERR value is not an integer or out of range"); }
Reply NotAFloat() { return Reply::Error("ERR min or max is not a float"); }
Reply SyntaxError() { return Reply::Error("ERR syntax error"); }

std::optional<int64_t> ToInteger(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ToScore(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || std::isnan(value)) return std::nullopt;
  return value;
}

std::string ScoreText(double score) {
  if (std::isinf(score)) return score > 0 ? "inf" : "-inf";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", score);
  return text;
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return text;
}

// The value of a key where it exists: nullptr. `wrong` is set where it is of another type.
template <typename T>
T* Find(Data& data, const std::string& key, bool* wrong) {
  const auto found = data.find(key);
  if (found == data.end()) return nullptr;
  T* value = std::get_if<T>(&found->second);
  *wrong = value == nullptr;
  return value;
}

// Likewise, made where absent.
template <typename T>
T* FindOrMake(Data& data, const std::string& key, bool* wrong) {
  T* value = Find<T>(data, key, wrong);
  if (value != nullptr || *wrong) return value;
  return &std::get<T>(data.emplace(key, T()).first->second);
}

Reply Ping(Data&, const Args&) { return Reply::StatusText("PONG"); }

Reply FlushAll(Data& data, const Args&) {
  data.clear();
  return Reply::Ok();
}

Reply Get(Data& data, const Args& args) {
  bool wrong = false;
  const std::string* value = Find<std::string>(data, args[1], &wrong);
  if (wrong) return WrongType();
  return value == nullptr ? Reply::Nil() : Reply::String(*value);
}

// SET key value [NX | XX] [EX n | PX n]
Reply Set(Data& data, const Args& args) {
  const bool exists = data.contains(args[1]);
  for (size_t i = 3; i < args.size(); ++i) {
    const std::string option = Upper(args[i]);
    if ((option == "NX" && exists) || (option == "XX" && !exists)) return Reply::Nil();
    if (option == "EX" || option == "PX") {
      if (++i >= args.size()) return SyntaxError();
    } else if (option != "NX" && option != "XX") {
      return SyntaxError();
    }
  }
  data[args[1]] = args[2];
  return Reply::Ok();
}

Reply Incr(Data& data, const Args& args) {
  bool wrong = false;
  std::string* value = FindOrMake<std::string>(data, args[1], &wrong);
  if (wrong) return WrongType();
  const std::optional<int64_t> number = value->empty() ? 0 : ToInteger(*value);
  if (!number) return NotAnInteger();
  *value = std::to_string(*number + 1);
  return Reply::Integer(*number + 1);
}

Reply Del(Data& data, const Args& args) {
  int64_t removed = 0;
  for (size_t i = 1; i < args.size(); ++i) removed += static_cast<int64_t>(data.erase(args[i]));
  return Reply::Integer(removed);
}

Reply Exists(Data& data, const Args& args) {
  return Reply::Integer(std::count_if(args.begin() + 1, args.end(),
                                      [&](const auto& key) { return data.contains(key); }));
}

// Keys live until they are deleted; whether they would expire cannot be seen in a test without
// waiting.
Reply Expire(Data& data, const Args& args) {
  return Reply::Integer(data.contains(args[1]) ? 1 : 0);
}

Reply HGet(Data& data, const Args& args) {
  bool wrong = false;
  const Hash* hash = Find<Hash>(data, args[1], &wrong);
  if (wrong) return WrongType();
  if (hash == nullptr || !hash->contains(args[2])) return Reply::Nil();
  return Reply::String(hash->at(args[2]));
}

Reply HMGet(Data& data, const Args& args) {
  std::vector<Reply> out;
  for (size_t i = 2; i < args.size(); ++i) {
    out.push_back(HGet(data, {"HGET", args[1], args[i]}));
    if (out.back().is_error()) return out.back();
  }
  return Reply::Array(std::move(out));
}

Reply HSet(Data& data, const Args& args) {
  if (args.size() % 2 != 0) return Reply::Error("ERR wrong number of arguments for 'hset' command");
  bool wrong = false;
  Hash* hash = FindOrMake<Hash>(data, args[1], &wrong);
  if (wrong) return WrongType();
  int64_t added = 0;
  for (size_t i = 2; i + 1 < args.size(); i += 2)
    added += hash->insert_or_assign(args[i], args[i + 1]).second;
  return Reply::Integer(added);
}

Reply HDel(Data& data, const Args& args) {
  bool wrong = false;
  Hash* hash = Find<Hash>(data, args[1], &wrong);
  if (wrong) return WrongType();
  int64_t removed = 0;
  for (size_t i = 2; hash != nullptr && i < args.size(); ++i)
    removed += static_cast<int64_t>(hash->erase(args[i]));
  if (hash != nullptr && hash->empty()) data.erase(args[1]);
  return Reply::Integer(removed);
}

Reply HGetAll(Data& data, const Args& args) {
  bool wrong = false;
  const Hash* hash = Find<Hash>(data, args[1], &wrong);
  if (wrong) return WrongType();
  std::vector<Reply> out;
  for (const auto& [field, value] : hash == nullptr ? Hash() : *hash) {
    out.push_back(Reply::String(field));
    out.push_back(Reply::String(value));
  }
  return Reply::Array(std::move(out));
}

Reply HLen(Data& data, const Args& args) {
  bool wrong = false;
  const Hash* hash = Find<Hash>(data, args[1], &wrong);
  if (wrong) return WrongType();
  return Reply::Integer(hash == nullptr ? 0 : static_cast<int64_t>(hash->size()));
}

// ZADD key [NX | XX] score member ...
Reply ZAdd(Data& data, const Args& args) {
  size_t first = 2;
  const std::string option = Upper(args[2]);
  const bool nx = option == "NX";
  const bool xx = option == "XX";
  if (nx || xx) ++first;
  if (first >= args.size() || (args.size() - first) % 2 != 0) return SyntaxError();
  for (size_t i = first; i < args.size(); i += 2) {
    if (!ToScore(args[i])) return Reply::Error("ERR value is not a valid float");
  }
  bool wrong = false;
  SortedSet* set = FindOrMake<SortedSet>(data, args[1], &wrong);
  if (wrong) return WrongType();
  int64_t added = 0;
  for (size_t i = first; i < args.size(); i += 2) {
    const auto found = set->scores.find(args[i + 1]);
    const bool exists = found != set->scores.end();
    if ((exists && nx) || (!exists && xx)) continue;
    added += exists ? 0 : 1;
    set->scores[args[i + 1]] = *ToScore(args[i]);
  }
  if (set->scores.empty()) data.erase(args[1]);
  return Reply::Integer(added);
}

Reply ZRem(Data& data, const Args& args) {
  bool wrong = false;
  SortedSet* set = Find<SortedSet>(data, args[1], &wrong);
  if (wrong) return WrongType();
  int64_t removed = 0;
  for (size_t i = 2; set != nullptr && i < args.size(); ++i)
    removed += static_cast<int64_t>(set->scores.erase(args[i]));
  if (set != nullptr && set->scores.empty()) data.erase(args[1]);
  return Reply::Integer(removed);
}

Reply ZScore(Data& data, const Args& args) {
  bool wrong = false;
  const SortedSet* set = Find<SortedSet>(data, args[1], &wrong);
  if (wrong) return WrongType();
  if (set == nullptr || !set->scores.contains(args[2])) return Reply::Nil();
  return Reply::String(ScoreText(set->scores.at(args[2])));
}

Reply ZCard(Data& data, const Args& args) {
  bool wrong = false;
  const SortedSet* set = Find<SortedSet>(data, args[1], &wrong);
  if (wrong) return WrongType();
  return Reply::Integer(set == nullptr ? 0 : static_cast<int64_t>(set->scores.size()));
}

using Entries = std::vector<std::pair<double, std::string>>;  // by score, then member

Entries EntriesOf(const SortedSet* set) {
  Entries entries;
  if (set == nullptr) return entries;
  for (const auto& [member, score] : set->scores) entries.emplace_back(score, member);
  std::sort(entries.begin(), entries.end());
  return entries;
}

Reply ReplyOf(const Entries& entries, bool with_scores) {
  std::vector<Reply> out;
  for (const auto& [score, member] : entries) {
    out.push_back(Reply::String(member));
    if (with_scores) out.push_back(Reply::String(ScoreText(score)));
  }
  return Reply::Array(std::move(out));
}

struct Bound {
  double value;
  bool exclusive;
};
std::optional<Bound> ToBound(const std::string& text) {
  const bool exclusive = text.starts_with('(');
  const std::optional<double> value = ToScore(exclusive ? text.substr(1) : text);
  return value ? std::optional<Bound>({*value, exclusive}) : std::nullopt;
}
bool Inside(double score, const Bound& min, const Bound& max) {
  return (min.exclusive ? score > min.value : score >= min.value) &&
         (max.exclusive ? score < max.value : score <= max.value);
}

// ZRANGE key start stop [WITHSCORES], by rank
Reply ZRange(Data& data, const Args& args, bool reverse) {
  bool wrong = false;
  Entries entries = EntriesOf(Find<SortedSet>(data, args[1], &wrong));
  if (wrong) return WrongType();
  const std::optional<int64_t> start = ToInteger(args[2]);
  const std::optional<int64_t> stop = ToInteger(args[3]);
  if (!start || !stop) return NotAnInteger();
  const bool with_scores = args.size() == 5 && Upper(args[4]) == "WITHSCORES";
  if (args.size() > 4 && !with_scores) return SyntaxError();
  if (reverse) std::reverse(entries.begin(), entries.end());
  const auto size = static_cast<int64_t>(entries.size());
  const int64_t first = std::max<int64_t>(0, *start < 0 ? size + *start : *start);
  const int64_t last = std::min(size - 1, *stop < 0 ? size + *stop : *stop);
  if (first > last) return Reply::Array({});
  return ReplyOf(Entries(entries.begin() + first, entries.begin() + last + 1), with_scores);
}

struct RangeOptions {
  bool with_scores = false;
  int64_t offset = 0;
  int64_t count = -1;
};
std::optional<RangeOptions> ToRangeOptions(const Args& args) {
  RangeOptions options;
  for (size_t i = 4; i < args.size(); ++i) {
    if (Upper(args[i]) == "WITHSCORES") {
      options.with_scores = true;
    } else if (Upper(args[i]) == "LIMIT" && i + 2 < args.size() && ToInteger(args[i + 1]) &&
               ToInteger(args[i + 2])) {
      options.offset = *ToInteger(args[i + 1]);
      options.count = *ToInteger(args[i + 2]);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]; ZREVRANGEBYSCORE has max first
Reply ZRangeByScore(Data& data, const Args& args, bool reverse) {
  bool wrong = false;
  Entries entries = EntriesOf(Find<SortedSet>(data, args[1], &wrong));
  if (wrong) return WrongType();
  const std::optional<Bound> min = ToBound(args[reverse ? 3 : 2]);
  const std::optional<Bound> max = ToBound(args[reverse ? 2 : 3]);
  if (!min || !max) return NotAFloat();
  const std::optional<RangeOptions> options = ToRangeOptions(args);
  if (!options) return SyntaxError();
  std::erase_if(entries, [&](const auto& entry) { return !Inside(entry.first, *min, *max); });
  if (reverse) std::reverse(entries.begin(), entries.end());
  const auto size = static_cast<int64_t>(entries.size());
  const int64_t first = std::min(options->offset, size);
  const int64_t last = options->count < 0 ? size : std::min(size, first + options->count);
  if (options->offset < 0) return Reply::Array({});
  return ReplyOf(Entries(entries.begin() + first, entries.begin() + last), options->with_scores);
}

Reply ZCount(Data& data, const Args& args) {
  const Reply range = ZRangeByScore(data, {"", args[1], args[2], args[3]}, false);
  return range.is_error() ? range : Reply::Integer(static_cast<int64_t>(range.elements().size()));
}

Reply ZRemRangeByScore(Data& data, const Args& args) {
  const Reply range = ZRangeByScore(data, {"", args[1], args[2], args[3]}, false);
  if (range.is_error()) return range;
  Args removal = {"ZREM", args[1]};
  for (const Reply& member : range.elements()) removal.push_back(member.text());
  return ZRem(data, removal);
}

struct CommandEntry {
  std::string_view name;
  size_t min_args;  // with the name
  size_t max_args;
  Reply (*run)(Data&, const Args&);
};
constexpr size_t kMany = std::numeric_limits<size_t>::max();
constexpr CommandEntry kCommands[] = {
    {"PING", 1, 1, Ping},
    {"FLUSHALL", 1, 2, FlushAll},
    {"GET", 2, 2, Get},
    {"SET", 3, kMany, Set},
    {"INCR", 2, 2, Incr},
    {"DEL", 2, kMany, Del},
    {"UNLINK", 2, kMany, Del},
    {"EXISTS", 2, kMany, Exists},
    {"EXPIRE", 3, 3, Expire},
    {"PEXPIRE", 3, 3, Expire},
    {"HGET", 3, 3, HGet},
    {"HMGET", 3, kMany, HMGet},
    {"HSET", 4, kMany, HSet},
    {"HDEL", 3, kMany, HDel},
    {"HGETALL", 2, 2, HGetAll},
    {"HLEN", 2, 2, HLen},
    {"ZADD", 4, kMany, ZAdd},
    {"ZREM", 3, kMany, ZRem},
    {"ZSCORE", 3, 3, ZScore},
    {"ZCARD", 2, 2, ZCard},
    {"ZCOUNT", 4, 4, ZCount},
    {"ZRANGE", 4, 5, [](Data& data, const Args& args) { return ZRange(data, args, false); }},
    {"ZREVRANGE", 4, 5, [](Data& data, const Args& args) { return ZRange(data, args, true); }},
    {"ZRANGEBYSCORE", 4, kMany,
     [](Data& data, const Args& args) { return ZRangeByScore(data, args, false); }},
    {"ZREVRANGEBYSCORE", 4, kMany,
     [](Data& data, const Args& args) { return ZRangeByScore(data, args, true); }},
    {"ZREMRANGEBYSCORE", 4, 4, ZRemRangeByScore},
};

}  // namespace

Reply RunFakeCommand(Data& data, const Args& args) {
  const std::string name = args.empty() ? "" : Upper(args[0]);
  for (const CommandEntry& command : kCommands) {
    if (command.name != name) continue;
    if (args.size() < command.min_args || args.size() > command.max_args) {
      return Reply::Error("ERR wrong number of arguments for '" + args[0] + "' command");
    }
    return command.run(data, args);
  }
  return Reply::Error("ERR unknown command '" + name + "' (to the fake)");
}

}  // namespace plazo::redis
