#include "cli/remote.h"

#include <google/protobuf/message_lite.h>
#include <grpcpp/generic/generic_stub.h>

#include "platform/base/status.h"
#include "platform/rpc/client.h"
#include "platform/rpc/errors.h"

namespace plazo::cli {
namespace {

using google::protobuf::Message;

grpc::ByteBuffer ToBytes(const Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBytes(const grpc::ByteBuffer& bytes, Message& message) {
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok()) return false;
  return message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

std::string Explain(const grpc::Status& status) {
  const rpc::ErrorDetails details = rpc::DetailsOf(status);
  std::string line;
  for (const rpc::FieldViolation& violation : details.violations) {
    if (!line.empty()) line += "; ";
    line += violation.field + ": " + violation.description;
  }
  if (line.empty()) line = status.error_message();
  if (!details.reason.empty()) line = details.reason + ": " + line;
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && line.empty()) {
    line = "the server does not offer this";
  }
  if (line.empty()) line = "error " + std::to_string(static_cast<int>(status.error_code()));
  return line;
}

// The codes of both are the same numbers.
absl::Status ToStatus(const grpc::Status& status, const std::string& address) {
  if (status.ok()) return absl::OkStatus();
  std::string line = Explain(status);
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    line = address + ": " + line;
  }
  // Ours say when to try again. This is gRPC's own, for a message beyond the server's limit, and no
  // repeat will make it smaller.
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
      !rpc::DetailsOf(status).retry_delay) {
    return InvalidArgument(line);
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), line);
}

// One call of any shape, a step at a time.
class Exchange {
 public:
  Exchange(grpc::GenericStub& stub, std::string_view method, absl::Duration timeout) {
    rpc::Prepare(context_, timeout);
    stream_ = stub.PrepareCall(&context_, "/" + std::string(method), &queue_);
    stream_->StartCall(this);
    Wait();
  }
  ~Exchange() {
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const Message& request) {
    stream_->Write(ToBytes(request), this);
    return Wait();
  }
  void WritesDone() {
    stream_->WritesDone(this);
    Wait();
  }
  bool Read(Message& response) {
    grpc::ByteBuffer bytes;
    stream_->Read(&bytes, this);
    if (!Wait()) return false;
    malformed_ = !FromBytes(bytes, response);
    return !malformed_;
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() {
    if (malformed_) Cancel();
    grpc::Status status;
    stream_->Finish(&status, this);
    Wait();
    if (malformed_) return {grpc::StatusCode::INTERNAL, "the answer could not be read"};
    return status;
  }

 private:
  bool Wait() {
    void* tag;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool malformed_ = false;
};

}  // namespace

class Remote::Channel {
 public:
  Channel(std::shared_ptr<grpc::Channel> channel, std::string address)
      : stub(std::move(channel)), address(std::move(address)) {}

  grpc::GenericStub stub;
  const std::string address;
};

absl::StatusOr<Remote> Remote::Open(const Session& session, const std::string& address) {
  auto channel = rpc::OpenChannel(
      {.address = address,
       .use_tls = session.tls,
       .tls = {
           .certificate = session.tls_certificate, .key = session.tls_key, .ca = session.tls_ca}});
  if (!channel.ok()) return channel.status();
  return Remote(std::make_shared<Channel>(*std::move(channel), address), session.CallTimeout());
}

absl::Status Remote::Call(std::string_view method, const Message& request,
                          Message& response) const {
  return Call(method, request, response, timeout_);
}

absl::Status Remote::Call(std::string_view method, const Message& request, Message& response,
                          absl::Duration timeout) const {
  Exchange exchange(channel_->stub, method, timeout);
  if (exchange.Write(request)) {
    exchange.WritesDone();
    exchange.Read(response);
  }
  return ToStatus(exchange.Finish(), channel_->address);
}

absl::Status Remote::Read(std::string_view method, const Message& request, Message& response,
                          absl::Duration timeout, const std::function<bool()>& each) const {
  Exchange exchange(channel_->stub, method, timeout);
  if (exchange.Write(request)) exchange.WritesDone();
  while (exchange.Read(response)) {
    if (each()) continue;
    exchange.Cancel();
    exchange.Finish();
    return absl::OkStatus();
  }
  return ToStatus(exchange.Finish(), channel_->address);
}

void Remote::Start(std::string_view method, const Message& request, Message& response,
                   absl::Duration timeout, std::function<void(const absl::Status&)> done) const {
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request, response;
  };
  auto call = std::make_shared<Call>();
  rpc::Prepare(call->context, timeout);
  call->request = ToBytes(request);
  channel_->stub.UnaryCall(
      &call->context, "/" + std::string(method), grpc::StubOptions(), &call->request,
      &call->response,
      [call, &response, done = std::move(done), channel = channel_](grpc::Status status) {
        if (status.ok() && !FromBytes(call->response, response)) {
          status = {grpc::StatusCode::INTERNAL, "the answer could not be read"};
        }
        done(ToStatus(status, channel->address));
      });
}

absl::Status Remote::Send(std::string_view method, Message& request, Message& response,
                          const std::function<bool()>& next) const {
  Exchange exchange(channel_->stub, method, timeout_);
  bool open = true;
  while (open && next()) open = exchange.Write(request);
  if (open) exchange.WritesDone();
  if (open) exchange.Read(response);
  return ToStatus(exchange.Finish(), channel_->address);
}

bool RetryableOf(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kAborted;
}

}  // namespace plazo::cli
