#include "platform/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/impl/server_initializer.h>

#include <mutex>

#include "platform/base/file.h"
#include "platform/base/status.h"

namespace plazo::rpc {
namespace {

// The library keeps these as process-wide switches that the next builder looks at.
void EnablePlugins(bool reflection) {
  static std::once_flag health;
  std::call_once(health, [] { grpc::EnableDefaultHealthCheckService(true); });
  static std::once_flag once;
  if (reflection)
    std::call_once(once, [] { grpc::reflection::InitProtoReflectionServerBuilderPlugin(); });
}

// Learns the full names of the registered services, which a grpc::Service does not tell.
class NamesPlugin final : public grpc::ServerBuilderPlugin {
 public:
  explicit NamesPlugin(std::vector<std::string>* names) : names_(names) {}
  std::string name() override { return "plazo_service_names"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer* initializer) override {
    *names_ = *initializer->GetServiceList();
  }
  void ChangeArguments(const std::string&, void*) override {}

 private:
  std::vector<std::string>* const names_;
};

class NamesOption final : public grpc::ServerBuilderOption {
 public:
  explicit NamesOption(std::vector<std::string>* names) : names_(names) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->push_back(std::make_unique<NamesPlugin>(names_));
  }

 private:
  std::vector<std::string>* const names_;
};

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const TlsFiles& tls) {
  if (tls.certificate.empty() && tls.key.empty()) {
    if (!tls.ca.empty()) return InvalidArgument("tls: a CA without certificate and key");
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions options(
      tls.ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                     : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  const auto read = [](const std::string& path, std::string* out) -> absl::Status {
    absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok()) return InvalidArgument("tls: " + std::string(content.status().message()));
    *out = *std::move(content);
    return absl::OkStatus();
  };
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  PLAZO_RETURN_IF_ERROR(read(tls.certificate, &pair.cert_chain));
  PLAZO_RETURN_IF_ERROR(read(tls.key, &pair.private_key));
  if (!tls.ca.empty()) PLAZO_RETURN_IF_ERROR(read(tls.ca, &options.pem_root_certs));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

}  // namespace

Server::Server(ServerOptions options) : options_(std::move(options)) {}

Server::~Server() { Drain(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  EnablePlugins(options.reflection);
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials = Credentials(options.tls);
  if (!credentials.ok()) return credentials.status();
  auto server = std::unique_ptr<Server>(new Server(options));
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.address, *credentials, &server->port_);
  builder.SetMaxReceiveMessageSize(options.max_receive_bytes);
  builder.SetMaxSendMessageSize(options.max_send_bytes);
  // Without this, a second process would share the port and get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetOption(std::make_unique<NamesOption>(&server->names_));
  for (grpc::Service* service : services) builder.RegisterService(service);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || server->port_ == 0) {
    return Unavailable("grpc: cannot listen on " + options.address);
  }
  server->SetServing(false);
  return server;
}

std::string Server::address() const {
  return options_.address.substr(0, options_.address.rfind(':') + 1) + std::to_string(port_);
}

void Server::SetServing(bool serving) {
  auto* health = server_->GetHealthCheckService();
  if (health == nullptr) return;
  health->SetServingStatus("", serving && !drained_);
  for (const std::string& name : names_) health->SetServingStatus(name, serving && !drained_);
}

void Server::Drain() {
  if (server_ == nullptr || drained_.exchange(true)) return;
  SetServing(false);
  server_->Shutdown(absl::ToChronoTime(absl::Now() + options_.drain_timeout));
  server_->Wait();
}

}  // namespace plazo::rpc
