#include "cli/log_scan.h"

#include <absl/strings/numbers.h>
#include <absl/time/clock.h>

#include <algorithm>

#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

constexpr size_t kPollRecords = 4000;
constexpr absl::Duration kPoll = absl::Milliseconds(100);

absl::StatusOr<std::vector<kafka::TopicPartition>> PartitionsOf(kafka::Broker& broker,
                                                                const std::string& topic,
                                                                absl::Duration timeout) {
  auto admin = broker.MakeAdmin();
  if (!admin.ok()) return admin.status();
  const auto topics = (*admin)->ListTopics(timeout);
  if (!topics.ok()) return topics.status();
  const auto found = topics->find(topic);
  if (found == topics->end()) return absl::NotFoundError("there is no topic " + topic);
  std::vector<kafka::TopicPartition> partitions;
  for (int32_t p = 0; p < found->second; ++p) partitions.push_back({topic, p});
  return partitions;
}

// Where reading begins and where it may end.
struct Stretch {
  int64_t next = 0;
  int64_t end = 0;
};
using Stretches = std::map<int32_t, Stretch>;

absl::StatusOr<std::vector<kafka::PartitionOffset>> Begin(
    kafka::Reader& reader, const std::vector<kafka::TopicPartition>& partitions,
    const ScanStart& from, absl::Duration timeout) {
  switch (from.kind) {
    case ScanStart::Kind::kEnd:
      return reader.OffsetsForTime(partitions, kafka::kEnd, timeout);
    case ScanStart::Kind::kTime:
      return reader.OffsetsForTime(partitions, from.value, timeout);
    default:
      return reader.OffsetsForTime(partitions, kafka::kBeginning, timeout);
  }
}

absl::StatusOr<Stretches> Measure(kafka::Reader& reader,
                                  const std::vector<kafka::TopicPartition>& partitions,
                                  const ScanOptions& options, std::map<int32_t, int64_t>* begins) {
  const auto begin = Begin(reader, partitions, options.from, options.call_timeout);
  if (!begin.ok()) return begin.status();
  const auto end = reader.OffsetsForTime(partitions, kafka::kEnd, options.call_timeout);
  if (!end.ok()) return end.status();
  Stretches stretches;
  for (size_t i = 0; i < partitions.size(); ++i) {
    Stretch stretch{(*begin)[i].offset, (*end)[i].offset};
    if (begins != nullptr) (*begins)[partitions[i].partition] = stretch.next;
    // No record is as late as that.
    if (stretch.next < 0) stretch.next = stretch.end;
    if (options.from.kind == ScanStart::Kind::kOffset) {
      stretch.next = std::max(stretch.next, options.from.value);
    }
    if (options.follow || stretch.next < stretch.end) stretches[partitions[i].partition] = stretch;
  }
  return stretches;
}

std::vector<kafka::PartitionOffset> Positions(const std::string& topic,
                                              const Stretches& stretches) {
  std::vector<kafka::PartitionOffset> positions;
  for (const auto& [partition, stretch] : stretches) {
    positions.push_back({topic, partition, stretch.next});
  }
  return positions;
}

// Hands out what one poll gave. Returns false when `each` has had enough.
bool HandOut(kafka::Polled& polled, const ScanOptions& options, Stretches& stretches,
             const std::function<bool(kafka::Record&)>& each) {
  std::stable_sort(polled.records.begin(), polled.records.end(),
                   [](const kafka::Record& a, const kafka::Record& b) {
                     return a.timestamp_ms < b.timestamp_ms;
                   });
  for (kafka::Record& record : polled.records) {
    const auto found = stretches.find(record.partition);
    if (found == stretches.end()) continue;
    if (!options.follow && record.offset >= found->second.end) continue;
    found->second.next = std::max(found->second.next, record.offset + 1);
    if (!each(record)) return false;
  }
  for (const kafka::PartitionOffset& end : polled.ends) {
    const auto found = stretches.find(end.partition);
    if (found != stretches.end()) found->second.next = std::max(found->second.next, end.offset);
  }
  return true;
}

}  // namespace

absl::StatusOr<ScanStart> ParseScanStart(std::string_view text, absl::Time now) {
  if (text == "beginning") return ScanStart{ScanStart::Kind::kBeginning, 0};
  if (text == "end") return ScanStart{ScanStart::Kind::kEnd, 0};
  int64_t offset = 0;
  if (absl::SimpleAtoi(ToAbsl(text), &offset) && offset >= 0) {
    return ScanStart{ScanStart::Kind::kOffset, offset};
  }
  if (const auto ago = config::ParseDuration(text)) {
    return ScanStart{ScanStart::Kind::kTime, absl::ToUnixMillis(now - *ago)};
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, ToAbsl(text), &time, &error)) {
    return ScanStart{ScanStart::Kind::kTime, absl::ToUnixMillis(time)};
  }
  return InvalidArgument(
      "must be beginning, end, an offset, a time in RFC 3339, or 10m for ten "
      "minutes ago");
}

absl::Status Scan(kafka::Broker& broker, const ScanOptions& options,
                  const std::function<bool(kafka::Record&)>& each,
                  std::map<int32_t, int64_t>* begins) {
  auto partitions = PartitionsOf(broker, options.topic, options.call_timeout);
  if (!partitions.ok()) return partitions.status();
  if (!options.partitions.empty()) {
    std::erase_if(*partitions, [&](const kafka::TopicPartition& partition) {
      return std::count(options.partitions.begin(), options.partitions.end(),
                        partition.partition) == 0;
    });
    if (partitions->empty()) return absl::NotFoundError("there is no such partition");
  }
  auto reader = broker.MakeReader(options.isolation);
  if (!reader.ok()) return reader.status();
  auto stretches = Measure(**reader, *partitions, options, begins);
  if (!stretches.ok()) return stretches.status();
  PLAZO_RETURN_IF_ERROR((*reader)->Assign(Positions(options.topic, *stretches)));

  const auto finished = [&] {
    return !options.follow && std::all_of(stretches->begin(), stretches->end(), [](const auto& s) {
      return s.second.next >= s.second.end;
    });
  };
  absl::Time stalled_at = absl::Now() + options.stall_timeout;
  while (!finished()) {
    auto polled = (*reader)->Poll(kPoll, kPollRecords);
    if (!polled.ok() && kafka::ErrorKindOf(polled.status()) != kafka::ErrorKind::kRetriable) {
      return polled.status();
    }
    if (polled.ok() && !(polled->records.empty() && polled->ends.empty())) {
      stalled_at = absl::Now() + options.stall_timeout;
      if (!HandOut(*polled, options, *stretches, each)) return absl::OkStatus();
    } else if (!options.follow && absl::Now() >= stalled_at) {
      return absl::DeadlineExceededError(options.topic + ": no record arrived in time");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<int32_t, int64_t>> EndOffsets(kafka::Broker& broker,
                                                      const std::string& topic,
                                                      absl::Duration timeout) {
  auto partitions = PartitionsOf(broker, topic, timeout);
  if (!partitions.ok()) return partitions.status();
  auto reader = broker.MakeReader(kafka::Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();
  const auto ends = (*reader)->OffsetsForTime(*partitions, kafka::kEnd, timeout);
  if (!ends.ok()) return ends.status();
  std::map<int32_t, int64_t> offsets;
  for (const kafka::PartitionOffset& end : *ends) offsets[end.partition] = end.offset;
  return offsets;
}

}  // namespace plazo::cli
