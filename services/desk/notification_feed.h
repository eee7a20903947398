#pragma once

// Live streams of what we say to a customer (F28), from plazo.evt.tickets.v1. A token holds how far
// each lane was seen, so any desk goes on from it; what was said since is taken from memory, which
// holds the last kMaxKeptBytes of all customers, at start at most `keep` back. An older token is
// answered with OUT_OF_RANGE: list them instead.
//
// Thread-safe; the projector's handlers are called on its thread, which waits for the ticket table
// to have seen what the decision changed. Readers that fall too far behind are ended (stream.h).

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "platform/base/clock.h"
#include "platform/base/string_map.h"
#include "platform/kafka/projector.h"
#include "plazo/core/v1/event.pb.h"
#include "plazo/desk/v1/desk.grpc.pb.h"
#include "services/desk/conversations.h"
#include "services/desk/lane_offsets.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

class NotificationWatch;

struct NotificationFeedOptions {
  absl::Duration keep = absl::Hours(24);
  absl::Duration table_wait = absl::Seconds(2);
  size_t max_backlog = 1000;
};

class NotificationFeed final : public kafka::ProjectorHandler {
 public:
  static constexpr size_t kMaxKeptBytes = 16 << 20;

  // `start` names the offset of the first decision at or after a time.
  using Start = std::function<absl::StatusOr<int64_t>(const kafka::TopicPartition&, absl::Time)>;
  NotificationFeed(const Clock& clock, const TicketTable& tickets,
                   const Conversations& conversations, Start start,
                   NotificationFeedOptions options);

  grpc::ServerWriteReactor<v1::WatchNotificationsResponse>* Watch(
      const v1::WatchNotificationsRequest& request);
  void Beat();
  // Ends every stream, so that the server can drain.
  void EndAll();

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition>) override {}
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;

 private:
  friend class NotificationWatch;
  struct Kept {
    std::string customer;  // <tenant>/<id>
    int32_t lane = 0;
    int64_t offset = 0;
    bool last = true;  // of its decision
    v1::Notification notification;
  };
  // kUnavailable: the ticket table is not so far yet.
  absl::Status Read(const kafka::Record& record, std::vector<Kept>& found) const;
  void Tell(const kafka::Record& record, std::vector<Kept> found)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  grpc::Status Begin(const std::string& customer, const std::string& token,
                     NotificationWatch& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(const std::string& customer, NotificationWatch* watch);

  const Clock& clock_;
  const TicketTable& tickets_;
  const Conversations& conversations_;
  const Start start_;
  const NotificationFeedOptions options_;
  absl::Mutex mutex_;
  StringMap<std::set<NotificationWatch*>> watches_ ABSL_GUARDED_BY(mutex_);  // by customer
  std::deque<Kept> kept_ ABSL_GUARDED_BY(mutex_);
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  LaneOffsets kept_from_ ABSL_GUARDED_BY(mutex_);  // nothing is missing from here on
  LaneOffsets next_ ABSL_GUARDED_BY(mutex_);
  std::set<int32_t> known_ ABSL_GUARDED_BY(mutex_);  // lanes whose beginning is known
};

}  // namespace plazo::desk
