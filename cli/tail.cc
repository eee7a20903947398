#include <absl/time/clock.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "cli/log_commands.h"
#include "cli/log_scan.h"
#include "cli/record_text.h"
#include "platform/base/status.h"

namespace plazo::cli {
namespace {

struct TailArguments {
  std::string topic, from, key;
  int64_t partition = -1, max = 0;
  bool follow = false, uncommitted = false;
};

std::string Line(const Topics& topics, const kafka::Record& record) {
  const std::string time = absl::FormatTime("%H:%M:%E3S", absl::FromUnixMillis(record.timestamp_ms),
                                            absl::LocalTimeZone());
  return time + "  " + std::to_string(record.partition) + "/" + std::to_string(record.offset) +
         "  " + record.key + "  " + ValueText(topics, record);
}

void Print(Session& session, const Topics& topics, const kafka::Record& record) {
  session.out << (session.json ? RecordJson(topics, record) : Line(topics, record)) << "\n";
}

bool Wanted(const kafka::Record& record, const TailArguments& arguments) {
  return record.key.find(arguments.key) != std::string::npos;
}

absl::Status Follow(Session& session, kafka::Broker& broker, const ScanOptions& options,
                    const TailArguments& arguments) {
  const Topics topics = session.topics();
  int64_t shown = 0;
  return Scan(broker, options, [&](kafka::Record& record) {
    if (!Wanted(record, arguments)) return true;
    Print(session, topics, record);
    session.out.flush();
    return session.out.good() && (arguments.max == 0 || ++shown < arguments.max);
  });
}

// In the order of their times over all partitions: the first ones of a stretch that was named, else
// the last ones.
absl::Status ShowKept(Session& session, kafka::Broker& broker, const ScanOptions& options,
                      const TailArguments& arguments) {
  std::map<int32_t, std::deque<kafka::Record>> kept;
  const auto max = static_cast<size_t>(arguments.max);
  const bool last = arguments.from.empty();
  PLAZO_RETURN_IF_ERROR(Scan(broker, options, [&](kafka::Record& record) {
    if (!Wanted(record, arguments)) return true;
    std::deque<kafka::Record>& records = kept[record.partition];
    if (max > 0 && !last && records.size() >= max) return true;
    records.push_back(std::move(record));
    if (max > 0 && last && records.size() > max) records.pop_front();
    return true;
  }));
  std::vector<const kafka::Record*> order;
  for (const auto& [partition, records] : kept) {
    for (const kafka::Record& record : records) order.push_back(&record);
  }
  std::stable_sort(order.begin(), order.end(), [](const kafka::Record* a, const kafka::Record* b) {
    return a->timestamp_ms < b->timestamp_ms;
  });
  const size_t shown = max == 0 ? order.size() : std::min(max, order.size());
  const size_t begin = last ? order.size() - shown : 0;
  const Topics topics = session.topics();
  for (size_t i = begin; i < begin + shown && session.out.good(); ++i) {
    Print(session, topics, *order[i]);
  }
  return absl::OkStatus();
}

int Tail(Session& session, const TailArguments& arguments) {
  const Topics topics = session.topics();
  const auto topic = TopicNamed(topics, arguments.topic);
  if (!topic) {
    return session.Misuse(
        "TOPIC: one of inbound, decisions, tickets, directory, delivery, sla, dlq");
  }
  ScanOptions options;
  options.topic = *topic;
  options.follow = arguments.follow;
  options.call_timeout = session.CallTimeout();
  if (arguments.partition >= 0) {
    options.partitions = {static_cast<int32_t>(arguments.partition)};
  }
  if (arguments.uncommitted) options.isolation = kafka::Isolation::kReadUncommitted;
  const std::string usual = arguments.follow ? "end" : "beginning";
  const auto from = ParseScanStart(arguments.from.empty() ? usual : arguments.from, absl::Now());
  if (!from.ok()) return session.Misuse("--from: " + std::string(from.status().message()));
  options.from = *from;

  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const absl::Status scanned = arguments.follow ? Follow(session, **broker, options, arguments)
                                                : ShowKept(session, **broker, options, arguments);
  return scanned.ok() ? 0 : session.Fail(scanned);
}

}  // namespace

void AddTail(const Command& root, Session& session) {
  auto arguments = std::make_shared<TailArguments>();
  root.Sub("tail", "the records of a topic, one a line: time, partition/offset, key, what")
      .Text("TOPIC", &arguments->topic,
            "inbound, decisions, tickets, directory, delivery, sla, dlq, or the full name",
            {.required = true})
      .Text("--from", &arguments->from,
            "beginning, end, an offset, a time in RFC 3339, or 10m for ten minutes ago")
      .Flag("-f,--follow", &arguments->follow, "wait for more at the end")
      .Number("-n,--max", &arguments->max, "so many: the first from --from, else the last; 0 = all")
      .Text("--key", &arguments->key, "only keys that contain this")
      .Number("--partition", &arguments->partition, "only this one; -1 = all")
      .Flag("--uncommitted", &arguments->uncommitted, "also what was never committed")
      .Run([&session, arguments] { return Tail(session, *arguments); });
}

}  // namespace plazo::cli
