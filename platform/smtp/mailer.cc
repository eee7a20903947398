#include "platform/smtp/mailer.h"

#include <curl/curl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <mutex>
#include <utility>

#include "platform/base/status.h"

namespace plazo::smtp {
namespace {

// Kept back until before_final_dot has agreed. It need not be large: without it the message cannot
// end.
constexpr std::size_t kHeldBack = 64;
constexpr std::size_t kMaxReply = 200;

struct CloseCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

bool IsPrintableAscii(char c) { return c >= 0x20 && c < 0x7f; }

// What may stand between the brackets of MAIL FROM and RCPT TO; libcurl sends anything.
bool IsSendable(std::string_view address) {
  constexpr std::size_t kMaxAddress = 254;
  return address.size() <= kMaxAddress && address.find('@') != std::string_view::npos &&
         std::all_of(address.begin(), address.end(), [](char c) {
           return IsPrintableAscii(c) && c != ' ' && c != '<' && c != '>';
         });
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

absl::Status CheckOptions(const RelayOptions& options) {
  const auto is_name = [](std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
      return IsPrintableAscii(c) &&
             std::string_view("/?#@\\ <>\"%").find(c) == std::string_view::npos;
    });
  };
  if (!is_name(options.host)) return InvalidArgument("relay host is malformed");
  if (!is_name(options.helo_name)) return InvalidArgument("helo name is malformed");
  if (options.port <= 0 || options.port > 65535)
    return InvalidArgument("relay port is out of range");
  const bool secure = options.tls == Tls::kRequired || options.tls == Tls::kImplicit;
  const bool login = !options.credentials_file.empty() || !options.username.empty();
  if (login && !secure && !IsLoopback(options.host)) {
    return InvalidArgument("credentials for a remote relay need tls required or implicit");
  }
  return absl::OkStatus();
}

std::string RelayUrl(const RelayOptions& options) {
  const bool ipv6 = options.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + options.host + "]" : options.host;
  return std::string(options.tls == Tls::kImplicit ? "smtps://" : "smtp://") + host + ":" +
         std::to_string(options.port) + "/" + options.helo_name;
}

// The three-digit code at the start of a reply line; 0 when there is none.
int ReplyCode(std::string_view line) {
  if (line.size() < 3) return 0;
  int code = 0;
  for (int i = 0; i < 3; ++i) {
    if (line[i] < '0' || line[i] > '9') return 0;
    code = code * 10 + (line[i] - '0');
  }
  return code;
}

// One Send: what libcurl's callbacks see and leave behind.
struct Transfer {
  std::string_view message;
  const BeforeFinalDot* before_final_dot = nullptr;
  bool plain = true;  // no TLS: what the socket holds can be read as text
  const curl_socket_t* socket = nullptr;

