#include "platform/kafka/loop/lane_restorer.h"

#include <utility>

#include "platform/base/fail_point.h"
#include "platform/base/status.h"
#include "platform/kafka/loop/patience.h"

namespace plazo::kafka {
namespace {

constexpr size_t kRecordsPerPoll = 1000;
constexpr absl::Duration kPollTimeout = absl::Milliseconds(20);

bool WorthRetrying(const absl::Status& status) {
  return ErrorKindOf(status) == ErrorKind::kRetriable;
}

}  // namespace

LaneRestorer::LaneRestorer(Broker& broker, const Clock& clock, LaneProcessor& processor,
                           Options options)
    : broker_(broker), clock_(clock), processor_(processor), options_(std::move(options)) {}

absl::StatusOr<std::map<int32_t, int64_t>> LaneRestorer::Committed(
    const std::string& group, const std::string& topic, const std::vector<int32_t>& lanes) {
  if (lanes.empty()) return std::map<int32_t, int64_t>();
  std::vector<TopicPartition> partitions;
  for (const int32_t lane : lanes) partitions.push_back({topic, lane});
  auto offsets = broker_.MakeGroupOffsets(group);
  if (!offsets.ok()) return offsets.status();
  Patience patience(clock_, options_.stall);
  while (true) {
    const auto committed = (*offsets)->Committed(partitions, options_.call_timeout);
    if (committed.ok()) {
      std::map<int32_t, int64_t> result;
      for (const PartitionOffset& each : *committed) result[each.partition] = each.offset;
      return result;
    }
    if (!WorthRetrying(committed.status()) || !patience.Wait()) return committed.status();
  }
}

absl::StatusOr<LaneRestorer::Marks> LaneRestorer::AskMarks(
    const std::map<int32_t, int64_t>& lanes) {
  auto reader = broker_.MakeReader(Isolation::kReadUncommitted);
  if (!reader.ok()) return reader.status();
  std::vector<TopicPartition> partitions;
  for (const std::string& topic : options_.state_topics) {
    for (const auto& [lane, committed] : lanes) partitions.push_back({topic, lane});
  }
  Patience patience(clock_, options_.stall);
  while (true) {
    const auto ends = (*reader)->OffsetsForTime(partitions, kEnd, options_.call_timeout);
    if (ends.ok()) {
      Marks marks;
      for (const PartitionOffset& each : *ends) marks[each.Partition()] = each.offset;
      return marks;
    }
    if (!WorthRetrying(ends.status()) || !patience.Wait()) return ends.status();
  }
}

absl::Status LaneRestorer::ReadTo(Marks marks) {
  auto reader = broker_.MakeReader(Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();
  std::vector<PartitionOffset> positions;
  for (const auto& [partition, mark] : marks) {
    positions.push_back({partition.topic, partition.partition, kBeginning});
  }
  PLAZO_RETURN_IF_ERROR((*reader)->Assign(positions));
  Patience patience(clock_, options_.stall);
  while (!marks.empty()) {
    PLAZO_FAIL_POINT("router.in_restore");
    const auto polled = (*reader)->Poll(kPollTimeout, kRecordsPerPoll);
    if (!polled.ok() && !WorthRetrying(polled.status())) return polled.status();
    const bool nothing = !polled.ok() || (polled->records.empty() && polled->ends.empty());
    if (nothing) {
      if (!patience.Wait()) {
        return Unavailable("state of " + marks.begin()->first.topic + " stays out of reach");
      }
      continue;
    }
    patience.Progress();
    for (const Record& record : polled->records) {
      // Of a partition that is through, what was appended since belongs to no lane of ours.
      if (marks.contains(record.Partition())) processor_.RestoreRecord(record.partition, record);
    }
    for (const PartitionOffset& end : polled->ends) {
      const auto mark = marks.find(end.Partition());
      if (mark != marks.end() && end.offset >= mark->second) marks.erase(mark);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<int32_t, absl::Status>> LaneRestorer::Restore(
    const std::map<int32_t, int64_t>& committed) {
  std::map<int32_t, absl::Status> results;
  if (committed.empty()) return results;
  auto marks = AskMarks(committed);
  if (!marks.ok()) return Annotate(marks.status(), "high watermarks");
  for (const auto& [lane, offset] : committed) processor_.BeginRestore(lane);
  PLAZO_RETURN_IF_ERROR(Annotate(ReadTo(std::move(*marks)), "restore"));
  for (const auto& [lane, offset] : committed) {
    results[lane] = processor_.FinishRestore(lane, offset);
  }
  return results;
}

}  // namespace plazo::kafka
