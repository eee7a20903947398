#include "cli/ticket_lookup.h"

#include <algorithm>

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

absl::StatusOr<std::vector<core::v1::TicketState>> ListAllTickets(
    const Remote& desk, const std::string& tenant,
    const std::vector<core::v1::TicketStatus>& statuses, size_t max) {
  std::vector<core::v1::TicketState> tickets;
  desk::v1::ListTicketsRequest request;
  request.set_tenant(tenant);
  request.set_page_size(200);
  request.set_order(desk::v1::TICKET_ORDER_NEWEST);
  for (const core::v1::TicketStatus status : statuses) request.add_statuses(status);
  do {
    desk::v1::ListTicketsResponse response;
    PLAZO_RETURN_IF_ERROR(desk.Call("plazo.desk.v1.DeskService/ListTickets", request, response));
    for (core::v1::TicketState& ticket : *response.mutable_tickets()) {
      tickets.push_back(std::move(ticket));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && tickets.size() < max);
  return tickets;
}

}  // namespace plazo::cli
