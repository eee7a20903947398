#include "services/desk/notification_feed.h"

#include <charconv>

#include "domain/ids/ids.h"
#include "platform/base/status.h"
#include "services/desk/notifications.h"
#include "services/desk/paging.h"
#include "services/desk/stream.h"

namespace plazo::desk {

using v1::WatchNotificationsResponse;

class NotificationWatch final : public Stream<WatchNotificationsResponse> {
 public:
  NotificationWatch(NotificationFeed& owner, std::string customer, size_t max_backlog)
      : Stream(max_backlog), owner_(owner), customer_(std::move(customer)) {}
  void OnDone() override {
    owner_.Remove(customer_, this);
    delete this;
  }

 private:
  NotificationFeed& owner_;
  const std::string customer_;
};

namespace {

std::string CustomerOf(const std::string& tenant, const std::string& customer_id) {
  return tenant + "/" + customer_id;
}

WatchNotificationsResponse Response(const v1::Notification& notification, const LaneOffsets& seen) {
  WatchNotificationsResponse response;
  *response.mutable_notification() = notification;
  response.set_resume_token(seen.Token());
  return response;
}

WatchNotificationsResponse Heartbeat(const LaneOffsets& seen) {
  WatchNotificationsResponse response;
  response.set_resume_token(seen.Token());
  return response;
}

// The command a record was decided from: `topic/partition/offset/index`.
std::optional<Position> OriginOf(const kafka::Record& record) {
  const std::string* origin = record.FindHeader("x-origin");
  if (origin == nullptr) return std::nullopt;
  Position position;
  const size_t slash = origin->find('/');
  if (slash == std::string::npos) return std::nullopt;
  const char* end = origin->data() + origin->size();
  const auto lane = std::from_chars(origin->data() + slash + 1, end, position.partition);
  if (lane.ec != std::errc() || lane.ptr == end) return std::nullopt;
  if (std::from_chars(lane.ptr + 1, end, position.offset).ec != std::errc()) return std::nullopt;
  return position;
}

}  // namespace

NotificationFeed::NotificationFeed(const Clock& clock, const TicketTable& tickets,
                                   const Conversations& conversations, Start start,
                                   NotificationFeedOptions options)
    : clock_(clock),
      tickets_(tickets),
      conversations_(conversations),
      start_(std::move(start)),
      options_(options) {}

absl::StatusOr<std::vector<kafka::PartitionOffset>> NotificationFeed::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> starts;
  for (const kafka::TopicPartition& partition : partitions) {
    bool known = false;
    {
      absl::MutexLock lock(&mutex_);
      known = known_.contains(partition.partition);
    }
    if (!known) {
      auto start = start_(partition, clock_.Now() - options_.keep);
      if (!start.ok()) return start.status();
      absl::MutexLock lock(&mutex_);
      kept_from_.Pass(partition.partition, *start);
      next_.Pass(partition.partition, *start);
      known_.insert(partition.partition);
    }
    absl::MutexLock lock(&mutex_);
    starts.push_back({partition.topic, partition.partition, next_.Next(partition.partition)});
  }
  return starts;
}

absl::Status NotificationFeed::OnRecords(const kafka::TopicPartition& partition,
                                         std::span<const kafka::Record> records) {
  for (const kafka::Record& record : records) {
    {
      absl::MutexLock lock(&mutex_);
      if (record.offset < next_.Next(partition.partition)) continue;
    }
    std::vector<Kept> found;
    PLAZO_RETURN_IF_ERROR(Read(record, found));
    absl::MutexLock lock(&mutex_);
    Tell(record, std::move(found));
  }
  return absl::OkStatus();
}

