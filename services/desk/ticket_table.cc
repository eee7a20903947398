#include "services/desk/ticket_table.h"

#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"

namespace plazo::desk {

using core::v1::StateRecord;
using core::v1::TicketState;

namespace {

std::string Joined(std::string_view tenant, std::string_view rest) {
  std::string key(tenant);
  key += '/';
  key += rest;
  return key;
}

bool IsOver(const TicketState& ticket) {
  return ticket.status() == core::v1::TICKET_STATUS_CLOSED ||
         ticket.status() == core::v1::TICKET_STATUS_MERGED;
}

}  // namespace

TicketPtr TicketTable::Find(std::string_view ticket_id) const {
  absl::MutexLock lock(&mutex_);
  auto it = tickets_.find(ticket_id);
  return it == tickets_.end() ? nullptr : it->second.ticket;
}

TicketPtr TicketTable::FindByCase(std::string_view tenant, std::string_view case_number) const {
  absl::MutexLock lock(&mutex_);
  auto it = by_case_.find(Joined(tenant, case_number));
  if (it == by_case_.end()) return nullptr;
  auto ticket = tickets_.find(it->second);
  return ticket == tickets_.end() ? nullptr : ticket->second.ticket;
}

std::vector<TicketPtr> TicketTable::Select(
    const std::function<bool(const TicketState&)>& keep) const {
  std::vector<TicketPtr> selected;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, placed] : tickets_) {
    if (keep(*placed.ticket)) selected.push_back(placed.ticket);
  }
  return selected;
}

std::vector<TicketPtr> TicketTable::OfCustomer(std::string_view tenant,
                                               std::string_view customer_id) const {
  std::vector<TicketPtr> tickets;
  absl::MutexLock lock(&mutex_);
  auto it = by_customer_.find(Joined(tenant, customer_id));
  if (it == by_customer_.end()) return tickets;
  for (const std::string& id : it->second) tickets.push_back(tickets_.find(id)->second.ticket);
  return tickets;
}

TicketSnapshot TicketTable::Snapshot(std::string_view tenant) const {
  TicketSnapshot snapshot;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, placed] : tickets_) {
    if (placed.ticket->tenant() == tenant) snapshot.tickets.push_back(placed);
  }
  snapshot.offsets = read_;
  return snapshot;
}

TicketTable::OpenByTeam TicketTable::CountOpen() const {
  absl::MutexLock lock(&mutex_);
  return open_;
}

bool TicketTable::WaitFor(const Position& position, absl::Duration timeout) const {
  absl::MutexLock lock(&mutex_);
  auto passed = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto it = next_offsets_.find(position.partition);
    return it != next_offsets_.end() && it->second > position.offset;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&passed), timeout);
}

std::optional<absl::Time> TicketTable::OldestOpen() const {
  std::optional<absl::Time> oldest;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, placed] : tickets_) {
    if (IsOver(*placed.ticket)) continue;
    const absl::Time opened = FromProto(placed.ticket->opened_time());
    if (!oldest || opened < *oldest) oldest = opened;
  }
  return oldest;
}

absl::StatusOr<std::vector<kafka::PartitionOffset>> TicketTable::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> starts;
  for (const kafka::TopicPartition& partition : partitions) {
    starts.push_back({partition.topic, partition.partition, kafka::kBeginning});
  }
  return starts;
}

absl::Status TicketTable::OnRecords(const kafka::TopicPartition&,
                                    std::span<const kafka::Record> records) {
  for (const kafka::Record& record : records) Take(record);
  return absl::OkStatus();
}

void TicketTable::Take(const kafka::Record& record) {
  StateRecord state;
  if (record.value && !state.ParseFromString(*record.value)) return;
  if (record.key == ids::kLaneKey) {
    absl::MutexLock lock(&mutex_);
    next_offsets_[record.partition] = state.lane().next_offset();
    return;
  }
  if (const auto hash = ids::AfterPrefix(record.key, "policy")) {
    if (record.value) {
      policies_.Keep(record.partition, std::string(*hash),
                     std::move(*state.mutable_policy()->mutable_bundle()));
    } else {
      policies_.Drop(record.partition, std::string(*hash));
    }
    return;
  }
  const auto id = ids::AfterPrefix(record.key, "ticket");
  if (!id) return;
  const std::string ticket_id(*id);
  TicketPtr ticket;
  if (record.value) {
    // Intents hold mail texts: notifier's business, not for those who look at queues.
    for (auto& pending : *state.mutable_ticket()->mutable_notifications()) {
      pending.mutable_intent()->clear_content();
      pending.mutable_intent()->clear_fields();
    }
    ticket = std::make_shared<const TicketState>(std::move(*state.mutable_ticket()));
  }
  const TicketPlace place{record.partition, record.offset};
  {
    absl::MutexLock lock(&mutex_);
    Put(ticket_id, ticket, place);
    read_.Pass(place.lane, place.offset + 1);
  }
  for (const Listener& listener : listeners_) listener(ticket_id, ticket, place);
}

void TicketTable::Count(const TicketState& ticket, int64_t by) {
  if (!IsOver(ticket)) open_[{ticket.tenant(), ticket.team()}] += by;
}

void TicketTable::Put(const std::string& ticket_id, TicketPtr ticket, const TicketPlace& place) {
  auto it = tickets_.find(ticket_id);
  const TicketPtr before = it == tickets_.end() ? nullptr : it->second.ticket;
  if (before != nullptr) Count(*before, -1);
  if (ticket != nullptr) {
    Count(*ticket, 1);
    tickets_[ticket_id] = {ticket, place};
    if (before != nullptr) return;  // neither case number nor customer ever changes
    by_case_[Joined(ticket->tenant(), ticket->case_number())] = ticket_id;
    if (!ticket->customer().customer_id().empty()) {
      by_customer_[Joined(ticket->tenant(), ticket->customer().customer_id())].push_back(ticket_id);
    }
    return;
  }
  if (before == nullptr) return;
  by_case_.erase(Joined(before->tenant(), before->case_number()));
  auto& theirs = by_customer_[Joined(before->tenant(), before->customer().customer_id())];
  theirs.erase(std::remove(theirs.begin(), theirs.end(), ticket_id), theirs.end());
  tickets_.erase(ticket_id);
}

}  // namespace plazo::desk
