#pragma once

// All tickets and how far each lane has come, from plazo.state.tickets.v1, every partition. What
// desk shows equals the fold of the state topic (I13). The policies that lie there too go to
// Policies.
//
// Thread-safe reads; the projector's handlers are called on its thread, listeners there too, after
// the change is visible and without the lock.

#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/position.h"
#include "platform/base/string_map.h"
#include "platform/kafka/projector.h"
#include "plazo/core/v1/state.pb.h"
#include "plazo/desk/v1/desk.pb.h"
#include "services/desk/lane_offsets.h"
#include "services/desk/policies.h"

namespace plazo::desk {

using TicketPtr = std::shared_ptr<const core::v1::TicketState>;

// Where the state of a ticket stands on the topic: rises with every version, the same for every
// desk.
struct TicketPlace {
  int32_t lane = 0;
  int64_t offset = 0;
};
struct PlacedTicket {
  TicketPtr ticket;
  TicketPlace place;
};
struct TicketSnapshot {
  std::vector<PlacedTicket> tickets;
  LaneOffsets offsets;  // everything before is in `tickets`, nothing behind
};

class TicketTable final : public kafka::ProjectorHandler {
 public:
  explicit TicketTable(Policies& policies) : policies_(policies) {}

  // nullptr: the ticket is gone.
  using Listener = std::function<void(const std::string& ticket_id, const TicketPtr& ticket,
                                      const TicketPlace& place)>;
  void Listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  TicketPtr Find(std::string_view ticket_id) const;
  TicketPtr FindByCase(std::string_view tenant, std::string_view case_number) const;
  std::vector<TicketPtr> Select(
      const std::function<bool(const core::v1::TicketState&)>& keep) const;
  std::vector<TicketPtr> OfCustomer(std::string_view tenant, std::string_view customer_id) const;

  TicketSnapshot Snapshot(std::string_view tenant) const;
  // How many tickets are not closed, by tenant and team.
  using OpenByTeam = std::map<std::pair<std::string, std::string>, int64_t>;
  OpenByTeam CountOpen() const;

  // Everything that the command at `position` changed is visible. False when `timeout` passed.
  bool WaitFor(const Position& position, absl::Duration timeout) const;
  // The earliest opening of a ticket that is not closed; nullopt without one.
  std::optional<absl::Time> OldestOpen() const;

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition>) override {}
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;

 private:
  void Take(const kafka::Record& record);
  void Put(const std::string& ticket_id, TicketPtr ticket, const TicketPlace& place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const core::v1::TicketState& ticket, int64_t by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Policies& policies_;
  std::vector<Listener> listeners_;
  mutable absl::Mutex mutex_;
  StringMap<PlacedTicket> tickets_ ABSL_GUARDED_BY(mutex_);
  StringMap<std::string> by_case_ ABSL_GUARDED_BY(mutex_);                   // <tenant>/<case>
  StringMap<std::vector<std::string>> by_customer_ ABSL_GUARDED_BY(mutex_);  // <tenant>/<id>
  std::map<int32_t, int64_t> next_offsets_ ABSL_GUARDED_BY(mutex_);          // of each lane
  LaneOffsets read_ ABSL_GUARDED_BY(mutex_);                                 // of the state topic
  OpenByTeam open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::desk
