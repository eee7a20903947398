#pragma once

// A gRPC server with what every service of Plazo has: the standard health service, reflection where
// wanted, limits on message sizes, and an end that lets calls finish.
//
// Health: "" and each service are NOT_SERVING until SetServing(true), and from Drain on. Streams
// that never end by themselves must watch for cancellation: Drain cancels what is left when its
// time is over. Thread-safe. The services must outlive the server; the server drains in its
// destructor.

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace plazo::rpc {

// PEM files. Without them the port is plain text.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string ca;  // server: given = clients must show a certificate signed by it; client: empty =
                   // the system's
};

struct ServerOptions {
  std::string address = "127.0.0.1:0";  // port 0 = any free one
  bool reflection = true;
  TlsFiles tls;
  int max_receive_bytes = 4 << 20;
  int max_send_bytes = 16 << 20;
  absl::Duration drain_timeout = absl::Seconds(3);
};

class Server {
 public:
  // UNAVAILABLE when the address cannot be bound, with the address; INVALID_ARGUMENT for unreadable
  // certificates.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  ~Server();

  int port() const { return port_; }
  // host:port with the bound port.
  std::string address() const;

  void SetServing(bool serving);

  // NOT_SERVING, no new calls, waits for open ones up to the timeout, cancels the rest. Again: does
  // nothing.
  void Drain();

  // For in-process clients.
  grpc::Server& grpc() { return *server_; }

 private:
  explicit Server(ServerOptions options);

  const ServerOptions options_;
  std::vector<std::string> names_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::atomic<bool> drained_{false};
};

}  // namespace plazo::rpc
