#include "services/intake/agent_service.h"

#include "platform/mime/address.h"

namespace plazo::intake {

using core::v1::Command;
using rpc::FieldViolations;

namespace {

// A method of an agent: `build` checks its own fields and sets the command's body.
template <typename Request, typename Response, typename Build>
grpc::ServerUnaryReactor* AgentWrite(const Frontend& frontend, grpc::CallbackServerContext* context,
                                     const Request* request, Response* response, Build build) {
  auto* reactor = context->DefaultReactor();
  FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("ticket_id", request->ticket_id());
  faults.Id("agent.id", request->agent().id());
  faults.Text("agent.name", request->agent().name(),
              {.max_bytes = frontend.limits.name_bytes, .single_line = true});
  Command command = StartCommand(frontend, *request);
  command.set_aggregate(ids::TicketKey(request->ticket_id()));
  *command.mutable_actor() = request->agent();
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_AGENT);
  build(*request, faults, command);
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  SendAndFinish(frontend, context, *request, std::move(command), response, reactor);
  return reactor;
}

void RequireText(const Frontend& frontend, std::string_view field, const std::string& text,
                 FieldViolations& faults) {
  faults.Text(field, text, {.required = true, .max_bytes = frontend.limits.body_bytes});
}

void OptionalText(const Frontend& frontend, std::string_view field, const std::string& text,
                  FieldViolations& faults) {
  faults.Text(field, text, {.max_bytes = frontend.limits.body_bytes});
}

void RequireAddress(std::string_view field, const std::string& address, FieldViolations& faults) {
  faults.Require(field, mime::ValidAddress(address).ok(), "must be a mail address");
}

}  // namespace

grpc::ServerUnaryReactor* AgentService::Reply(grpc::CallbackServerContext* context,
                                              const v1::ReplyRequest* request,
                                              v1::ReplyResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [this](const v1::ReplyRequest& r, FieldViolations& faults, Command& command) {
                      RequireText(frontend_, "body", r.body(), faults);
                      CheckAttachments(r.attachments(), frontend_.limits.attachments, faults);
                      auto* reply = command.mutable_reply();
                      reply->mutable_content()->set_body(r.body());
                      *reply->mutable_content()->mutable_attachments() = r.attachments();
                      reply->set_wait_for_customer(r.wait_for_customer());
                    });
}

grpc::ServerUnaryReactor* AgentService::AddNote(grpc::CallbackServerContext* context,
                                                const v1::AddNoteRequest* request,
                                                v1::AddNoteResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [this](const v1::AddNoteRequest& r, FieldViolations& faults, Command& command) {
                      RequireText(frontend_, "body", r.body(), faults);
                      command.mutable_add_note()->mutable_content()->set_body(r.body());
                    });
}

grpc::ServerUnaryReactor* AgentService::Assign(grpc::CallbackServerContext* context,
                                               const v1::AssignRequest* request,
                                               v1::AssignResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [](const v1::AssignRequest& r, FieldViolations& faults, Command& command) {
                      faults.Require("team", !r.team().empty() || !r.assignee_id().empty(),
                                     "give team, assignee_id or both");
                      command.mutable_assign()->set_team(r.team());
                      command.mutable_assign()->set_agent_id(r.assignee_id());
                    });
}

grpc::ServerUnaryReactor* AgentService::Escalate(grpc::CallbackServerContext* context,
                                                 const v1::EscalateRequest* request,
                                                 v1::EscalateResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::EscalateRequest& r, FieldViolations& faults, Command& command) {
        faults.Require("cause", !r.cause().empty(), "must be a cause of the policy");
        OptionalText(frontend_, "reason", r.reason(), faults);
        OptionalText(frontend_, "next_step", r.next_step(), faults);
        auto* escalate = command.mutable_escalate();
        escalate->set_team(r.team());
        escalate->set_cause(r.cause());
        escalate->mutable_reason()->set_body(r.reason());
        escalate->mutable_next_step()->set_body(r.next_step());
      });
}

grpc::ServerUnaryReactor* AgentService::Transfer(grpc::CallbackServerContext* context,
                                                 const v1::TransferRequest* request,
                                                 v1::TransferResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [](const v1::TransferRequest& r, FieldViolations& faults, Command& command) {
                      faults.Require("department",
                                     r.department() != core::v1::DEPARTMENT_UNSPECIFIED &&
                                         core::v1::Department_IsValid(r.department()),
                                     "must be technical, financial or abuse");
                      command.mutable_transfer()->set_department(r.department());
                      command.mutable_transfer()->set_team(r.team());
                    });
}

grpc::ServerUnaryReactor* AgentService::SetImpact(grpc::CallbackServerContext* context,
                                                  const v1::SetImpactRequest* request,
                                                  v1::SetImpactResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [](const v1::SetImpactRequest& r, FieldViolations& faults, Command& command) {
                      faults.Require("impact",
                                     (r.impact() != core::v1::IMPACT_UNSPECIFIED ||
                                      r.complexity() != core::v1::COMPLEXITY_UNSPECIFIED) &&
                                         core::v1::Impact_IsValid(r.impact()) &&
                                         core::v1::Complexity_IsValid(r.complexity()),
                                     "give impact, complexity or both");
                      command.mutable_set_impact()->set_impact(r.impact());
                      command.mutable_set_impact()->set_complexity(r.complexity());
                    });
}

