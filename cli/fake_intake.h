#pragma once

// A gRPC server for tests of the command line: answers any method as it is told, and remembers what
// it was asked.

#include <google/protobuf/message.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace plazo::cli {

class FakeIntake final : public grpc::CallbackGenericService {
 public:
  FakeIntake() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeIntake() override { server_->Shutdown(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // The answer to a method, "AgentService/Reply".
  void Answer(const std::string& method, const google::protobuf::Message& response,
              grpc::Status status = grpc::Status::OK) {
    std::lock_guard lock(mutex_);
    answers_[method] = {response.SerializeAsString(), std::move(status)};
  }
  void Fail(const std::string& method, grpc::Status status) {
    std::lock_guard lock(mutex_);
    answers_[method] = {"", std::move(status)};
  }

  // The requests of a method, in order.
  template <typename Request>
  std::vector<Request> Asked(const std::string& method) {
    std::lock_guard lock(mutex_);
    std::vector<Request> requests;
    for (const std::string& bytes : asked_[method]) requests.emplace_back().ParseFromString(bytes);
    return requests;
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    // /plazo.intake.v1.AgentService/Reply
    const std::string& full = context->method();
    return new Reactor(*this, full.substr(full.rfind('.') + 1));
  }

 private:
  struct Given {
    std::string response;
    grpc::Status status;
  };

  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(FakeIntake& fake, std::string method) : fake_(fake), method_(std::move(method)) {
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      std::unique_lock lock(fake_.mutex_);
      if (ok) {
        fake_.asked_[method_].push_back(Text(request_));
        lock.unlock();
        return StartRead(&request_);
      }
      const auto found = fake_.answers_.find(method_);
      if (found == fake_.answers_.end()) {
        return Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""));
      }
      if (!found->second.status.ok()) return Finish(found->second.status);
      const grpc::Slice slice(found->second.response);
      response_ = grpc::ByteBuffer(&slice, 1);
      StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnDone() override { delete this; }

   private:
    static std::string Text(const grpc::ByteBuffer& bytes) {
      grpc::Slice slice;
      bytes.DumpToSingleSlice(&slice);
      return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }

    FakeIntake& fake_;
    const std::string method_;
    grpc::ByteBuffer request_, response_;
  };

  int port_ = 0;
  std::mutex mutex_;
  std::map<std::string, Given> answers_;
  std::map<std::string, std::vector<std::string>> asked_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace plazo::cli