  std::size_t offset = 0;
  bool mail_command_sent = false;  // the relay is usable: from here on a refusal concerns this mail
  bool data_asked = false;         // libcurl asked for the message: DATA was accepted
  bool said_yes = false;
  bool said_no = false;
  bool quitting = false;  // libcurl says QUIT after a failure: the answer to that decides nothing
  bool lost = false;      // the peer was gone before the held back bytes were given
  int last_code = 0;      // of the last reply
  std::string last_reply;
};

// Looks at the connection just before the final dot: a relay that has hung up, or has answered
// already, will not take the message, and noticing it here spares an IN_DOUBT. What it said is kept
// as the reply.
bool PeerIsGone(Transfer& transfer) {
  pollfd descriptor{.fd = *transfer.socket, .events = POLLIN | POLLRDHUP, .revents = 0};
  if (descriptor.fd < 0 || poll(&descriptor, 1, 0) <= 0) return false;
  const bool hung_up = (descriptor.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  if (!transfer.plain) return hung_up;
  std::array<char, kMaxReply> early;
  const ssize_t length = recv(descriptor.fd, early.data(), early.size(), MSG_PEEK | MSG_DONTWAIT);
  if (length <= 0) return hung_up;
  const std::string_view line(early.data(), static_cast<std::size_t>(length));
  transfer.last_code = ReplyCode(line);
  transfer.last_reply = std::string(line.substr(0, line.find_first_of("\r\n")));
  return true;
}

std::size_t OnRead(char* buffer, std::size_t size, std::size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  transfer.data_asked = true;
  const std::size_t held = transfer.said_yes ? 0 : std::min(kHeldBack, transfer.message.size());
  std::size_t available = transfer.message.size() - held - transfer.offset;
  if (available == 0 && !transfer.said_yes) {
    if (PeerIsGone(transfer)) {
      transfer.lost = true;
      return CURL_READFUNC_ABORT;
    }
    if (*transfer.before_final_dot && !(*transfer.before_final_dot)()) {
      transfer.said_no = true;
      return CURL_READFUNC_ABORT;
    }
    transfer.said_yes = true;
    transfer.last_code = 0;  // replies from here on are about the whole message
    available = transfer.message.size() - transfer.offset;
  }
  const std::size_t length = std::min(size * count, available);
  std::memcpy(buffer, transfer.message.data() + transfer.offset, length);
  transfer.offset += length;
  return length;
}

std::size_t OnReplyLine(char* data, std::size_t size, std::size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  if (transfer.quitting) return size * count;
  const std::string_view line(data, size * count);
  if (const int code = ReplyCode(line); code != 0) transfer.last_code = code;
  transfer.last_reply =
      std::string(line.substr(0, std::min(line.find_first_of("\r\n"), kMaxReply)));
  for (char& c : transfer.last_reply) {
    if (!IsPrintableAscii(c)) c = '?';
  }
  return size * count;
}

std::size_t Discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

int OnDebug(CURL*, curl_infotype type, char* data, std::size_t size, void* context) {
  if (type != CURLINFO_HEADER_OUT || context == nullptr) return 0;
  Transfer& transfer = *static_cast<Transfer*>(context);
  const std::string_view command(data, size);
  if (command.starts_with("MAIL FROM")) transfer.mail_command_sent = true;
  if (command.starts_with("QUIT")) {
    transfer.quitting = true;
    // Nobody needs the answer, and a relay that hangs would hold this thread for another reply
    // timeout.
    if (*transfer.socket != CURL_SOCKET_BAD) shutdown(*transfer.socket, SHUT_RD);
  }
  return 0;
}

int OnSocket(void* context, curl_socket_t socket, curlsocktype) {
  *static_cast<curl_socket_t*>(context) = socket;
  return CURL_SOCKOPT_OK;
}

int OnCloseSocket(void* context, curl_socket_t socket) {
  curl_socket_t& open = *static_cast<curl_socket_t*>(context);
  if (open == socket) open = CURL_SOCKET_BAD;
  return close(socket);
}

// Replies to MAIL FROM that say how we are configured, not what this mail is (RFC 4954, RFC 3207).
bool ConcernsLogin(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

SendResult Classify(CURLcode result, const Transfer& transfer) {
  if (result == CURLE_OK) return SendResult::kAccepted;
  if (transfer.said_no) return SendResult::kAborted;
  const int code = transfer.last_code;
  if (transfer.said_yes && code < 400) return SendResult::kInDoubt;
  const bool about_this_mail = transfer.mail_command_sent && !ConcernsLogin(code);
  return code >= 500 && about_this_mail ? SendResult::kRefused : SendResult::kDeferred;
}

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, 86'400'000));
}

}  // namespace

std::string_view ToString(SendResult result) {
  switch (result) {
    case SendResult::kAccepted:
      return "ACCEPTED";
    case SendResult::kDeferred:
      return "DEFERRED";
    case SendResult::kRefused:
      return "REFUSED";
    case SendResult::kInDoubt:
      return "IN_DOUBT";
    case SendResult::kAborted:
      return "ABORTED";
  }
  return "UNKNOWN";
}

struct Mailer::State {
  RelayOptions options;
  Clock clock;
  std::string user;
  std::string password;
  curl_socket_t socket = CURL_SOCKET_BAD;  // of the open connection
  std::array<char, CURL_ERROR_SIZE> error{};
  std::unique_ptr<CURL, CloseCurl> curl;  // last: closing it uses the above

  // Closing sends QUIT; the answer is not waited for, or a relay that hangs would hold up the
  // shutdown.
  ~State() {
    if (socket != CURL_SOCKET_BAD) shutdown(socket, SHUT_RD);
  }

  absl::Status ReadCredentials();
  void Configure();
  SendOutcome Attempt(const Envelope& envelope, Transfer& transfer, const SendTimeouts& timeouts,
                      bool fresh);
  SendOutcome OutcomeOf(CURLcode result, const Transfer& transfer);
};

absl::Status Mailer::State::ReadCredentials() {
  if (options.credentials_file.empty()) {
    user = options.username;
    password = options.password;
    return absl::OkStatus();
  }
  std::ifstream in(options.credentials_file);
  std::string line;
  if (!in || !std::getline(in, line)) {
    return absl::NotFoundError("cannot read the relay's credentials file " +
                               options.credentials_file);
  }
  if (line.ends_with('\r')) line.pop_back();
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    return InvalidArgument("the relay's credentials file must hold user:password");
  }
  user = line.substr(0, colon);
  password = line.substr(colon + 1);
  return absl::OkStatus();
}

