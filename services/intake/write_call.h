#pragma once

// What all writes of intake share: the checks of their common fields, the command's frame, waiting,
// and the answer. A method is then its own fields and nothing else.
//
// A refusal by the domain is FAILED_PRECONDITION with its reason; a command that was not accepted
// UNAVAILABLE, and the same request may be sent again.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/clock.h"
#include "platform/rpc/client.h"
#include "platform/rpc/field_violations.h"
#include "platform/runtime/worker_pool.h"
#include "plazo/intake/v1/write.pb.h"
#include "services/intake/command_sender.h"
#include "services/intake/directory.h"

namespace plazo::intake {

struct Limits {
  size_t subject_bytes = 300 * 4;
  size_t body_bytes = 64 * 1024;
  size_t name_bytes = 200;
  size_t attachments = 50;
};

// What the gRPC services work with; made once, lives as long as they do.
struct Frontend {
  Directory& directory;
  CommandSender& sender;
  Decisions& decisions;
  runtime::WorkerPool& workers;
  const Clock& clock;
  absl::Duration decision_wait;
  absl::Duration directory_wait;
  Limits limits;

  absl::Time Now() const { return absl::FromUnixMillis(clock.NowMs()); }
};

// The same for every retry: what only steers the call stays out.
template <typename Request>
std::string ContentOf(const Request& request) {
  Request content = request;
  content.clear_decision_wait();
  content.clear_expected_version();
  return content.GetTypeName() + content.SerializeAsString();
}

template <typename Request>
void CheckFrame(const Request& request, rpc::FieldViolations& faults) {
  faults.Id("request_id", request.request_id());
  faults.Id("tenant", request.tenant(), 63);
  if (request.has_expected_version()) {
    faults.Require("expected_version", request.expected_version() > 0, "must be positive");
  }
}

template <typename Request>
core::v1::Command StartCommand(const Frontend& frontend, const Request& request) {
  core::v1::Command command;
  command.set_command_id(
      ids::CommandId(request.tenant(), request.request_id(), ContentOf(request)));
  command.set_request_id(request.request_id());
  command.set_tenant(request.tenant());
  command.set_expected_version(request.expected_version());
  *command.mutable_received_time() = ToProto(frontend.Now());
  return command;
}

grpc::Status StatusOf(const Submitted& submitted);

template <typename Response>
void FillFrame(const Submitted& submitted, const std::string& command_id, Response& response) {
  response.set_command_id(command_id);
  *response.mutable_accept_time() = ToProto(submitted.accept_time);
  response.set_position(submitted.position.Token());
  if (!submitted.decision) {
    response.set_decision(v1::PENDING);
    return;
  }
  response.set_decision(submitted.decision->outcome() == core::v1::OUTCOME_REPEATED ? v1::REPEATED
                                                                                    : v1::APPLIED);
  response.set_version(submitted.decision->version());
}

// Sends `command` and finishes the call. `fill` adds what only this response has.
template <typename Request, typename Response>
void SendAndFinish(const Frontend& frontend, grpc::CallbackServerContext* context,
                   const Request& request, core::v1::Command command, Response* response,
                   grpc::ServerUnaryReactor* reactor,
                   std::function<void(const Submitted&, Response&)> fill = nullptr) {
  const absl::Duration wait =
      request.has_decision_wait() ? FromProto(request.decision_wait()) : frontend.decision_wait;
  const std::string command_id = command.command_id();
  frontend.sender.Send(
      std::move(command), std::min(wait, absl::Seconds(30)), rpc::TraceparentOf(*context),
      [command_id, response, reactor, fill = std::move(fill)](const Submitted& submitted) {
        grpc::Status status = StatusOf(submitted);
        if (status.ok()) {
          FillFrame(submitted, command_id, *response);
          if (fill) fill(submitted, *response);
        }
        reactor->Finish(std::move(status));
      });
}

// Finds the customer, waiting off the calling thread for a directory that lags; then `go` with the
// customer, or the call ends with a fault that names `field`.
void WithCustomer(const Frontend& frontend, const std::string& tenant,
                  const std::string& customer_id, std::string field,
                  grpc::ServerUnaryReactor* reactor,
                  std::function<void(core::v1::CustomerState)> go);

// The tenant must have a policy; as above.
void WithTenant(const Frontend& frontend, const std::string& tenant,
                grpc::ServerUnaryReactor* reactor, std::function<void(Tenant)> go);

core::v1::CustomerSnapshot SnapshotOf(const core::v1::CustomerState& customer,
                                      core::v1::SenderTrust trust);

void CheckAttachments(
    const google::protobuf::RepeatedPtrField<core::v1::AttachmentRef>& attachments, size_t max,
    rpc::FieldViolations& faults);

}  // namespace plazo::intake
