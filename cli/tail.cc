#include <absl/time/clock.h>

#include <memory>

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
  int64_t shown = 0;
  const absl::Status scanned = Scan(**broker, options, [&](kafka::Record& record) {
    if (record.key.find(arguments.key) == std::string::npos) return true;
    session.out << (session.json ? RecordJson(topics, record) : Line(topics, record)) << "\n";
    if (arguments.follow) session.out.flush();
    return session.out.good() && (arguments.max == 0 || ++shown < arguments.max);
  });
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
            "beginning, end, an offset, a time in RFC 3339, or 10m ago; beginning, and end with "
            "--follow, if not given")
      .Flag("-f,--follow", &arguments->follow, "wait for more at the end")
      .Number("-n,--max", &arguments->max, "end after so many records; 0 = never")
      .Text("--key", &arguments->key, "only keys that contain this")
      .Number("--partition", &arguments->partition, "only this one; -1 = all")
      .Flag("--uncommitted", &arguments->uncommitted, "also what was never committed")
      .Run([&session, arguments] { return Tail(session, *arguments); });
}

}  // namespace plazo::cli
