#include "services/desk/desk_service.h"

#include <charconv>

#include "domain/ids/ids.h"
#include "platform/mime/address.h"
#include "services/desk/paging.h"
#include "services/desk/queue_order.h"

namespace plazo::desk {

using core::v1::TicketState;

namespace {

bool HasText(const TicketState& ticket, const std::string& text) {
  return ticket.headline().subject().find(text) != std::string::npos ||
         ticket.case_number() == text;
}

bool Matches(const v1::ListTicketsRequest& r, const TicketState& ticket) {
  if (ticket.tenant() != r.tenant()) return false;
  if (!r.customer_id().empty() && ticket.customer().customer_id() != r.customer_id()) return false;
  if (!r.team().empty() && ticket.team() != r.team()) return false;
  if (r.level() != 0 && ticket.level() != r.level()) return false;
  if (r.department() != core::v1::DEPARTMENT_UNSPECIFIED && ticket.department() != r.department()) {
    return false;
  }
  if (!r.statuses().empty() &&
      std::find(r.statuses().begin(), r.statuses().end(), ticket.status()) == r.statuses().end()) {
    return false;
  }
  if (r.impact() != core::v1::IMPACT_UNSPECIFIED && ticket.impact() != r.impact()) return false;
  if (r.breached() && ticket.open_breaches().empty()) return false;
  return r.text().empty() || HasText(ticket, r.text());
}

// Sends a blob in parts.
class DownloadReactor final : public grpc::ServerWriteReactor<v1::DownloadAttachmentResponse> {
 public:
  DownloadReactor(blob::BlobStore& blobs, const std::string& id) {
    auto reader = blobs.Open(id);
    if (!reader.ok()) {
      Finish(rpc::ToGrpc(reader.status()));
      return;
    }
    reader_ = *std::move(reader);
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    Next();
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    auto data = reader_->Read(256 * 1024);
    if (!data.ok()) return Finish(rpc::ToGrpc(data.status()));
    if (data->empty()) return Finish(grpc::Status::OK);
    part_.set_data(*std::move(data));
    StartWrite(&part_);
  }

