#pragma once

// Raw mail from an MTA or a fetcher. OK = durable, with what became of it; UNAVAILABLE = try again.
// Thread-safe; the frontend outlives it.

#include "plazo/intake/v1/email.grpc.pb.h"
#include "services/intake/mail_reader.h"
#include "services/intake/write_call.h"

namespace plazo::intake {

class EmailService final : public v1::EmailService::CallbackService {
 public:
  EmailService(const Frontend& frontend, const MailReader& reader, uint64_t max_mail_bytes)
      : frontend_(frontend), reader_(reader), max_mail_bytes_(max_mail_bytes) {}

  grpc::ServerUnaryReactor* SubmitEmail(grpc::CallbackServerContext* context,
                                        const v1::SubmitEmailRequest* request,
                                        v1::SubmitEmailResponse* response) override;

 private:
  void Handle(grpc::CallbackServerContext* context, const v1::SubmitEmailRequest& request,
              v1::SubmitEmailResponse* response, grpc::ServerUnaryReactor* reactor) const;
  void Quarantine(MailReading reading, v1::SubmitEmailResponse* response,
                  grpc::ServerUnaryReactor* reactor) const;

  const Frontend& frontend_;
  const MailReader& reader_;
  const uint64_t max_mail_bytes_;
};

}  // namespace plazo::intake
