#pragma once

// Mailer: hands one mail at a time to the SMTP relay and says exactly what became of it.
//
// The connection is kept between mails and opened again when it is lost. `before_final_dot` runs
// when everything but the message's last bytes has been handed to the connection: until it has said
// yes, the relay cannot have taken the message; from then on only a reply can tell. So a ledger
// entry written inside it is always there before the message can be accepted.
//
// Thread-safety: none; one Mailer a thread. Errors never hold text of the mail.

#include <absl/status/statusor.h>
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace plazo::smtp {

enum class Tls {
  kNone,
  kIfOffered,  // STARTTLS where the relay offers it, certificate not checked
  kRequired,   // STARTTLS, certificate and name checked
  kImplicit,   // TLS from the first byte (port 465), checked
};

struct RelayOptions {
  std::string host = "127.0.0.1";
  int port = 2525;
  std::string helo_name = "localhost";
  Tls tls = Tls::kIfOffered;
  std::string ca_file;           // empty = the system's
  std::string credentials_file;  // one line `user:password`, read by Mailer::Create
  std::string username;          // without a credentials file; empty = no AUTH
  std::string password;
};

struct SendTimeouts {
  absl::Duration connect = absl::Seconds(10);  // TCP, TLS and greeting
  absl::Duration reply =
      absl::Seconds(60);  // the relay's answer to one command; rounded up to seconds
  absl::Duration total = absl::Minutes(5);
};

struct Envelope {
  std::string from;  // empty = null return path
  std::string to;    // exactly one
};

enum class SendResult {
  kAccepted,  // the relay answered 250 to the final dot
  kDeferred,  // not taken: 4xx, no connection, or lost before the final dot. Try again later
  kRefused,   // 5xx to this sender, recipient or message, or an address that cannot be sent
  kInDoubt,   // lost after before_final_dot had said yes: may or may not have been taken
  kAborted,   // before_final_dot said no: the connection was dropped without completing the message
};

struct SendOutcome {
  SendResult result = SendResult::kDeferred;
  int code = 0;       // the SMTP reply code that decided; 0 when there was none
  std::string reply;  // the relay's last reply line, at most 200 characters, for logs and bounces
  std::string error;  // what failed, when no reply says so
  absl::Time accepted_time;     // our clock when the 250 arrived; only for kAccepted
  bool relay_unusable = false;  // could not connect, greet, secure or log in: says nothing of this
                                // mail. For the breaker
  bool reused_connection = false;
};

// "ACCEPTED", "DEFERRED", ...
std::string_view ToString(SendResult result);

// True = send. False = drop the connection, kAborted.
using BeforeFinalDot = std::function<bool()>;

class Mailer {
 public:
  using Clock = std::function<absl::Time()>;

  // kInvalidArgument: unusable options; kNotFound: the credentials file cannot be read. Does not
  // connect.
  static absl::StatusOr<Mailer> Create(RelayOptions options, Clock clock = &absl::Now);

  Mailer(Mailer&&) noexcept;
  Mailer& operator=(Mailer&&) noexcept;
  ~Mailer();  // sends QUIT

  // Blocks until the outcome is known or `timeouts` have passed. `message` has CRLF lines and no
  // dot stuffing (BuildMail's output). A connection that died while it was idle is replaced once,
  // silently, as long as nothing of the message was handed over. `before_final_dot` may be empty (=
  // yes), is called at most once, and on this thread.
  SendOutcome Send(const Envelope& envelope, std::string_view message,
                   const BeforeFinalDot& before_final_dot, const SendTimeouts& timeouts = {});

 private:
  struct State;
  explicit Mailer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace plazo::smtp
