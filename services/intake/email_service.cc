#include "services/intake/email_service.h"

#include "platform/observability/log.h"

namespace plazo::intake {

using core::v1::Decision;

namespace {

void Answer(v1::EmailDisposition disposition, const std::string& reason,
            v1::SubmitEmailResponse* response, grpc::ServerUnaryReactor* reactor) {
  observability::LogInfo("mail settled", {{"disposition", v1::EmailDisposition_Name(disposition)},
                                          {"reason", reason}});
  response->set_disposition(disposition);
  response->set_reason(reason);
  reactor->Finish(grpc::Status::OK);
}

// What the decision made of a mail that was sent as a command.
v1::EmailDisposition DispositionOf(const MailReading& reading, const Decision& decision) {
  if (decision.outcome() == core::v1::OUTCOME_REPEATED) return v1::DUPLICATE;
  const bool elsewhere = !decision.redirected_ticket_id().empty() && decision.reason() != "MERGED";
  if (elsewhere && reading.applied == v1::ACCEPTED_APPENDED) return v1::ACCEPTED_NEW;
  return reading.applied;
}

void FillDecided(const MailReading& reading, const Submitted& submitted,
                 v1::SubmitEmailResponse& response) {
  response.set_ticket_id(reading.ticket_id);
  response.set_command_id(reading.command.command_id());
  *response.mutable_accept_time() = ToProto(submitted.accept_time);
  response.set_position(submitted.position.Token());
  if (!submitted.decision) {
    response.set_disposition(v1::ACCEPTED_PENDING);
    return;
  }
  const Decision& decision = *submitted.decision;
  response.set_disposition(DispositionOf(reading, decision));
  response.set_reason(decision.reason());
  response.set_case_number(decision.case_number());
  if (!decision.redirected_ticket_id().empty()) {
    response.set_ticket_id(decision.redirected_ticket_id());
  }
}

}  // namespace

grpc::ServerUnaryReactor* EmailService::SubmitEmail(grpc::CallbackServerContext* context,
                                                    const v1::SubmitEmailRequest* request,
                                                    v1::SubmitEmailResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  faults.Require("raw", !request->raw().empty() && request->raw().size() <= max_mail_bytes_,
                 "must have 1 to " + std::to_string(max_mail_bytes_) + " bytes");
  if (!request->tenant().empty()) faults.Id("tenant", request->tenant(), 63);
  faults.MaxCount("envelope_to", request->envelope_to_size(), 100);
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  if (!frontend_.workers.Run([=, this] { Handle(context, *request, response, reactor); })) {
    reactor->Finish(rpc::UnavailableError("BUSY", "too many mails are being read"));
  }
  return reactor;
}

void EmailService::Handle(grpc::CallbackServerContext* context,
                          const v1::SubmitEmailRequest& request, v1::SubmitEmailResponse* response,
                          grpc::ServerUnaryReactor* reactor) const {
  absl::StatusOr<MailReading> read = reader_.Read(request, frontend_.Now());
  // What the directory does not know yet may be on its way: only when it has caught up is somebody
  // unknown, and a mail refused for good.
  const bool unknown =
      read.ok() && (read->settled == v1::REJECTED ||
                    read->command.customer().trust() == core::v1::SENDER_TRUST_UNVERIFIED);
  if (unknown) {
    if (!frontend_.directory.CatchUp(frontend_.directory_wait).ok()) {
      return reactor->Finish(
          rpc::UnavailableError("DIRECTORY_BEHIND", "the customer directory is catching up"));
    }
    read = reader_.Read(request, frontend_.Now());
  }
  if (!read.ok()) {
    return reactor->Finish(
        rpc::UnavailableError("NOT_ACCEPTED", std::string(read.status().message())));
  }
  if (read->settled == v1::QUARANTINED) return Quarantine(*std::move(read), response, reactor);
  if (read->settled != v1::EMAIL_DISPOSITION_UNSPECIFIED) {
    return Answer(read->settled, read->reason, response, reactor);
  }
  const absl::Duration wait =
      request.has_decision_wait() ? FromProto(request.decision_wait()) : frontend_.decision_wait;
  core::v1::Command command = read->command;
  frontend_.sender.Send(
      std::move(command), std::min(wait, absl::Seconds(30)), rpc::TraceparentOf(*context),
      [this, reading = *std::move(read), response, reactor](const Submitted& submitted) mutable {
        if (!submitted.accepted.ok()) return reactor->Finish(StatusOf(submitted));
        if (submitted.decision && submitted.decision->outcome() == core::v1::OUTCOME_REFUSED) {
          reading.reason = submitted.decision->reason();
          return Quarantine(std::move(reading), response, reactor);
        }
        FillDecided(reading, submitted, *response);
        reactor->Finish(grpc::Status::OK);
      });
}

void EmailService::Quarantine(MailReading reading, v1::SubmitEmailResponse* response,
                              grpc::ServerUnaryReactor* reactor) const {
  const std::string reason = reading.reason;
  frontend_.sender.Quarantine(reading.command.command_id(), reading.command.SerializeAsString(),
                              "QUARANTINED_" + reason, reading.command.tenant(),
                              [=](const absl::Status& kept) {
                                if (!kept.ok()) {
                                  return reactor->Finish(rpc::UnavailableError(
                                      "NOT_ACCEPTED", "the log did not confirm the mail"));
                                }
                                Answer(v1::QUARANTINED, reason, response, reactor);
                              });
}

}  // namespace plazo::intake
