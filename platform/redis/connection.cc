#include "platform/redis/connection.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "platform/base/status.h"

namespace plazo::redis {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(2);
constexpr std::string_view kUnix = "unix:";

const Clock* DefaultClock() {
  static const SystemClock clock;
  return &clock;
}

Random* DefaultRandom() {
  static SystemRandom random;
  return &random;
}

ConnectionOptions Completed(ConnectionOptions options) {
  if (options.clock == nullptr) options.clock = DefaultClock();
  if (options.random == nullptr) options.random = DefaultRandom();
  return options;
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply Convert(const redisReply& reply) {
  const std::string_view text(reply.str == nullptr ? "" : reply.str,
                              reply.str == nullptr ? 0 : reply.len);
  switch (reply.type) {
    case REDIS_REPLY_STRING:
      return Reply::String(text);
    case REDIS_REPLY_STATUS:
      return Reply::StatusText(text);
    case REDIS_REPLY_ERROR:
      return Reply::Error(text);
    case REDIS_REPLY_INTEGER:
      return Reply::Integer(reply.integer);
    case REDIS_REPLY_ARRAY: {
      std::vector<Reply> elements;
      elements.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) elements.push_back(Convert(*reply.element[i]));
      return Reply::Array(std::move(elements));
    }
    default:
      return Reply::Nil();
  }
}

struct HostPort {
  std::string host;
  int port;
};

// host:port, [v6]:port
absl::StatusOr<HostPort> SplitAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  const std::string digits = colon == std::string::npos ? "" : address.substr(colon + 1);
  const bool number = !digits.empty() && digits.size() <= 5 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
  if (!number || colon == 0)
    return InvalidArgument("redis: no host:port or unix:/path: " + address);
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostPort{host, std::stoi(digits)};
}

std::vector<std::string_view> WordsOf(const Call& call, std::string* key_count) {
  std::vector<std::string_view> words;
  if (call.script != nullptr) {
    *key_count = std::to_string(call.keys.size());
    words = {"EVALSHA", call.script->sha1(), *key_count};
    words.insert(words.end(), call.keys.begin(), call.keys.end());
  }
  words.insert(words.end(), call.args.begin(), call.args.end());
  return words;
}

// hiredis writes without MSG_NOSIGNAL: a server that has gone must be an error, not the end of the
// process.
void IgnoreBrokenPipes() {
  struct sigaction action;
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
    signal(SIGPIPE, SIG_IGN);
}

bool IsNoScript(const Call& call, const Reply& reply) {
  return call.script != nullptr && reply.is_error() && reply.text().starts_with("NOSCRIPT");
}

}  // namespace

void Connection::Free::operator()(redisContext* context) const { redisFree(context); }

Connection::Connection(ConnectionOptions options) : options_(Completed(std::move(options))) {
  IgnoreBrokenPipes();
}
Connection::~Connection() = default;

absl::Status Connection::Broken(std::string_view what) {
  const bool timed_out = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
  std::string message = "redis " + options_.address + ": " + std::string(what) + ": ";
  message += timed_out ? "no answer within " + absl::FormatDuration(options_.command_timeout)
                       : context_->errstr;
  context_.reset();
  loaded_.clear();
  if (timed_out) return absl::DeadlineExceededError(message);
  return absl::AbortedError(message);
}

absl::Status Connection::OpenSocket() {
  const timeval timeout = absl::ToTimeval(options_.connect_timeout);
  redisContext* context = nullptr;
  if (options_.address.starts_with(kUnix)) {
    context = redisConnectUnixWithTimeout(options_.address.c_str() + kUnix.size(), timeout);
  } else {
    const absl::StatusOr<HostPort> where = SplitAddress(options_.address);
    if (!where.ok()) return where.status();
    context = redisConnectWithTimeout(where->host.c_str(), where->port, timeout);
  }
  context_.reset(context);
  if (context == nullptr) return absl::ResourceExhaustedError("redis: out of memory");
  if (context->err != 0) {
    const std::string reason = context->errstr;
    context_.reset();
    return Unavailable("redis " + options_.address + ": " + reason);
  }
  redisSetTimeout(context_.get(), absl::ToTimeval(options_.command_timeout));
  // On a unix socket it would mark the connection as broken.
  if (context_->connection_type == REDIS_CONN_TCP) redisEnableKeepAlive(context_.get());
  return absl::OkStatus();
}

