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
  return it == tickets_.end() ? nullptr : it->second;
}

TicketPtr TicketTable::FindByCase(std::string_view tenant, std::string_view case_number) const {
  absl::MutexLock lock(&mutex_);
  auto it = by_case_.find(Joined(tenant, case_number));
  if (it == by_case_.end()) return nullptr;
  auto ticket = tickets_.find(it->second);
  return ticket == tickets_.end() ? nullptr : ticket->second;
}

std::vector<TicketPtr> TicketTable::Select(
    const std::function<bool(const TicketState&)>& keep) const {
  std::vector<TicketPtr> selected;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, ticket] : tickets_) {
    if (keep(*ticket)) selected.push_back(ticket);
  }
  return selected;
}

std::vector<TicketPtr> TicketTable::OfCustomer(std::string_view tenant,
                                               std::string_view customer_id) const {
  std::vector<TicketPtr> tickets;
  absl::MutexLock lock(&mutex_);
  auto it = by_customer_.find(Joined(tenant, customer_id));
  if (it == by_customer_.end()) return tickets;
  for (const std::string& id : it->second) tickets.push_back(tickets_.find(id)->second);
  return tickets;
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
  for (const auto& [id, ticket] : tickets_) {
    if (IsOver(*ticket)) continue;
    const absl::Time opened = FromProto(ticket->opened_time());
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
  {
    absl::MutexLock lock(&mutex_);
    Put(ticket_id, ticket);
  }
  for (const Listener& listener : listeners_) listener(ticket_id, ticket);
}

void TicketTable::Put(const std::string& ticket_id, TicketPtr ticket) {
  auto it = tickets_.find(ticket_id);
  const TicketPtr before = it == tickets_.end() ? nullptr : it->second;
  if (ticket != nullptr) {
    tickets_[ticket_id] = ticket;
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
