#pragma once

// Calls to intake and desk by the name of the method. Messages are those of the contract; the
// method's types are not looked at, so that one table of commands needs no stub for each.
//
//   Remote intake = *Remote::Open(session, session.intake);
//   absl::Status called = intake.Call("plazo.intake.v1.AgentService/Reply", request, response);
//
// Errors: the code of the gRPC status; the message is one line for people that names every field at
// fault and the reason (`VERSION_MISMATCH: ...`). RetryableOf tells whether the same request may be
// sent again. Thread-safe. Lifetime: none beyond the call.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/session.h"

namespace plazo::cli {

class Remote {
 public:
  // Does not connect. kInvalidArgument when a TLS file cannot be read.
  static absl::StatusOr<Remote> Open(const Session& session, const std::string& address);

  absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response) const;
  absl::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, absl::Duration timeout) const;

  // Reads a stream until it ends, `timeout` is over (kDeadlineExceeded) or `each` returns false
  // (OK). `response` is reused.
  absl::Status Read(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response, absl::Duration timeout,
                    const std::function<bool()>& each) const;

  // Begins a call and returns. `done` is run once, on a thread of gRPC's, when the response has
  // been filled or the call has failed; it must not block. Request and response live until then.
  void Start(std::string_view method, const google::protobuf::Message& request,
             google::protobuf::Message& response, absl::Duration timeout,
             std::function<void(const absl::Status&)> done) const;

  // Sends requests as long as `next` fills one, then takes the answer.
  absl::Status Send(std::string_view method, google::protobuf::Message& request,
                    google::protobuf::Message& response, const std::function<bool()>& next) const;

 private:
  class Channel;
  explicit Remote(std::shared_ptr<Channel> channel, absl::Duration timeout)
      : channel_(std::move(channel)), timeout_(timeout) {}

  std::shared_ptr<Channel> channel_;
  absl::Duration timeout_;
};

// Whether the request may have better luck later. A refusal will not.
bool RetryableOf(const absl::Status& status);

}  // namespace plazo::cli