void Mailer::State::Configure() {
  CURL* handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, RelayUrl(options).c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_PROXY, "");  // none from the environment
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error.data());
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &OnRead);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &OnReplyLine);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Discard);
  curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, &OnSocket);
  curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, &socket);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, &OnCloseSocket);
  curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, &socket);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);  // the only way to see which command was sent
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &OnDebug);
  const bool checked = options.tls == Tls::kRequired || options.tls == Tls::kImplicit;
  const long use_ssl = checked                     ? CURLUSESSL_ALL
                       : options.tls == Tls::kNone ? CURLUSESSL_NONE
                                                   : CURLUSESSL_TRY;
  curl_easy_setopt(handle, CURLOPT_USE_SSL, use_ssl);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, checked ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, checked ? 2L : 0L);
  if (!options.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
  if (user.empty()) return;
  curl_easy_setopt(handle, CURLOPT_USERNAME, user.c_str());
  curl_easy_setopt(handle, CURLOPT_PASSWORD, password.c_str());
}

SendOutcome Mailer::State::Attempt(const Envelope& envelope, Transfer& transfer,
                                   const SendTimeouts& timeouts, bool fresh) {
  CURL* handle = curl.get();
  const std::unique_ptr<curl_slist, FreeList> recipients(
      curl_slist_append(nullptr, envelope.to.c_str()));
  const absl::Duration reply = absl::Ceil(timeouts.reply, absl::Seconds(1));
  error[0] = '\0';
  transfer.socket = &socket;
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, envelope.from.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                   static_cast<curl_off_t>(transfer.message.size()));
  curl_easy_setopt(handle, CURLOPT_READDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(timeouts.connect));
  curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   static_cast<long>(absl::ToInt64Seconds(reply)));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, Milliseconds(timeouts.total));
  const CURLcode result = curl_easy_perform(handle);
  const SendOutcome outcome = OutcomeOf(result, transfer);
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, nullptr);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, nullptr);
  return outcome;
}

SendOutcome Mailer::State::OutcomeOf(CURLcode result, const Transfer& transfer) {
  long new_connections = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_NUM_CONNECTS, &new_connections);
  SendOutcome outcome;
  outcome.result = Classify(result, transfer);
  outcome.reused_connection = new_connections == 0;
  outcome.reply = transfer.last_reply;
  if (outcome.result == SendResult::kAccepted) {
    outcome.code = 250;
    outcome.accepted_time = clock();
    return outcome;
  }
  if (transfer.last_code >= 400) outcome.code = transfer.last_code;
  if (outcome.code == 0)
    outcome.error = error[0] != '\0' ? error.data() : curl_easy_strerror(result);
  if (transfer.lost) outcome.error = "the relay hung up before the final dot";
  outcome.relay_unusable = outcome.result == SendResult::kDeferred &&
                           (!transfer.mail_command_sent || ConcernsLogin(outcome.code));
  return outcome;
}

absl::StatusOr<Mailer> Mailer::Create(RelayOptions options, Clock clock) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  PLAZO_RETURN_IF_ERROR(CheckOptions(options));
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->clock = std::move(clock);
  PLAZO_RETURN_IF_ERROR(state->ReadCredentials());
  state->curl.reset(curl_easy_init());
  if (state->curl == nullptr) return Internal("cannot make a curl handle");
  state->Configure();
  return Mailer(std::move(state));
}

Mailer::Mailer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mailer::Mailer(Mailer&&) noexcept = default;
Mailer& Mailer::operator=(Mailer&&) noexcept = default;
Mailer::~Mailer() = default;

SendOutcome Mailer::Send(const Envelope& envelope, std::string_view message,
                         const BeforeFinalDot& before_final_dot, const SendTimeouts& timeouts) {
  const bool sendable =
      IsSendable(envelope.to) && (envelope.from.empty() || IsSendable(envelope.from));
  if (!sendable || message.empty()) {
    SendOutcome outcome;
    outcome.result = SendResult::kRefused;
    outcome.error =
        message.empty() ? "the message is empty" : "the envelope's address cannot be sent";
    return outcome;
  }
  const bool plain = state_->options.tls == Tls::kNone;
  Transfer transfer{.message = message, .before_final_dot = &before_final_dot, .plain = plain};
  SendOutcome outcome = state_->Attempt(envelope, transfer, timeouts, /*fresh=*/false);
  // An idle connection that the relay had closed: nothing of this mail was handed over, so a new
  // one may be tried.
  const bool stale = outcome.reused_connection && !transfer.data_asked &&
                     outcome.result == SendResult::kDeferred &&
                     (transfer.last_code == 0 || transfer.last_code == 421);
  if (!stale) return outcome;
  transfer = {.message = message, .before_final_dot = &before_final_dot, .plain = plain};
  return state_->Attempt(envelope, transfer, timeouts, /*fresh=*/true);
}

}  // namespace plazo::smtp
