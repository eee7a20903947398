#include "cli/ticket_lookup.h"

#include <algorithm>

#include "cli/remote.h"
#include "platform/base/status.h"
#include "plazo/desk/v1/desk.pb.h"

namespace plazo::cli {

bool LooksLikeCaseNumber(const std::string& text) {
  // Ticket ids have 16 characters and hardly ever consist of digits alone.
  return !text.empty() && text.size() < 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::StatusOr<std::string> TicketIdOf(const Session& session, const std::string& text) {
  if (!LooksLikeCaseNumber(text)) return text;
  auto desk = Remote::Open(session, session.desk);
  if (!desk.ok()) return desk.status();
  desk::v1::GetTicketRequest request;
  desk::v1::GetTicketResponse response;
  request.set_tenant(session.tenant);
  request.set_case_number(text);
  PLAZO_RETURN_IF_ERROR(Annotate(
      desk->Call("plazo.desk.v1.DeskService/GetTicket", request, response), "case " + text));
  return response.ticket().ticket_id();
}

}  // namespace plazo::cli
