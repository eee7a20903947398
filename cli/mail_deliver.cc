#include <iterator>
#include <memory>

#include "cli/fields.h"
#include "cli/read_commands.h"
#include "cli/remote.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"
#include "plazo/intake/v1/email.pb.h"

namespace plazo::cli {
namespace {

struct Delivery {
  std::string from;
  std::vector<std::string> to;
  std::string wait;
};

int TryAgain(Session& session, const absl::Status& status) {
  session.Fail(status);
  return ToInt(runtime::ExitCode::kTempFail);
}

int Settled(Session& session, const intake::v1::SubmitEmailResponse& response) {
  if (session.json) {
    session.PrintJson(response);
  } else {
    session.out << ShortName(response.disposition());
    if (!response.ticket_id().empty()) session.out << " ticket_id " << response.ticket_id();
    if (!response.case_number().empty()) session.out << " case_number " << response.case_number();
    if (!response.reason().empty()) session.out << " " << response.reason();
    session.out << "\n";
  }
  return response.disposition() == intake::v1::REJECTED ? ToInt(runtime::ExitCode::kDataError) : 0;
}

int Deliver(Session& session, const Delivery& delivery) {
  intake::v1::SubmitEmailRequest request;
  request.set_tenant(session.tenant);
  request.set_envelope_from(delivery.from);
  for (const std::string& address : delivery.to) request.add_envelope_to(address);
  if (!delivery.wait.empty()) {
    if (absl::Status s = SetField(request, "decision_wait", delivery.wait); !s.ok()) {
      return session.Misuse("--wait: " + std::string(s.message()));
    }
  }
  request.set_raw(std::string(std::istreambuf_iterator<char>(session.in), {}));
  // A mail cut short by a broken pipe must not be taken for whole.
  if (session.in.bad()) return TryAgain(session, Unavailable("standard input broke off"));

  auto intake = Remote::Open(session, session.intake);
  if (!intake.ok()) return TryAgain(session, intake.status());
  intake::v1::SubmitEmailResponse response;
  const absl::Status called =
      intake->Call("plazo.intake.v1.EmailService/SubmitEmail", request, response);
  if (called.ok()) return Settled(session, response);
  // Only a request at fault is refused for good: whatever else went wrong, the mail must not be
  // lost over it.
  if (called.code() == absl::StatusCode::kInvalidArgument) return session.Fail(called);
  return TryAgain(session, called);
}

}  // namespace

void AddMailDelivery(const Command& mail, Session& session) {
  auto delivery = std::make_shared<Delivery>();
  mail.Sub("deliver", "hands one mail on standard input to intake: for an MTA's pipe or a fetcher")
      .Text("--from", &delivery->from, "envelope sender")
      .Texts("--to", &delivery->to, "envelope recipient, several times")
      .Text("--wait", &delivery->wait, "how long to wait for the decision")
      .Footer(
          "Exit codes: 0 accepted for good (also a duplicate, an automatic reply that is left\n"
          "unanswered, a bounce, and what is put aside for a person); 75 try again; 65 rejected.")
      .Run([&session, delivery] { return Deliver(session, *delivery); });
}

}  // namespace plazo::cli
