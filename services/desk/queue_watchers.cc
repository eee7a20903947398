#include "services/desk/queue_watchers.h"

#include "platform/base/string_map.h"
#include "services/desk/paging.h"
#include "services/desk/queue_order.h"
#include "services/desk/stream.h"

namespace plazo::desk {

using core::v1::TicketState;
using v1::WatchQueueResponse;

// Changes that come before Begin are in the snapshot it is given.
class QueueWatch final : public Stream<WatchQueueResponse> {
 public:
  QueueWatch(QueueWatchers& owner, const v1::WatchQueueRequest& request, size_t max_backlog)
      : Stream(max_backlog), owner_(owner), tenant_(request.tenant()), team_(request.team()) {}

  bool Wants(const TicketState& ticket) const {
    return ticket.tenant() == tenant_ && (team_.empty() || ticket.team() == team_) &&
           ticket.status() != core::v1::TICKET_STATUS_CLOSED &&
           ticket.status() != core::v1::TICKET_STATUS_MERGED;
  }

  // `seen`: how far an earlier stream came.
  void Begin(const TicketSnapshot& snapshot, const std::optional<LaneOffsets>& seen) {
    absl::MutexLock lock(&mutex_);
    std::vector<TicketPtr> first;
    for (const PlacedTicket& placed : snapshot.tickets) {
      const bool news = !seen || placed.place.offset >= seen->Next(placed.place.lane);
      if (Wants(*placed.ticket)) {
        members_.insert(placed.ticket->ticket_id());
        if (news) first.push_back(placed.ticket);
      } else if (seen && news && placed.ticket->tenant() == tenant_) {
        PushFirst(Response(placed.ticket, true, seen->Token()));
      }
    }
    SortQueue(v1::TICKET_ORDER_NEXT_DEADLINE, first);
    // Until all of them were sent, going on means beginning again.
    for (const TicketPtr& ticket : first) {
      PushFirst(Response(ticket, false, seen ? seen->Token() : ""));
    }
    offsets_ = snapshot.offsets;
    begun_ = true;
    WatchQueueResponse all_sent;
    all_sent.set_resume_token(offsets_.Token());
    PushFirst(std::move(all_sent));
  }

  void OnChange(const std::string& ticket_id, const TicketPtr& ticket, const TicketPlace& place) {
    absl::MutexLock lock(&mutex_);
    if (!begun_ || place.offset < offsets_.Next(place.lane)) return;
    offsets_.Pass(place.lane, place.offset + 1);
    if (ticket != nullptr && Wants(*ticket)) {
      members_.insert(ticket_id);
      Push(Response(ticket, false, offsets_.Token()));
    } else if (members_.erase(ticket_id) > 0) {
      TicketPtr gone = ticket;
      if (gone == nullptr) {
        auto nameless = std::make_shared<TicketState>();
        nameless->set_ticket_id(ticket_id);
        gone = std::move(nameless);
      }
      Push(Response(gone, true, offsets_.Token()));
    }
  }

  void Beat() {
    absl::MutexLock lock(&mutex_);
    if (!begun_) return;
    WatchQueueResponse heartbeat;
    heartbeat.set_resume_token(offsets_.Token());
    PushIdle(std::move(heartbeat));
  }

  void OnDone() override {
    owner_.Remove(this);
    delete this;
  }

 private:
  static WatchQueueResponse Response(const TicketPtr& ticket, bool removed, std::string token) {
    WatchQueueResponse response;
    *response.mutable_ticket() = *ticket;
    response.set_removed(removed);
    response.set_resume_token(std::move(token));
    return response;
  }

  QueueWatchers& owner_;
  const std::string tenant_, team_;
  absl::Mutex mutex_;
  StringSet members_ ABSL_GUARDED_BY(mutex_);
  LaneOffsets offsets_ ABSL_GUARDED_BY(mutex_);
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
};

QueueWatchers::QueueWatchers(TicketTable& table, size_t max_backlog)
    : table_(table), max_backlog_(max_backlog) {
  table_.Listen([this](const std::string& id, const TicketPtr& ticket, const TicketPlace& place) {
    absl::MutexLock lock(&mutex_);
    for (QueueWatch* watch : watches_) watch->OnChange(id, ticket, place);
  });
}

grpc::ServerWriteReactor<WatchQueueResponse>* QueueWatchers::Watch(
    const v1::WatchQueueRequest& request) {
  auto* watch = new QueueWatch(*this, request, max_backlog_);
  const auto seen = LaneOffsets::Parse(request.resume_token());
  if (request.tenant().empty()) {
    watch->End(Invalid("tenant", "required"));
    return watch;
  }
  if (!seen && !request.resume_token().empty()) {
    watch->End(Invalid("resume_token", "is none"));
    return watch;
  }
  {
    absl::MutexLock lock(&mutex_);
    watches_.insert(watch);
  }
  watch->Begin(table_.Snapshot(request.tenant()), seen);
  return watch;
}

void QueueWatchers::Remove(QueueWatch* watch) {
  absl::MutexLock lock(&mutex_);
  watches_.erase(watch);
}

void QueueWatchers::Beat() {
  absl::MutexLock lock(&mutex_);
  for (QueueWatch* watch : watches_) watch->Beat();
}

void QueueWatchers::EndAll() {
  absl::MutexLock lock(&mutex_);
  for (QueueWatch* watch : watches_) {
    watch->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "desk is going away"));
  }
}

}  // namespace plazo::desk
