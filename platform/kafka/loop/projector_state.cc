#include "platform/kafka/loop/projector_state.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/error.h"

namespace plazo::kafka {

Projector::State::State(Broker& broker, const Clock& clock, ProjectorHandler& handler,
                        ProjectorOptions options)
    : broker_(broker),
      clock_(clock),
      handler_(handler),
      options_(std::move(options)),
      backoff_(options_.min_backoff, options_.max_backoff) {}

Projector::State::~State() { Close(); }

absl::Status Projector::State::LastError() const {
  absl::MutexLock lock(&mutex_);
  return last_error_;
}

void Projector::State::Restart() {
  absl::MutexLock lock(&mutex_);
  restart_ = true;
}

bool Projector::State::Start(absl::Duration wait) {
  const absl::Duration left = not_before_ - clock_.Monotonic();
  if (left > absl::ZeroDuration()) {
    absl::SleepFor(std::min(wait, left));
    return false;
  }
  if (const absl::Status status = Open(); !status.ok()) {
    Fail(status);
    return false;
  }
  running_ = true;
  return true;
}

absl::Status Projector::State::Open() { return options_.group.empty() ? OpenAll() : OpenGroup(); }

absl::Status Projector::State::OpenGroup() {
  auto consumer = broker_.MakeGroupConsumer({.group = options_.group,
                                             .instance = options_.instance,
                                             .session_timeout = options_.session_timeout});
  if (!consumer.ok()) return consumer.status();
  consumer_ = std::move(*consumer);
  return consumer_->Subscribe(options_.topics,
                              {.assigned =
                                   [this](const auto& given) {
                                     auto positions = OnAssigned(given);
                                     if (!positions.ok()) failure_ = positions.status();
                                     return positions;
                                   },
                               .revoked = [this](const auto&) { OnGone(/*lost=*/false); },
                               .lost = [this](const auto&) { OnGone(/*lost=*/true); }});
}

absl::Status Projector::State::OpenAll() {
  auto reader = broker_.MakeReader(options_.read_uncommitted ? Isolation::kReadUncommitted
                                                             : Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();
  auto admin = broker_.MakeAdmin();
  if (!admin.ok()) return admin.status();
  const auto topics = (*admin)->ListTopics(options_.call_timeout);
  if (!topics.ok()) return topics.status();
  std::vector<TopicPartition> partitions;
  for (const std::string& topic : options_.topics) {
    const auto found = topics->find(topic);
    if (found == topics->end()) return Error(ErrorKind::kRetriable, "no topic " + topic);
    for (int32_t p = 0; p < found->second; ++p) partitions.push_back({topic, p});
  }
  reader_ = std::move(*reader);
  const auto positions = OnAssigned(partitions);
  if (!positions.ok()) return positions.status();
  return reader_->Assign(*positions);
}

// Tells the handler and commits before the handle goes: its own callback then finds nothing left to
// do.
void Projector::State::Close() {
  OnGone(/*lost=*/false);
  consumer_.reset();
  reader_.reset();
  failure_.reset();
  running_ = false;
}

void Projector::State::Fail(const absl::Status& why) {
  ++counters_.restarts;
  Close();
  // Two processes with one static id would fence each other in turn: let a session pass first.
  not_before_ =
      clock_.Monotonic() +
      (IsFencedInstance(why) ? options_.session_timeout + backoff_.Jitter(options_.session_timeout)
                             : backoff_.Next());
  absl::MutexLock lock(&mutex_);
  last_error_ = why;
  restart_ = false;
}

absl::StatusOr<Polled> Projector::State::Poll(absl::Duration wait) {
  auto polled = consumer_ ? consumer_->Poll(wait, options_.max_records)
                          : reader_->Poll(wait, options_.max_records);
  if (failure_) return *std::exchange(failure_, std::nullopt);
  if (!polled.ok() && ErrorKindOf(polled.status()) == ErrorKind::kRetriable) return Polled{};
  return polled;
}

void Projector::State::Reassign() {
  const absl::Status status =
      consumer_ ? consumer_->Assign(Positions()) : reader_->Assign(Positions());
  if (!status.ok()) failure_ = status;
}

std::vector<PartitionOffset> Projector::State::Positions() const {
  std::vector<PartitionOffset> positions;
  for (const auto& [partition, cursor] : cursors_) {
    if (cursor.suspended) continue;
    positions.push_back({partition.topic, partition.partition, cursor.fetch_next});
  }
  return positions;
}

absl::StatusOr<std::vector<PartitionOffset>> Projector::State::OnAssigned(
    const std::vector<TopicPartition>& given) {
  cursors_.clear();
  for (const TopicPartition& each : given) cursors_[each];
  absl::Status status = FindStarts(given);
  if (status.ok()) status = FindRanges(given);
  if (!status.ok()) {
    OnGone(/*lost=*/true);
    return status;
  }
  counters_.partitions = static_cast<int64_t>(cursors_.size());
  assigned_once_ = true;
  Recount();
  return Positions();
}

// What the handler says; else the group's offset; else the beginning.
absl::Status Projector::State::FindStarts(const std::vector<TopicPartition>& partitions) {
  auto starts = handler_.OnAssigned(partitions);
  if (!starts.ok()) return starts.status();
  for (auto& [partition, cursor] : cursors_) cursor.fetch_next = kNoOffset;
  for (const PartitionOffset& each : *starts) {
    const auto found = cursors_.find(each.Partition());
    if (found != cursors_.end()) found->second.fetch_next = each.offset;
  }
  std::vector<TopicPartition> open;
  for (auto& [partition, cursor] : cursors_) {
    if (cursor.fetch_next == kNoOffset) open.push_back(partition);
  }
  if (!options_.group.empty() && !open.empty()) {
    auto offsets = broker_.MakeGroupOffsets(options_.group);
    if (!offsets.ok()) return offsets.status();
    const auto committed = (*offsets)->Committed(open, options_.call_timeout);
    if (!committed.ok()) return committed.status();
    for (const PartitionOffset& each : *committed) {
      cursors_[each.Partition()].fetch_next = each.offset;
    }
  }
  for (auto& [partition, cursor] : cursors_) {
    if (cursor.fetch_next == kNoOffset) cursor.fetch_next = kBeginning;
  }
  return absl::OkStatus();
}

// The ends at this moment, which are to be caught up with, and starts that lie outside.
absl::Status Projector::State::FindRanges(const std::vector<TopicPartition>& partitions) {
  if (partitions.empty()) return absl::OkStatus();
  std::unique_ptr<Reader> own;
  if (!reader_) {
    auto made = broker_.MakeReader(Isolation::kReadCommitted);
    if (!made.ok()) return made.status();
    own = std::move(*made);
  }
  Reader& reader = reader_ ? *reader_ : *own;
  const auto low = reader.OffsetsForTime(partitions, kBeginning, options_.call_timeout);
  if (!low.ok()) return low.status();
  const auto high = reader.OffsetsForTime(partitions, kEnd, options_.call_timeout);
  if (!high.ok()) return high.status();
  std::map<TopicPartition, Watermarks> ranges;
  for (const PartitionOffset& each : *low) ranges[each.Partition()].low = each.offset;
  for (const PartitionOffset& each : *high) ranges[each.Partition()].high = each.offset;
  for (const auto& [partition, range] : ranges) Place(partition, cursors_[partition], range);
  return absl::OkStatus();
}

void Projector::State::Place(const TopicPartition& partition, Cursor& cursor,
                             const Watermarks& range) {
  const bool logical = cursor.fetch_next < 0;
  if (!logical && (cursor.fetch_next < range.low || cursor.fetch_next > range.high)) {
    cursor.fetch_next = handler_.OnOutOfRange(partition, cursor.fetch_next, range);
  }
  if (cursor.fetch_next == kEnd) cursor.fetch_next = range.high;
  cursor.mark = range.high;
  cursor.caught_up = false;
  cursor.end.reset();
  const int64_t start = cursor.fetch_next == kBeginning ? range.low : cursor.fetch_next;
  if (start >= range.high) cursor.end = range.high;  // nothing to wait for
}

void Projector::State::OnGone(bool lost) {
  if (cursors_.empty()) return;
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, cursor] : cursors_) partitions.push_back(partition);
  handler_.OnRevoked(partitions);
  if (!lost) CommitRequested(/*now=*/true);
  cursors_.clear();
  counters_.partitions = 0;
  caught_up_ = false;
  absl::MutexLock lock(&mutex_);
  commits_.clear();
  moves_.clear();
}

}  // namespace plazo::kafka
