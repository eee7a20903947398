#include "services/desk/watchers.h"

#include "services/desk/stream.h"

namespace plazo::desk {

class TicketWatch final : public Stream<v1::WatchTicketResponse> {
 public:
  TicketWatch(Watchers& owner, std::string ticket_id, int64_t seen_version, size_t max_backlog)
      : Stream(max_backlog),
        owner_(owner),
        ticket_id_(std::move(ticket_id)),
        last_version_(seen_version) {}

  const std::string& ticket_id() const { return ticket_id_; }

  void Send(const core::v1::TicketState& ticket) {
    absl::MutexLock lock(&mutex_);
    if (ticket.version() <= last_version_) return;
    last_version_ = ticket.version();
    v1::WatchTicketResponse response;
    *response.mutable_ticket() = ticket;
    response.set_resume_token(std::to_string(ticket.version()));
    Push(std::move(response));
  }

  void OnDone() override {
    owner_.Remove(this);
    delete this;
  }

 private:
  Watchers& owner_;
  const std::string ticket_id_;
  absl::Mutex mutex_;
  int64_t last_version_ ABSL_GUARDED_BY(mutex_);
};

Watchers::Watchers(TicketTable& table, size_t max_backlog)
    : table_(table), max_backlog_(max_backlog) {
  table_.Listen([this](const std::string& id, const TicketPtr& ticket, const TicketPlace&) {
    OnChange(id, ticket);
  });
}

grpc::ServerWriteReactor<v1::WatchTicketResponse>* Watchers::Watch(const std::string& ticket_id,
                                                                   int64_t seen_version) {
  auto* watch = new TicketWatch(*this, ticket_id, seen_version, max_backlog_);
  {
    absl::MutexLock lock(&mutex_);
    watches_[ticket_id].insert(watch);
  }
  // After it is registered: a change in between is sent twice at most, and then by version once.
  if (TicketPtr ticket = table_.Find(ticket_id)) {
    watch->Send(*ticket);
  } else {
    watch->End(grpc::Status(grpc::StatusCode::NOT_FOUND, "ticket_id: unknown"));
  }
  return watch;
}

void Watchers::Remove(TicketWatch* watch) {
  absl::MutexLock lock(&mutex_);
  auto it = watches_.find(watch->ticket_id());
  if (it == watches_.end()) return;
  it->second.erase(watch);
  if (it->second.empty()) watches_.erase(it);
}

void Watchers::OnChange(const std::string& ticket_id, const TicketPtr& ticket) {
  absl::MutexLock lock(&mutex_);
  auto it = watches_.find(ticket_id);
  if (it == watches_.end()) return;
  for (TicketWatch* watch : it->second) {
    if (ticket != nullptr) {
      watch->Send(*ticket);
    } else {
      watch->End(grpc::Status(grpc::StatusCode::NOT_FOUND, "the ticket is gone"));
    }
  }
}

void Watchers::Beat() {
  absl::MutexLock lock(&mutex_);
  for (auto& [id, watches] : watches_) {
    for (TicketWatch* watch : watches) watch->PushIdle({});
  }
}

void Watchers::EndAll() {
  absl::MutexLock lock(&mutex_);
  for (auto& [id, watches] : watches_) {
    for (TicketWatch* watch : watches) {
      watch->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "desk is going away"));
    }
  }
}

}  // namespace plazo::desk
