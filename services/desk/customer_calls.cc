// The calls about a customer: what we said to them, and everything we keep about them.

#include <charconv>

#include "domain/ids/ids.h"
#include "services/desk/desk_service.h"
#include "services/desk/notifications.h"
#include "services/desk/paging.h"

namespace plazo::desk {
namespace {

std::optional<core::v1::CustomerState> FindCustomer(const kafka::Table& directory,
                                                    const std::string& tenant,
                                                    const std::string& customer_id) {
  core::v1::StateRecord record;
  const auto entry = directory.Get(ids::CustomerKey(tenant, customer_id));
  if (!entry || !record.ParseFromString(*entry->value)) return std::nullopt;
  return std::move(*record.mutable_customer());
}

// `<ms>.<id>`: pages stay whole while new ones come in before them.
std::string CursorAt(const v1::Notification& notification) {
  const NotificationPlace place(notification);
  return std::to_string(place.ms) + "." + place.id;
}

absl::StatusOr<std::optional<NotificationPlace>> PlaceOf(const std::string& cursor) {
  if (cursor.empty()) return std::optional<NotificationPlace>();
  int64_t ms = 0;
  const char* end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data(), end, ms);
  if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != '.') {
    return absl::InvalidArgumentError("page_token: is none");
  }
  return std::optional<NotificationPlace>(NotificationPlace(ms, std::string(parsed.ptr + 1, end)));
}

// The customer, then ticket after ticket with its conversation, notes and events too. One ticket is
// in memory at a time; conversations are read on a worker.
class ExportReactor final : public grpc::ServerWriteReactor<v1::ExportCustomerResponse> {
 public:
  ExportReactor(const DeskParts& parts, core::v1::CustomerState customer,
                std::vector<TicketPtr> tickets)
      : parts_(parts), tickets_(std::move(tickets)) {
    *part_.mutable_customer() = std::move(customer);
    StartWrite(&part_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    if (next_entry_ < entries_.size()) {
      part_.Clear();
      *part_.mutable_entry() = std::move(entries_[next_entry_++]);
      return StartWrite(&part_);
    }
    if (next_ticket_ == tickets_.size()) return Finish(grpc::Status::OK);
    if (!parts_.workers.Run([this] { NextTicket(); })) {
      Finish(rpc::UnavailableError("BUSY", "too many calls are waiting"));
    }
  }
  void OnDone() override { delete this; }

 private:
  void NextTicket() {
    const TicketPtr ticket = tickets_[next_ticket_++];
    auto entries = parts_.conversations.Read(*ticket);
    // Never short: all of it, or an error.
    if (!entries.ok()) {
      return Finish(rpc::UnavailableError("REBUILDING", std::string(entries.status().message())));
    }
    entries_ = *std::move(entries);
    next_entry_ = 0;
    part_.Clear();
    *part_.mutable_ticket() = *ticket;
    StartWrite(&part_);
  }

  const DeskParts& parts_;
  const std::vector<TicketPtr> tickets_;
  size_t next_ticket_ = 0;
  std::vector<v1::ConversationEntry> entries_;
  size_t next_entry_ = 0;
  v1::ExportCustomerResponse part_;
};

// A stream that is over before it began.
template <typename Response>
class FailedStream final : public grpc::ServerWriteReactor<Response> {
 public:
  explicit FailedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerUnaryReactor* DeskService::ListNotifications(
    grpc::CallbackServerContext* context, const v1::ListNotificationsRequest* request,
    v1::ListNotificationsResponse* response) {
  auto* reactor = context->DefaultReactor();
  Answer("ListNotifications", "", reactor, [=, this] {
    if (request->tenant().empty()) return Invalid("tenant", "required");
    if (request->customer_id().empty()) return Invalid("customer_id", "required");
    const auto cursor = CursorOf(*request);
    if (!cursor.ok()) return rpc::ToGrpc(cursor.status());
    const auto after = PlaceOf(*cursor);
    if (!after.ok()) return rpc::ToGrpc(after.status());
    const size_t size = PageSize(request->page_size());
    // One more than is shown, to know whether there are more.
    auto found = desk::ListNotifications(parts_.tickets, parts_.conversations, request->tenant(),
                                         request->customer_id(), *after, size + 1);
    if (!found.ok()) {
      return rpc::UnavailableError("REBUILDING", std::string(found.status().message()));
    }
    const bool more = found->size() > size;
    if (more) found->pop_back();
    for (v1::Notification& each : *found) *response->add_notifications() = std::move(each);
    if (more) {
      response->set_next_page_token(
          TokenAt(*request, CursorAt(*response->notifications().rbegin())));
    }
    return grpc::Status::OK;
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchNotificationsResponse>* DeskService::WatchNotifications(
    grpc::CallbackServerContext*, const v1::WatchNotificationsRequest* request) {
  return parts_.notifications.Watch(*request);
}

grpc::ServerWriteReactor<v1::WatchQueueResponse>* DeskService::WatchQueue(
    grpc::CallbackServerContext*, const v1::WatchQueueRequest* request) {
  return parts_.queues.Watch(*request);
}

grpc::ServerWriteReactor<v1::ExportCustomerResponse>* DeskService::ExportCustomer(
    grpc::CallbackServerContext*, const v1::ExportCustomerRequest* request) {
  auto customer = FindCustomer(parts_.directory, request->tenant(), request->customer_id());
  if (!customer) {
    return new FailedStream<v1::ExportCustomerResponse>(
        NotFound("customer_id", "UNKNOWN_CUSTOMER"));
  }
  return new ExportReactor(parts_, *std::move(customer),
                           parts_.tickets.OfCustomer(request->tenant(), request->customer_id()));
}

}  // namespace plazo::desk