absl::Status Connection::Authenticate() {
  if (options_.password.empty()) return absl::OkStatus();
  std::vector<std::string> args = {"AUTH"};
  if (!options_.username.empty()) args.push_back(options_.username);
  args.push_back(options_.password);
  const absl::StatusOr<std::vector<Reply>> replies = Roundtrip({Call::Command(std::move(args))});
  // Nothing of the caller's has been sent yet.
  if (!replies.ok()) return Unavailable(ToStd(replies.status().message()));
  if (!replies->front().is_error()) return absl::OkStatus();
  context_.reset();
  return absl::PermissionDeniedError("redis " + options_.address + ": " + replies->front().text());
}

absl::Status Connection::Connect() {
  if (context_ != nullptr) return absl::OkStatus();
  const absl::Duration now = options_.clock->Monotonic();
  if (now < retry_at_)
    return Unavailable("redis " + options_.address + ": waiting to connect again");
  absl::Status status = OpenSocket();
  if (status.ok()) status = Authenticate();
  if (status.ok()) {
    backoff_ = retry_at_ = absl::ZeroDuration();
    return status;
  }
  backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kMaxBackoff);
  retry_at_ = options_.clock->Monotonic() + backoff_ * (0.5 + options_.random->Unit() / 2);
  return status;
}

absl::Status Connection::Append(const Call& call) {
  std::string key_count;
  const std::vector<std::string_view> words = WordsOf(call, &key_count);
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (const std::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), data.data(),
                             sizes.data()) != REDIS_OK) {
    return Broken("append");
  }
  return absl::OkStatus();
}

absl::StatusOr<Reply> Connection::Read() {
  void* raw = nullptr;
  errno = 0;
  if (redisGetReply(context_.get(), &raw) != REDIS_OK || raw == nullptr) return Broken("read");
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
  return Convert(*reply);
}

absl::StatusOr<std::vector<Reply>> Connection::Roundtrip(const std::vector<Call>& calls) {
  // Scripts this connection has not loaded go first, in the same flight.
  size_t loads = 0;
  for (const Call& call : calls) {
    if (call.script == nullptr || loaded_.contains(call.script->sha1())) continue;
    PLAZO_RETURN_IF_ERROR(Append(Call::Command({"SCRIPT", "LOAD", call.script->source()})));
    loaded_.insert(call.script->sha1());
    ++loads;
  }
  for (const Call& call : calls) PLAZO_RETURN_IF_ERROR(Append(call));
  std::vector<Reply> replies;
  replies.reserve(calls.size());
  std::optional<Reply> load_error;
  for (size_t i = 0; i < loads + calls.size(); ++i) {
    absl::StatusOr<Reply> reply = Read();
    if (!reply.ok()) return reply.status();
    if (i < loads) {
      if (reply->is_error()) load_error = *std::move(reply);
      continue;
    }
    // NOSCRIPT would hide why: a script that does not compile, a server that is still loading.
    if (load_error && IsNoScript(calls[i - loads], *reply)) reply = *load_error;
    replies.push_back(*std::move(reply));
  }
  if (load_error) loaded_.clear();
  return replies;
}

bool Connection::ClosedWhileIdle() const {
  char byte = 0;
  const ssize_t got = recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // Unasked bytes are as bad: replies would be off by one.
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

absl::StatusOr<std::vector<Reply>> Connection::Execute(const std::vector<Call>& calls) {
  if (calls.empty()) return std::vector<Reply>();
  if (context_ != nullptr && ClosedWhileIdle()) {
    context_.reset();
    loaded_.clear();
  }
  PLAZO_RETURN_IF_ERROR(Connect());
  absl::StatusOr<std::vector<Reply>> replies = Roundtrip(calls);
  if (!replies.ok()) return replies;
  std::vector<Call> again;
  std::vector<size_t> places;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!IsNoScript(calls[i], (*replies)[i])) continue;
    again.push_back(calls[i]);
    places.push_back(i);
  }
  if (again.empty()) return replies;
  loaded_.clear();
  absl::StatusOr<std::vector<Reply>> second = Roundtrip(again);
  if (!second.ok()) return second.status();
  for (size_t k = 0; k < places.size(); ++k) (*replies)[places[k]] = std::move((*second)[k]);
  return replies;
}

}  // namespace plazo::redis
