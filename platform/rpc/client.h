#pragma once

// The client's end of a connection: a channel that retries what is safe to retry, and contexts with
// a deadline. Every write of Plazo carries a request_id, so UNAVAILABLE may be retried by the
// channel. Thread-safe.

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <string_view>

#include "platform/rpc/server.h"

namespace plazo::rpc {

struct ChannelOptions {
  std::string address;  // host:port or unix:/path
  bool use_tls = false;
  TlsFiles tls;
  int max_receive_bytes = 64 << 20;
  // Attempts a call in all, 1 to 5; only UNAVAILABLE is tried again.
  int max_attempts = 4;
};

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options);

// Sets the deadline and, where not empty, the metadata `traceparent`.
void Prepare(grpc::ClientContext& context, absl::Duration timeout,
             std::string_view traceparent = {});

// What the caller of a server sent, or empty.
std::string TraceparentOf(const grpc::ServerContextBase& context);
// How long the caller will still wait; InfiniteDuration without a deadline.
absl::Duration TimeLeft(const grpc::ServerContextBase& context);

}  // namespace plazo::rpc
