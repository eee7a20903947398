#include "services/intake/decisions.h"

#include <vector>

namespace plazo::intake {

using core::v1::Decision;

uint64_t Decisions::Await(const std::string& command_id, absl::Duration timeout,
                          DecisionCallback callback) {
  absl::MutexLock lock(&mutex_);
  const uint64_t number = next_waiter_++;
  waiters_.emplace(command_id, Waiter{number, clock_.Monotonic() + timeout, std::move(callback)});
  return number;
}

void Decisions::Forget(const std::string& command_id, uint64_t waiter) {
  absl::MutexLock lock(&mutex_);
  auto [first, last] = waiters_.equal_range(command_id);
  for (auto it = first; it != last; ++it) {
    if (it->second.number != waiter) continue;
    waiters_.erase(it);
    return;
  }
}

std::optional<Decision> Decisions::Find(std::string_view command_id) const {
  absl::MutexLock lock(&mutex_);
  auto it = recent_.find(command_id);
  if (it == recent_.end()) return std::nullopt;
  return it->second;
}

absl::StatusOr<std::vector<kafka::PartitionOffset>> Decisions::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> starts;
  for (const kafka::TopicPartition& partition : partitions) {
    starts.push_back({partition.topic, partition.partition, kafka::kEnd});
  }
  return starts;
}

void Decisions::OnRevoked(std::span<const kafka::TopicPartition>) {}

absl::Status Decisions::OnRecords(const kafka::TopicPartition&,
                                  std::span<const kafka::Record> records) {
  for (const kafka::Record& record : records) {
    Decision decision;
    if (record.value && decision.ParseFromString(*record.value)) Take(decision);
  }
  return absl::OkStatus();
}

void Decisions::Take(const Decision& decision) {
  std::vector<DecisionCallback> callbacks;
  {
    absl::MutexLock lock(&mutex_);
    auto [first, last] = waiters_.equal_range(decision.command_id());
    for (auto it = first; it != last; ++it) callbacks.push_back(std::move(it->second.callback));
    waiters_.erase(first, last);
    Decision brief = decision;
    brief.clear_events();
    if (recent_.insert_or_assign(decision.command_id(), std::move(brief)).second) {
      order_.push_back(decision.command_id());
    }
    if (order_.size() > kRemembered) {
      recent_.erase(order_.front());
      order_.pop_front();
    }
  }
  for (DecisionCallback& callback : callbacks) callback(decision);
}

void Decisions::OnIdle() {
  std::vector<DecisionCallback> expired;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Duration now = clock_.Monotonic();
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      expired.push_back(std::move(it->second.callback));
      it = waiters_.erase(it);
    }
  }
  for (DecisionCallback& callback : expired) callback(std::nullopt);
}

}  // namespace plazo::intake
