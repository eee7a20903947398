#include "services/desk/watchers.h"

namespace plazo::desk {

// One stream. Lives until gRPC says that it is done.
class TicketWatch final : public grpc::ServerWriteReactor<v1::WatchTicketResponse> {
 public:
  TicketWatch(Watchers& owner, std::string ticket_id, size_t max_backlog)
      : owner_(owner), ticket_id_(std::move(ticket_id)), max_backlog_(max_backlog) {}

  const std::string& ticket_id() const { return ticket_id_; }

  void Send(const TicketPtr& ticket) {
    v1::WatchTicketResponse response;
    if (ticket != nullptr) {
      *response.mutable_ticket() = *ticket;
      response.set_resume_token(std::to_string(ticket->version()));
    }
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (ticket != nullptr && ticket->version() <= last_version_) return;
    if (ticket != nullptr) last_version_ = ticket->version();
    if (ticket == nullptr && !backlog_.empty()) return;  // no heartbeat while there is news
    if (backlog_.size() >= max_backlog_) {
      finished_ = true;
      Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "the reader is too slow"));
      return;
    }
    backlog_.push_back(std::move(response));
    if (backlog_.size() == 1) StartWrite(&backlog_.front());
  }

  void SetSeen(int64_t version) {
    absl::MutexLock lock(&mutex_);
    last_version_ = version;
  }

  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (!ok) {
      finished_ = true;
      Finish(grpc::Status::CANCELLED);
      return;
    }
    backlog_.pop_front();
    if (!backlog_.empty()) StartWrite(&backlog_.front());
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }
  void OnDone() override {
    owner_.Remove(this);
    delete this;
  }

 private:
  Watchers& owner_;
  const std::string ticket_id_;
  const size_t max_backlog_;
  absl::Mutex mutex_;
  std::deque<v1::WatchTicketResponse> backlog_ ABSL_GUARDED_BY(mutex_);  // the first is on the wire
  int64_t last_version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

Watchers::Watchers(TicketTable& table, absl::Duration heartbeat, size_t max_backlog)
    : table_(table),
      heartbeat_(heartbeat),
      max_backlog_(max_backlog),
      beat_([this](std::stop_token stop) { Beat(std::move(stop)); }) {
  table_.Listen([this](const std::string& id, const TicketPtr& ticket) { OnChange(id, ticket); });
}

Watchers::~Watchers() {
  beat_.request_stop();
  beat_.join();
}

grpc::ServerWriteReactor<v1::WatchTicketResponse>* Watchers::Watch(const std::string& ticket_id,
                                                                   int64_t seen_version) {
  auto* watch = new TicketWatch(*this, ticket_id, max_backlog_);
  watch->SetSeen(seen_version);
  {
    absl::MutexLock lock(&mutex_);
    watches_[ticket_id].insert(watch);
  }
  // After it is registered: a change in between is sent twice at most, and then by version once.
  if (TicketPtr ticket = table_.Find(ticket_id)) {
    watch->Send(ticket);
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
      watch->Send(ticket);
    } else {
      watch->End(grpc::Status(grpc::StatusCode::NOT_FOUND, "the ticket is gone"));
    }
  }
}

void Watchers::Beat(std::stop_token stop) {
  while (!stop.stop_requested()) {
    // Short steps, so that a stop is not kept waiting.
    for (absl::Duration waited; waited < heartbeat_ && !stop.stop_requested();
         waited += absl::Milliseconds(200)) {
      absl::SleepFor(absl::Milliseconds(200));
    }
    absl::MutexLock lock(&mutex_);
    for (auto& [id, watches] : watches_) {
      for (TicketWatch* watch : watches) watch->Send(nullptr);
    }
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
