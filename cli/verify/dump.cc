#include "cli/verify/dump.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <utility>

#include "cli/log_scan.h"
#include "platform/base/status.h"

namespace plazo::cli {
namespace {

absl::StatusOr<std::map<int32_t, int64_t>> Committed(kafka::Broker& broker,
                                                     const std::string& group,
                                                     const std::string& topic, int32_t lanes,
                                                     absl::Duration timeout) {
  auto offsets = broker.MakeGroupOffsets(group);
  if (!offsets.ok()) return offsets.status();
  std::vector<kafka::TopicPartition> partitions;
  for (int32_t lane = 0; lane < lanes; ++lane) partitions.push_back({topic, lane});
  // While a transaction is open this says so instead of telling what is about to change.
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    const auto committed = (*offsets)->Committed(partitions, absl::Seconds(2));
    if (!committed.ok()) {
      if (absl::Now() < deadline) continue;
      return committed.status();
    }
    std::map<int32_t, int64_t> found;
    for (const kafka::PartitionOffset& offset : *committed) {
      if (offset.offset != kafka::kNoOffset) found[offset.partition] = offset.offset;
    }
    return found;
  }
}

absl::Status ReadTopic(kafka::Broker& broker, const std::string& topic, absl::Duration timeout,
                       TopicDump& dump) {
  ScanOptions options;
  options.topic = topic;
  options.call_timeout = timeout;
  return Scan(
      broker, options,
      [&](kafka::Record& record) {
        std::vector<kafka::Record>& records = dump.records[record.partition];
        records.push_back(std::move(record));
        return true;
      },
      &dump.begins);
}

}  // namespace

const std::vector<kafka::Record>& TopicDump::Of(int32_t partition) const {
  static const std::vector<kafka::Record> none;
  const auto found = records.find(partition);
  return found == records.end() ? none : found->second;
}

bool TopicDump::Complete(int32_t partition) const {
  const auto found = begins.find(partition);
  return found == begins.end() || found->second == 0;
}

const kafka::Record* TopicDump::At(int32_t partition, int64_t offset) const {
  const std::vector<kafka::Record>& all = Of(partition);
  const auto found = std::lower_bound(
      all.begin(), all.end(), offset,
      [](const kafka::Record& record, int64_t wanted) { return record.offset < wanted; });
  return found == all.end() || found->offset != offset ? nullptr : &*found;
}

int64_t TopicDump::size() const {
  int64_t size = 0;
  for (const auto& [partition, all] : records) size += static_cast<int64_t>(all.size());
  return size;
}

int64_t Dump::DecidedBefore(int32_t lane) const {
  const auto found = committed.find(lane);
  return found == committed.end() ? 0 : found->second;
}

absl::StatusOr<Dump> ReadDump(kafka::Broker& broker, const std::string& prefix,
                              absl::Duration timeout) {
  Dump dump{Topics(prefix)};
  dump.begin_time = absl::Now();
  auto committed = Committed(broker, prefix + std::string(kRouterGroup), dump.topics.inbound,
                             dump.lanes, timeout);
  if (!committed.ok()) return committed.status();
  dump.committed = *std::move(committed);
  for (const auto& [topic, target] :
       {std::pair{&dump.topics.inbound, &dump.inbound},
        std::pair{&dump.topics.decisions, &dump.decisions},
        std::pair{&dump.topics.tickets, &dump.tickets},
        std::pair{&dump.topics.directory, &dump.directory},
        std::pair{&dump.topics.delivery, &dump.delivery}, std::pair{&dump.topics.sla, &dump.sla},
        std::pair{&dump.topics.dead_letters, &dump.dead_letters}}) {
    PLAZO_RETURN_IF_ERROR(Annotate(ReadTopic(broker, *topic, timeout, *target), *topic));
  }
  dump.read_time = absl::Now();
  return dump;
}

std::optional<Origin> OriginOf(const Dump& dump, const kafka::Record& record) {
  const std::string* text = record.FindHeader("x-origin");
  if (text == nullptr) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(*text, '/');
  Origin origin;
  if (parts.size() < 3 || parts[0] != dump.topics.inbound ||
      !absl::SimpleAtoi(parts[1], &origin.lane) || !absl::SimpleAtoi(parts[2], &origin.offset) ||
      (parts.size() > 3 && !absl::SimpleAtoi(parts[3], &origin.index))) {
    return std::nullopt;
  }
  return origin;
}

bool Settled(const Dump& dump, const Origin& origin) {
  return origin.offset < dump.DecidedBefore(origin.lane);
}

std::string Place(const kafka::Record& record) {
  return record.topic + "/" + std::to_string(record.partition) + "/" +
         std::to_string(record.offset);
}

History::History(const Dump& dump) : dump(dump) {
  for (const auto& [lane, records] : dump.decisions.records) {
    for (const kafka::Record& record : records) {
      const std::optional<Origin> origin = OriginOf(dump, record);
      if (origin && !Settled(dump, *origin)) continue;
      Decided decided{&record, origin.value_or(Origin{}), {}, {}};
      if (!origin || !record.value || !decided.decision.ParseFromString(*record.value)) {
        unreadable.push_back(&record);
        continue;
      }
      const kafka::Record* input = dump.inbound.At(origin->lane, origin->offset);
      if (input == nullptr || !input->value || !decided.command.ParseFromString(*input->value)) {
        decided.command.Clear();
      }
      decisions[lane].push_back(std::move(decided));
    }
  }
}

std::map<std::string, Kept> LastOfKeys(const Dump& dump, const TopicDump& topic, int32_t lane) {
  std::map<std::string, Kept> last;
  for (const kafka::Record& record : topic.Of(lane)) {
    Kept& kept = last[record.key];
    kept.record = &record;
    const std::optional<Origin> origin = OriginOf(dump, record);
    kept.moving = origin && !Settled(dump, *origin);
  }
  return last;
}

}  // namespace plazo::cli
