#include "services/intake/ticket_service.h"

#include <arpa/inet.h>

namespace plazo::intake {

using core::v1::Command;
using core::v1::CustomerState;

namespace {

bool IsIpAddress(const std::string& text) {
  in6_addr buffer;
  return inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

void SetCustomerActor(const CustomerState& customer, Command& command) {
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_CUSTOMER);
  command.mutable_actor()->set_id(customer.profile().customer_id());
  command.mutable_actor()->set_name(customer.profile().name());
  *command.mutable_customer() = SnapshotOf(customer, core::v1::SENDER_TRUST_AUTHENTICATED);
}

rpc::FieldViolations CheckTicket(const Frontend& frontend, const v1::SubmitTicketRequest& r) {
  const Limits& limits = frontend.limits;
  rpc::FieldViolations faults;
  CheckFrame(r, faults);
  faults.Id("customer_id", r.customer_id());
  faults.Require("department",
                 r.department() == core::v1::DEPARTMENT_TECHNICAL ||
                     r.department() == core::v1::DEPARTMENT_FINANCIAL,
                 "must be technical or financial");
  faults.Require(
      "priority",
      r.priority() == core::v1::PRIORITY_REGULAR || r.priority() == core::v1::PRIORITY_HIGH,
      "must be regular or high");
  faults.Text("subject", r.subject(),
              {.required = true, .max_bytes = limits.subject_bytes, .single_line = true});
  faults.Text("body", r.body(), {.required = true, .max_bytes = limits.body_bytes});
  faults.Text("service_name", r.service_name(), {.max_bytes = limits.name_bytes});
  faults.Text("order_number", r.order_number(), {.max_bytes = limits.name_bytes});
  faults.Text("diagnostics", r.diagnostics(), {.max_bytes = limits.body_bytes});
  if (!r.server_ip().empty()) {
    faults.Require("server_ip", IsIpAddress(r.server_ip()), "must be an IP address");
  }
  if (r.has_problem_start_time()) {
    faults.Require("problem_start_time",
                   FromProto(r.problem_start_time()) <= frontend.Now() + absl::Hours(1),
                   "lies in the future");
  }
  CheckAttachments(r.attachments(), limits.attachments, faults);
  return faults;
}

void SetTicket(const v1::SubmitTicketRequest& r, core::v1::OpenTicket& open) {
  open.set_channel(core::v1::CHANNEL_TICKET);
  open.set_department(r.department());
  open.set_priority(r.priority());
  open.mutable_content()->set_subject(r.subject());
  open.mutable_content()->set_body(r.body());
  *open.mutable_content()->mutable_attachments() = r.attachments();
  open.set_service_name(r.service_name());
  open.set_server_ip(r.server_ip());
  open.set_order_number(r.order_number());
  if (r.has_problem_start_time()) *open.mutable_problem_start_time() = r.problem_start_time();
  open.set_diagnostics(r.diagnostics());
  open.set_language(r.language());
}

// The ticket a message ended in: a linked one where it could not be added.
std::string EndedIn(const Submitted& submitted, const std::string& ticket_id) {
  if (!submitted.decision || submitted.decision->redirected_ticket_id().empty()) return ticket_id;
  return submitted.decision->redirected_ticket_id();
}

// Receives the parts of one file into the blob store.
class UploadReactor final : public grpc::ServerReadReactor<v1::UploadAttachmentRequest> {
 public:
  UploadReactor(blob::BlobStore& blobs, uint64_t max_bytes, v1::UploadAttachmentResponse* response)
      : max_bytes_(max_bytes), response_(response) {
    absl::StatusOr<std::unique_ptr<blob::BlobWriter>> writer = blobs.Create();
    if (!writer.ok()) {
      Finish(rpc::ToGrpc(writer.status()));
      return;
    }
    writer_ = *std::move(writer);
    StartRead(&part_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Commit();
    if (response_->attachment().filename().empty()) {
      rpc::FieldViolations faults;
      faults.Text("filename", part_.filename(),
                  {.required = true, .max_bytes = 255, .single_line = true});
      faults.Text("content_type", part_.content_type(), {.max_bytes = 200, .single_line = true});
      if (!faults.ok()) return Finish(faults.ToGrpc());
      response_->mutable_attachment()->set_filename(part_.filename());
      response_->mutable_attachment()->set_content_type(part_.content_type());
    }
    size_ += part_.data().size();
    if (size_ > max_bytes_) {
      return Finish(rpc::MakeError(grpc::StatusCode::INVALID_ARGUMENT, "data: too large",
                                   {.violations = {{"data", "the file is too large"}}}));
    }
    absl::Status appended = writer_->Append(part_.data());
    if (!appended.ok()) return Finish(rpc::ToGrpc(appended));
    StartRead(&part_);
  }

  void OnDone() override { delete this; }

 private:
  void Commit() {
    if (response_->attachment().filename().empty()) {
      return Finish(rpc::MakeError(grpc::StatusCode::INVALID_ARGUMENT, "no part was sent", {}));
    }
    absl::StatusOr<blob::BlobInfo> info = writer_->Commit();
    if (!info.ok()) return Finish(rpc::ToGrpc(info.status()));
    response_->mutable_attachment()->set_blob_id(info->id);
    response_->mutable_attachment()->set_size_bytes(static_cast<int64_t>(info->size));
    Finish(grpc::Status::OK);
  }

  const uint64_t max_bytes_;
  v1::UploadAttachmentResponse* response_;
  std::unique_ptr<blob::BlobWriter> writer_;
  v1::UploadAttachmentRequest part_;
  uint64_t size_ = 0;
};

}  // namespace

grpc::ServerUnaryReactor* TicketService::SubmitTicket(grpc::CallbackServerContext* context,
                                                      const v1::SubmitTicketRequest* request,
                                                      v1::SubmitTicketResponse* response) {
  auto* reactor = context->DefaultReactor();
  if (rpc::FieldViolations faults = CheckTicket(frontend_, *request); !faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  auto go = [=, this](CustomerState customer) {
    Command command = StartCommand(frontend_, *request);
    const std::string ticket_id = ids::TicketId(request->tenant(), request->request_id());
    command.set_aggregate(ids::TicketKey(ticket_id));
    SetCustomerActor(customer, command);
    SetTicket(*request, *command.mutable_open_ticket());
    SendAndFinish<v1::SubmitTicketRequest, v1::SubmitTicketResponse>(
        frontend_, context, *request, std::move(command), response, reactor,
        [ticket_id](const Submitted& submitted, v1::SubmitTicketResponse& r) {
          r.set_ticket_id(ticket_id);
          if (submitted.decision) r.set_case_number(submitted.decision->case_number());
        });
  };
  WithTenant(frontend_, request->tenant(), reactor, [=, this](const Tenant&) {
    WithCustomer(frontend_, request->tenant(), request->customer_id(), "customer_id", reactor, go);
  });
  return reactor;
}

grpc::ServerUnaryReactor* TicketService::AddTicketMessage(
    grpc::CallbackServerContext* context, const v1::AddTicketMessageRequest* request,
    v1::AddTicketMessageResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("ticket_id", request->ticket_id());
  faults.Id("customer_id", request->customer_id());
  faults.Text("body", request->body(),
              {.required = true, .max_bytes = frontend_.limits.body_bytes});
  CheckAttachments(request->attachments(), frontend_.limits.attachments, faults);
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  auto go = [=, this](CustomerState customer) {
    Command command = StartCommand(frontend_, *request);
    command.set_aggregate(ids::TicketKey(request->ticket_id()));
    SetCustomerActor(customer, command);
    auto* add = command.mutable_add_customer_message();
    add->set_channel(core::v1::CHANNEL_TICKET);
    add->mutable_content()->set_body(request->body());
    *add->mutable_content()->mutable_attachments() = request->attachments();
    SendAndFinish<v1::AddTicketMessageRequest, v1::AddTicketMessageResponse>(
        frontend_, context, *request, std::move(command), response, reactor,
        [ticket_id = request->ticket_id()](const Submitted& submitted,
                                           v1::AddTicketMessageResponse& r) {
          r.set_ticket_id(EndedIn(submitted, ticket_id));
        });
  };
  WithCustomer(frontend_, request->tenant(), request->customer_id(), "customer_id", reactor, go);
  return reactor;
}

grpc::ServerUnaryReactor* TicketService::ConfirmResolution(
    grpc::CallbackServerContext* context, const v1::ConfirmResolutionRequest* request,
    v1::ConfirmResolutionResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("ticket_id", request->ticket_id());
  faults.Id("customer_id", request->customer_id());
  faults.Text("comment", request->comment(), {.max_bytes = frontend_.limits.body_bytes});
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  auto go = [=, this](CustomerState customer) {
    Command command = StartCommand(frontend_, *request);
    command.set_aggregate(ids::TicketKey(request->ticket_id()));
    SetCustomerActor(customer, command);
    command.mutable_confirm_resolution()->set_solved(request->solved());
    command.mutable_confirm_resolution()->mutable_content()->set_body(request->comment());
    SendAndFinish(frontend_, context, *request, std::move(command), response, reactor);
  };
  WithCustomer(frontend_, request->tenant(), request->customer_id(), "customer_id", reactor, go);
  return reactor;
}

grpc::ServerReadReactor<v1::UploadAttachmentRequest>* TicketService::UploadAttachment(
    grpc::CallbackServerContext*, v1::UploadAttachmentResponse* response) {
  return new UploadReactor(blobs_, max_attachment_bytes_, response);
}

grpc::ServerUnaryReactor* ChatService::SendChatMessage(grpc::CallbackServerContext* context,
                                                       const v1::SendChatMessageRequest* request,
                                                       v1::SendChatMessageResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Require("customer_id", request->customer_id().empty() != request->visitor_id().empty(),
                 "give either customer_id or visitor_id");
  if (!request->customer_id().empty()) faults.Id("customer_id", request->customer_id());
  if (!request->visitor_id().empty()) faults.Id("visitor_id", request->visitor_id());
  if (!request->ticket_id().empty()) faults.Id("ticket_id", request->ticket_id());
  faults.Text("text", request->text(),
              {.required = true, .max_bytes = frontend_.limits.body_bytes});
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  auto send = [=, this](Command command) {
    const std::string ticket_id = request->ticket_id().empty()
                                      ? ids::TicketId(request->tenant(), request->request_id())
                                      : request->ticket_id();
    command.set_aggregate(ids::TicketKey(ticket_id));
    if (request->ticket_id().empty()) {
      auto* open = command.mutable_open_ticket();
      open->set_channel(core::v1::CHANNEL_CHAT);
      open->set_priority(core::v1::PRIORITY_REGULAR);
      open->mutable_content()->set_body(request->text());
      open->set_language(request->language());
    } else {
      command.mutable_add_customer_message()->set_channel(core::v1::CHANNEL_CHAT);
      command.mutable_add_customer_message()->mutable_content()->set_body(request->text());
    }
    SendAndFinish<v1::SendChatMessageRequest, v1::SendChatMessageResponse>(
        frontend_, context, *request, std::move(command), response, reactor,
        [ticket_id](const Submitted& submitted, v1::SendChatMessageResponse& r) {
          r.set_ticket_id(EndedIn(submitted, ticket_id));
          if (submitted.decision) r.set_case_number(submitted.decision->case_number());
        });
  };
  if (request->customer_id().empty()) {
    WithTenant(frontend_, request->tenant(), reactor, [=, this](const Tenant&) {
      Command command = StartCommand(frontend_, *request);
      command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_VISITOR);
      command.mutable_actor()->set_id(request->visitor_id());
      command.mutable_customer()->set_visitor_id(request->visitor_id());
      command.mutable_customer()->set_trust(core::v1::SENDER_TRUST_UNVERIFIED);
      command.mutable_customer()->set_language(request->language());
      send(std::move(command));
    });
    return reactor;
  }
  WithCustomer(frontend_, request->tenant(), request->customer_id(), "customer_id", reactor,
               [=, this](CustomerState customer) {
                 Command command = StartCommand(frontend_, *request);
                 SetCustomerActor(customer, command);
                 send(std::move(command));
               });
  return reactor;
}

grpc::ServerUnaryReactor* CallService::LogCall(grpc::CallbackServerContext* context,
                                               const v1::LogCallRequest* request,
                                               v1::LogCallResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("agent.id", request->agent().id());
  faults.Require("ticket_id", !request->ticket_id().empty(),
                 "required; desk.GetTicket finds it by case number");
  faults.Text("caller", request->caller(), {.max_bytes = frontend_.limits.name_bytes});
  faults.Text("summary", request->summary(),
              {.required = true, .max_bytes = frontend_.limits.body_bytes});
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  Command command = StartCommand(frontend_, *request);
  command.set_aggregate(ids::TicketKey(request->ticket_id()));
  *command.mutable_actor() = request->agent();
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_AGENT);
  command.mutable_log_call()->set_caller(request->caller());
  command.mutable_log_call()->mutable_summary()->set_body(request->summary());
  SendAndFinish<v1::LogCallRequest, v1::LogCallResponse>(
      frontend_, context, *request, std::move(command), response, reactor,
      [ticket_id = request->ticket_id()](const Submitted& submitted, v1::LogCallResponse& r) {
        r.set_ticket_id(ticket_id);
        if (submitted.decision) r.set_case_number(submitted.decision->case_number());
      });
  return reactor;
}

}  // namespace plazo::intake