  std::unique_ptr<blob::BlobReader> reader_;
  v1::DownloadAttachmentResponse part_;
};

}  // namespace

size_t DeskService::PageSize(int wanted) const {
  if (wanted <= 0) return static_cast<size_t>(parts_.default_page_size);
  return static_cast<size_t>(std::min(wanted, parts_.max_page_size));
}

void DeskService::Answer(const char* method, const std::string& min_position,
                         grpc::ServerUnaryReactor* reactor, std::function<grpc::Status()> read) {
  auto finish = [this, method, reactor](grpc::Status status) {
    parts_.metrics.Answered(method, status);
    reactor->Finish(std::move(status));
  };
  std::optional<Position> position;
  if (!min_position.empty()) {
    position = Position::Parse(min_position);
    if (!position) return finish(Invalid("min_position", "is no position"));
  }
  const bool queued = parts_.workers.Run([=, this] {
    if (position && !parts_.tickets.WaitFor(*position, parts_.position_wait)) {
      return finish(rpc::UnavailableError("NOT_YET_VISIBLE", "min_position is not visible yet"));
    }
    finish(read());
  });
  if (!queued) finish(rpc::UnavailableError("BUSY", "too many calls are waiting"));
}

grpc::ServerUnaryReactor* DeskService::GetTicket(grpc::CallbackServerContext* context,
                                                 const v1::GetTicketRequest* request,
                                                 v1::GetTicketResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("GetTicket", request->min_position(), reactor, [=, this] {
    if (request->ticket_id().empty() == request->case_number().empty()) {
      return Invalid("ticket_id", "give either ticket_id or case_number");
    }
    TicketPtr ticket = request->ticket_id().empty()
                           ? parts_.tickets.FindByCase(request->tenant(), request->case_number())
                           : parts_.tickets.Find(request->ticket_id());
    if (ticket == nullptr || ticket->tenant() != request->tenant()) {
      return NotFound(request->ticket_id().empty() ? "case_number" : "ticket_id", "UNKNOWN_TICKET");
    }
    *response->mutable_ticket() = *ticket;
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerUnaryReactor* DeskService::ListTickets(grpc::CallbackServerContext* context,
                                                   const v1::ListTicketsRequest* request,
                                                   v1::ListTicketsResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("ListTickets", request->min_position(), reactor, [=, this] {
    if (request->tenant().empty()) return Invalid("tenant", "required");
    auto start = StartOf(*request);
    if (!start.ok()) return rpc::ToGrpc(start.status());
    std::vector<TicketPtr> tickets;
    if (request->customer_id().empty()) {
      tickets = parts_.tickets.Select(
          [&](const TicketState& ticket) { return Matches(*request, ticket); });
    } else {
      for (TicketPtr& ticket :
           parts_.tickets.OfCustomer(request->tenant(), request->customer_id())) {
        if (Matches(*request, *ticket)) tickets.push_back(std::move(ticket));
      }
    }
    SortQueue(request->order(), tickets);
    const size_t end = std::min(tickets.size(), *start + PageSize(request->page_size()));
    for (size_t i = *start; i < end; ++i) *response->add_tickets() = *tickets[i];
    response->set_total(static_cast<int64_t>(tickets.size()));
    response->set_next_page_token(NextToken(*request, end, tickets.size()));
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerUnaryReactor* DeskService::GetConversation(grpc::CallbackServerContext* context,
                                                       const v1::GetConversationRequest* request,
                                                       v1::GetConversationResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("GetConversation", request->min_position(), reactor, [=, this] {
    TicketPtr ticket = parts_.tickets.Find(request->ticket_id());
    if (ticket == nullptr || ticket->tenant() != request->tenant()) {
      return NotFound("ticket_id", "UNKNOWN_TICKET");
    }
    auto start = StartOf(*request);
    if (!start.ok()) return rpc::ToGrpc(start.status());
    auto entries = parts_.conversations.Read(*ticket);
    if (!entries.ok()) {
      return rpc::UnavailableError("REBUILDING", std::string(entries.status().message()));
    }
    std::vector<v1::ConversationEntry> shown;
    for (v1::ConversationEntry& entry : *entries) {
      if (request->include_internal() || entry.visibility() == core::v1::VISIBILITY_PUBLIC) {
        shown.push_back(std::move(entry));
      }
    }
    const size_t end = std::min(shown.size(), *start + PageSize(request->page_size()));
    for (size_t i = *start; i < end; ++i) *response->add_entries() = std::move(shown[i]);
    response->set_next_page_token(NextToken(*request, end, shown.size()));
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerUnaryReactor* DeskService::GetCustomer(grpc::CallbackServerContext* context,
                                                   const v1::GetCustomerRequest* request,
                                                   v1::GetCustomerResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("GetCustomer", request->min_position(), reactor, [=, this] {
    if (request->customer_id().empty() == request->email().empty()) {
      return Invalid("customer_id", "give either customer_id or email");
    }
    core::v1::StateRecord record;
    if (!request->customer_id().empty()) {
      auto entry =
          parts_.directory.Get(ids::CustomerKey(request->tenant(), request->customer_id()));
      if (!entry || !record.ParseFromString(*entry->value)) {
        return NotFound("customer_id", "UNKNOWN_CUSTOMER");
      }
      *response->mutable_customer() = record.customer();
      return grpc::Status::OK;
    }
    const std::string wanted = mime::NormalizeAddress(request->email());
    const std::string prefix = ids::CustomerKey(request->tenant(), "");
    bool found = false;
    parts_.directory.ForEach([&](std::string_view key, const kafka::TableEntry& entry) {
      if (found || !key.starts_with(prefix) || !record.ParseFromString(*entry.value)) return;
      if (mime::NormalizeAddress(record.customer().profile().email()) != wanted) return;
      *response->mutable_customer() = record.customer();
      found = true;
    });
    return found ? grpc::Status::OK : NotFound("email", "UNKNOWN_CUSTOMER");
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchTicketResponse>* DeskService::WatchTicket(
    grpc::CallbackServerContext*, const v1::WatchTicketRequest* request) {
  int64_t seen = 0;
  const std::string& token = request->resume_token();
  std::from_chars(token.data(), token.data() + token.size(), seen);
  TicketPtr ticket = parts_.tickets.Find(request->ticket_id());
  const bool theirs = ticket != nullptr && ticket->tenant() == request->tenant();
  // Another tenant's ticket does not exist here.
  return parts_.watchers.Watch(theirs ? request->ticket_id() : "", seen);
}

grpc::ServerWriteReactor<v1::DownloadAttachmentResponse>* DeskService::DownloadAttachment(
    grpc::CallbackServerContext*, const v1::DownloadAttachmentRequest* request) {
  return new DownloadReactor(parts_.blobs, request->blob_id());
}

}  // namespace plazo::desk
