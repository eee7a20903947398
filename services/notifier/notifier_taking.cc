// Partitions and records of NotifierService: from the log into the queue.

#include <absl/time/clock.h>

#include <algorithm>

#include "platform/base/status.h"
#include "platform/mime/address.h"
#include "platform/observability/log.h"
#include "services/notifier/notifier_service.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr absl::Duration kLeave = absl::Seconds(5);
constexpr absl::Duration kLook = absl::Milliseconds(20);

// What one slow recipient may take of the memory before its mails are deferred (I12).
constexpr size_t kRecipientShare = 4;

std::string_view WhatIsWrong(const kafka::Record& record, DeliveryIntent& intent) {
  if (!record.value || !intent.ParseFromString(*record.value)) return "not a DeliveryIntent";
  if (intent.notification_id().empty()) return "no notification_id";
  if (intent.tenant().empty()) return "no tenant";
  return {};
}

}  // namespace

absl::StatusOr<std::vector<kafka::PartitionOffset>> NotifierService::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  absl::MutexLock lock(&mutex_);
  for (const kafka::TopicPartition& partition : partitions) {
    lanes_[partition] = {.assignment = next_assignment_++, .watermark = {}};
  }
  return std::vector<kafka::PartitionOffset>();  // where the group has committed
}

// Mails on the wire are finished and reported before somebody else begins with them: he would find
// them `started` and could not know how they end.
void NotifierService::OnRevoked(std::span<const kafka::TopicPartition> partitions) {
  const auto theirs = [partitions](const Job& job) {
    return std::find(partitions.begin(), partitions.end(), job.task.intent.partition) !=
           partitions.end();
  };
  AwaitSettled(options_.threads ? kLeave : absl::ZeroDuration(), theirs);
  absl::MutexLock lock(&mutex_);
  for (const kafka::TopicPartition& partition : partitions) lanes_.erase(partition);
}

void NotifierService::AwaitSettled(absl::Duration timeout,
                                   const std::function<bool(const Job&)>& which) {
  DropWaiting(which);
  const absl::Time deadline = absl::Now() + timeout;  // real time: threads and network
  while (true) {
    SendDue();
    if (!options_.threads) producer_.Pump();
    absl::MutexLock lock(&mutex_);
    const bool settled = std::none_of(jobs_.begin(), jobs_.end(),
                                      [&](const auto& each) { return which(each.second); });
    if (settled || absl::Now() >= deadline) return;
    work_.WaitWithTimeout(&mutex_, kLook);
  }
}

void NotifierService::DropWaiting(const std::function<bool(const Job&)>& which) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(jobs_, [&](const auto& each) {
    const auto& [id, job] = each;
    if (!which(job) || job.phase == Phase::kReporting) return false;
    return job.phase == Phase::kDirectory || queue_.Remove(id);
  });
  std::erase_if(for_directory_, [&](uint64_t id) { return !jobs_.contains(id); });
}

absl::Status NotifierService::OnRecords(const kafka::TopicPartition& partition,
                                        std::span<const kafka::Record> records) {
  absl::MutexLock lock(&mutex_);
  if (jobs_.size() >= options_.max_in_memory) return Unavailable("enough in memory");
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end()) return absl::OkStatus();
  for (const kafka::Record& record : records) Take(lane->second, record);
  work_.SignalAll();
  return absl::OkStatus();
}

void NotifierService::OnEnd(const kafka::TopicPartition& partition, int64_t next) {
  absl::MutexLock lock(&mutex_);
  const auto lane = lanes_.find(partition);
  // Markers of transactions take offsets, too: nothing is left behind them.
  if (lane != lanes_.end() && lane->second.watermark.Idle()) projector_.Commit(partition, next);
}

void NotifierService::Take(Lane& lane, const kafka::Record& record) {
  const uint64_t id = next_id_++;
  lane.watermark.Take(record.offset);
  Job& job = jobs_[id];
  job.assignment = lane.assignment;
  Intent& intent = job.task.intent;
  intent.partition = record.Partition();
  intent.offset = record.offset;
  intent.aggregate = record.key;
  if (const std::string_view error = WhatIsWrong(record, intent.value); !error.empty()) {
    world_.metrics.dead_letters.Increment();
    observability::LogError(
        "intent cannot be read",
        {{"partition", record.partition}, {"offset", record.offset}, {"error", error}});
    job.phase = Phase::kReporting;
    return Send(id, MakeDeadLetter(topics_.dead_letters, record, error));
  }
  if (const std::string* trace = record.FindHeader("traceparent")) intent.traceparent = *trace;
  job.task.token = token_ + std::to_string(id);
  if (delivery_.DirectoryReached(intent.value)) return Enqueue(id, job);
  job.wait_until = world_.clock.Monotonic() + options_.directory_wait;
  for_directory_.push_back(id);
}

bool NotifierService::AdmitWaiting() {
  absl::MutexLock lock(&mutex_);
  bool did = false;
  for (size_t left = for_directory_.size(); left > 0; --left) {
    const uint64_t id = for_directory_.front();
    for_directory_.pop_front();
    Job& job = jobs_.at(id);
    if (delivery_.DirectoryReached(job.task.intent.value)) {
      Enqueue(id, job);
      did = true;
    } else if (job.wait_until <= world_.clock.Monotonic()) {
      Settle(id, job, {.outcome = DELIVERY_OUTCOME_DEFERRED, .reason = "directory_behind"});
      did = true;
    } else {
      for_directory_.push_back(id);
    }
  }
  if (did) work_.SignalAll();
  return did;
}

void NotifierService::Enqueue(uint64_t id, Job& job) {
  const DeliveryIntent& intent = job.task.intent.value;
  std::vector<std::string> keys;
  // Mails of one conversation keep their order; those to staff do not wait for its customer, and
  // those of one notice not for each other.
  if (!intent.ticket_id().empty()) {
    keys.push_back((intent.has_staff() ? "s " : "c ") + intent.ticket_id());
  }
  const Recipients recipients = delivery_.RecipientsNow(intent);
  for (const auto* addresses : {&recipients.to, &recipients.copies}) {
    for (const std::string& address : *addresses) {
      keys.push_back("r " + mime::NormalizeAddress(address));
      if (queue_.Depth(keys.back()) < options_.max_in_memory / kRecipientShare) continue;
      return Settle(id, job, {.outcome = DELIVERY_OUTCOME_DEFERRED, .reason = "recipient_busy"});
    }
  }
  job.phase = Phase::kQueued;
  queue_.Add(id, std::move(keys));
}

}  // namespace plazo::notifier
