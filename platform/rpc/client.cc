#include "platform/rpc/client.h"

#include <algorithm>

#include "platform/base/file.h"
#include "platform/base/status.h"

namespace plazo::rpc {
namespace {

constexpr char kTraceparent[] = "traceparent";

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const ChannelOptions& options) {
  if (!options.use_tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  for (const auto& [path, out] : {std::pair{options.tls.ca, &ssl.pem_root_certs},
                                  std::pair{options.tls.certificate, &ssl.pem_cert_chain},
                                  std::pair{options.tls.key, &ssl.pem_private_key}}) {
    if (path.empty()) continue;
    absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok()) return InvalidArgument("tls: " + std::string(content.status().message()));
    *out = *std::move(content);
  }
  return grpc::SslCredentials(ssl);
}

std::string RetryPolicy(int attempts) {
  return R"({"methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":)" +
         std::to_string(attempts) +
         R"(,"initialBackoff":"0.1s","maxBackoff":"2s","backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE"]}}]})";
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options) {
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_receive_bytes);
  arguments.SetMaxSendMessageSize(-1);
  // A server that was restarted is found again within a second, not after the default of up to two
  // minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  const int attempts = std::clamp(options.max_attempts, 1, 5);
  if (attempts > 1) arguments.SetServiceConfigJSON(RetryPolicy(attempts));
  return grpc::CreateCustomChannel(options.address, *credentials, arguments);
}

void Prepare(grpc::ClientContext& context, absl::Duration timeout, std::string_view traceparent) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  if (!traceparent.empty()) context.AddMetadata(kTraceparent, std::string(traceparent));
}

std::string TraceparentOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kTraceparent);
  return found == metadata.end() ? std::string()
                                 : std::string(found->second.data(), found->second.size());
}

absl::Duration TimeLeft(const grpc::ServerContextBase& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteDuration();
  return absl::FromChrono(deadline) - absl::Now();
}

}  // namespace plazo::rpc
