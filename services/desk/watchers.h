#pragma once

// Live streams of one ticket: the ticket as it is, then every final version, a heartbeat when
// nothing happens (I13). A reader that falls too far behind is ended with RESOURCE_EXHAUSTED and
// resumes with its last token, which is the version it saw.
//
// Thread-safe.

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <set>
#include <string>

#include "plazo/desk/v1/desk.grpc.pb.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

class TicketWatch;

class Watchers {
 public:
  // Listens to the table; make it before the table is read.
  Watchers(TicketTable& table, size_t max_backlog);

  // A stream that begins with the ticket, unless `seen_version` says that the caller has it.
  grpc::ServerWriteReactor<v1::WatchTicketResponse>* Watch(const std::string& ticket_id,
                                                           int64_t seen_version);
  void Beat();
  // Ends every stream, so that the server can drain.
  void EndAll();

 private:
  friend class TicketWatch;
  void Remove(TicketWatch* watch);
  void OnChange(const std::string& ticket_id, const TicketPtr& ticket);

  TicketTable& table_;
  const size_t max_backlog_;
  absl::Mutex mutex_;
  std::map<std::string, std::set<TicketWatch*>> watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::desk
