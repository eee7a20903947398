#pragma once

// Live streams of a queue: the tickets that are in it, then every change, and which ones left
// (I13). A queue is a tenant's tickets of one team, or of all, that are not closed. A token holds
// how far each lane of the state topic was seen, so any desk goes on from it: it sends what changed
// since, and says of what is not in the queue now that it left.
//
// Thread-safe. Readers that fall too far behind are ended (stream.h).

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <set>
#include <string>

#include "plazo/desk/v1/desk.grpc.pb.h"
#include "services/desk/lane_offsets.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

class QueueWatch;

class QueueWatchers {
 public:
  // Listens to the table; make it before the table is read.
  QueueWatchers(TicketTable& table, size_t max_backlog);

  grpc::ServerWriteReactor<v1::WatchQueueResponse>* Watch(const v1::WatchQueueRequest& request);
  void Beat();
  // Ends every stream, so that the server can drain.
  void EndAll();

 private:
  friend class QueueWatch;
  void Remove(QueueWatch* watch);

  TicketTable& table_;
  const size_t max_backlog_;
  absl::Mutex mutex_;
  std::set<QueueWatch*> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::desk