absl::Status NotificationFeed::Read(const kafka::Record& record, std::vector<Kept>& found) const {
  core::v1::Decision decision;
  const auto ticket_id = ids::AfterPrefix(record.key, "ticket");
  if (!ticket_id || !record.value || !decision.ParseFromString(*record.value)) {
    return absl::OkStatus();
  }
  std::vector<v1::ConversationEntry> entries = EntriesOf(decision);
  std::erase_if(entries, [](const auto& entry) { return !IsNotification(entry); });
  if (entries.empty()) return absl::OkStatus();
  const auto origin = OriginOf(record);
  if (origin && !tickets_.WaitFor(*origin, options_.table_wait)) {
    return Unavailable("the tickets are not so far yet");
  }
  const TicketPtr ticket = tickets_.Find(*ticket_id);
  if (ticket == nullptr || ticket->customer().customer_id().empty()) return absl::OkStatus();
  for (v1::ConversationEntry& entry : entries) {
    std::string subject = conversations_.Render(*ticket, entry);
    found.push_back({CustomerOf(ticket->tenant(), ticket->customer().customer_id()),
                     record.partition, record.offset, false,
                     NotificationOf(*ticket, entry, std::move(subject))});
  }
  found.back().last = true;
  return absl::OkStatus();
}

void NotificationFeed::Tell(const kafka::Record& record, std::vector<Kept> found) {
  for (Kept& kept : found) {
    // Until the last of a decision was sent, going on means telling all of it again.
    if (kept.last) next_.Pass(record.partition, record.offset + 1);
    if (auto it = watches_.find(kept.customer); it != watches_.end()) {
      for (NotificationWatch* watch : it->second) watch->Push(Response(kept.notification, next_));
    }
    kept_bytes_ += kept.notification.ByteSizeLong();
    kept_.push_back(std::move(kept));
  }
  next_.Pass(record.partition, record.offset + 1);
  while (kept_bytes_ > kMaxKeptBytes) DropOldest();
}

void NotificationFeed::DropOldest() {
  const Kept& oldest = kept_.front();
  kept_bytes_ -= oldest.notification.ByteSizeLong();
  kept_from_.Pass(oldest.lane, oldest.offset + 1);
  kept_.pop_front();
}

grpc::Status NotificationFeed::Begin(const std::string& customer, const std::string& token,
                                     NotificationWatch& watch) {
  if (known_.empty()) return rpc::UnavailableError("REBUILDING", "the feed is still being read");
  if (!token.empty()) {
    auto seen = LaneOffsets::Parse(token);
    if (!seen) return Invalid("resume_token", "is none");
    for (int32_t lane : known_) {
      if (seen->Next(lane) < kept_from_.Next(lane)) {
        return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "resume_token: is too old");
      }
    }
    for (const Kept& kept : kept_) {
      if (kept.customer != customer || kept.offset < seen->Next(kept.lane)) continue;
      LaneOffsets after = *seen;
      if (kept.last) after.Pass(kept.lane, kept.offset + 1);
      watch.PushFirst(Response(kept.notification, after));
      // What follows of the same decision is not behind it.
      if (kept.last) *seen = after;
    }
  }
  watch.PushFirst(Heartbeat(next_));
  return grpc::Status::OK;
}

grpc::ServerWriteReactor<WatchNotificationsResponse>* NotificationFeed::Watch(
    const v1::WatchNotificationsRequest& request) {
  const std::string customer = CustomerOf(request.tenant(), request.customer_id());
  auto* watch = new NotificationWatch(*this, customer, options_.max_backlog);
  if (request.tenant().empty() || request.customer_id().empty()) {
    watch->End(Invalid("customer_id", "required, with tenant"));
    return watch;
  }
  grpc::Status begun;
  {
    absl::MutexLock lock(&mutex_);
    begun = Begin(customer, request.resume_token(), *watch);
    if (begun.ok()) watches_[customer].insert(watch);
  }
  if (!begun.ok()) watch->End(begun);
  return watch;
}

void NotificationFeed::Remove(const std::string& customer, NotificationWatch* watch) {
  absl::MutexLock lock(&mutex_);
  auto it = watches_.find(customer);
  if (it == watches_.end()) return;
  it->second.erase(watch);
  if (it->second.empty()) watches_.erase(it);
}

void NotificationFeed::Beat() {
  absl::MutexLock lock(&mutex_);
  for (auto& [customer, watches] : watches_) {
    for (NotificationWatch* watch : watches) watch->PushIdle(Heartbeat(next_));
  }
}

void NotificationFeed::EndAll() {
  absl::MutexLock lock(&mutex_);
  for (auto& [customer, watches] : watches_) {
    for (NotificationWatch* watch : watches) {
      watch->End(grpc::Status(grpc::StatusCode::UNAVAILABLE, "desk is going away"));
    }
  }
}

}  // namespace plazo::desk