grpc::ServerUnaryReactor* AgentService::GiveEstimate(grpc::CallbackServerContext* context,
                                                     const v1::GiveEstimateRequest* request,
                                                     v1::GiveEstimateResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::GiveEstimateRequest& r, FieldViolations& faults, Command& command) {
        const absl::Duration remaining = FromProto(r.remaining());
        faults.Require("remaining",
                       remaining >= absl::Minutes(1) && remaining <= absl::Hours(24 * 365),
                       "must lie between one minute and a year");
        OptionalText(frontend_, "reason", r.reason(), faults);
        *command.mutable_give_estimate()->mutable_remaining() = r.remaining();
        command.mutable_give_estimate()->mutable_reason()->set_body(r.reason());
      });
}

grpc::ServerUnaryReactor* AgentService::WaitForCustomer(grpc::CallbackServerContext* context,
                                                        const v1::WaitForCustomerRequest* request,
                                                        v1::WaitForCustomerResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::WaitForCustomerRequest& r, FieldViolations& faults, Command& command) {
        OptionalText(frontend_, "question", r.question(), faults);
        command.mutable_wait_for_customer()->mutable_question()->set_body(r.question());
      });
}

grpc::ServerUnaryReactor* AgentService::RequestApproval(grpc::CallbackServerContext* context,
                                                        const v1::RequestApprovalRequest* request,
                                                        v1::RequestApprovalResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::RequestApprovalRequest& r, FieldViolations& faults, Command& command) {
        faults.Require("cause", !r.cause().empty(), "must be a cause of the policy");
        OptionalText(frontend_, "reason", r.reason(), faults);
        command.mutable_request_approval()->set_cause(r.cause());
        command.mutable_request_approval()->mutable_reason()->set_body(r.reason());
      });
}

grpc::ServerUnaryReactor* AgentService::DecideApproval(grpc::CallbackServerContext* context,
                                                       const v1::DecideApprovalRequest* request,
                                                       v1::DecideApprovalResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::DecideApprovalRequest& r, FieldViolations& faults, Command& command) {
        OptionalText(frontend_, "reason", r.reason(), faults);
        command.mutable_decide_approval()->set_approved(r.approved());
        command.mutable_decide_approval()->mutable_reason()->set_body(r.reason());
      });
}

grpc::ServerUnaryReactor* AgentService::PromoteChat(grpc::CallbackServerContext* context,
                                                    const v1::PromoteChatRequest* request,
                                                    v1::PromoteChatResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [](const v1::PromoteChatRequest&, FieldViolations&, Command& command) {
                      command.mutable_promote_chat();
                    });
}

grpc::ServerUnaryReactor* AgentService::Resolve(grpc::CallbackServerContext* context,
                                                const v1::ResolveRequest* request,
                                                v1::ResolveResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [this](const v1::ResolveRequest& r, FieldViolations& faults, Command& command) {
                      RequireText(frontend_, "summary", r.summary(), faults);
                      command.mutable_resolve()->mutable_summary()->set_body(r.summary());
                    });
}

grpc::ServerUnaryReactor* AgentService::Close(grpc::CallbackServerContext* context,
                                              const v1::CloseRequest* request,
                                              v1::CloseResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [this](const v1::CloseRequest& r, FieldViolations& faults, Command& command) {
                      OptionalText(frontend_, "reason", r.reason(), faults);
                      command.mutable_close()->mutable_reason()->set_body(r.reason());
                    });
}

grpc::ServerUnaryReactor* AgentService::Reopen(grpc::CallbackServerContext* context,
                                               const v1::ReopenRequest* request,
                                               v1::ReopenResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [this](const v1::ReopenRequest& r, FieldViolations& faults, Command& command) {
                      OptionalText(frontend_, "reason", r.reason(), faults);
                      command.mutable_reopen()->mutable_reason()->set_body(r.reason());
                    });
}

grpc::ServerUnaryReactor* AgentService::Merge(grpc::CallbackServerContext* context,
                                              const v1::MergeRequest* request,
                                              v1::MergeResponse* response) {
  return AgentWrite(frontend_, context, request, response,
                    [](const v1::MergeRequest& r, FieldViolations& faults, Command& command) {
                      faults.Id("into_ticket_id", r.into_ticket_id());
                      command.mutable_merge()->set_into_ticket_id(r.into_ticket_id());
                    });
}

grpc::ServerUnaryReactor* AgentService::AddParticipant(grpc::CallbackServerContext* context,
                                                       const v1::AddParticipantRequest* request,
                                                       v1::AddParticipantResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [](const v1::AddParticipantRequest& r, FieldViolations& faults, Command& command) {
        RequireAddress("address", r.address(), faults);
        command.mutable_add_participant()->set_address(mime::NormalizeAddress(r.address()));
      });
}

grpc::ServerUnaryReactor* AgentService::RemoveParticipant(
    grpc::CallbackServerContext* context, const v1::RemoveParticipantRequest* request,
    v1::RemoveParticipantResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [](const v1::RemoveParticipantRequest& r, FieldViolations& faults, Command& command) {
        RequireAddress("address", r.address(), faults);
        command.mutable_remove_participant()->set_address(mime::NormalizeAddress(r.address()));
      });
}

grpc::ServerUnaryReactor* AgentService::AcknowledgeBreach(
    grpc::CallbackServerContext* context, const v1::AcknowledgeBreachRequest* request,
    v1::AcknowledgeBreachResponse* response) {
  return AgentWrite(
      frontend_, context, request, response,
      [this](const v1::AcknowledgeBreachRequest& r, FieldViolations& faults, Command& command) {
        faults.Require("clock", core::v1::ClockKind_IsValid(r.clock()), "no such clock");
        OptionalText(frontend_, "note", r.note(), faults);
        command.mutable_acknowledge_breach()->set_clock(r.clock());
        command.mutable_acknowledge_breach()->mutable_note()->set_body(r.note());
      });
}

}  // namespace plazo::intake
