#include <memory>

#include "cli/log_commands.h"
#include "cli/log_scan.h"
#include "cli/verify/index_reading.h"
#include "platform/base/status.h"
#include "platform/observability/json_line.h"

namespace plazo::cli {
namespace {

struct Row {
  std::string group, topic;
  int32_t partition = 0;
  int64_t committed = kafka::kNoOffset, end = 0, lag = 0;
  int64_t unread = 0;  // records: transaction markers, which take offsets too, left out
};

absl::StatusOr<std::vector<Row>> GroupRows(kafka::Broker& broker, const std::string& group,
                                           const std::string& topic, absl::Duration timeout) {
  const auto lag = kafka::Lag(broker, group, topic, timeout);
  if (!lag.ok()) return lag.status();
  std::vector<Row> rows;
  for (const kafka::LagRow& row : *lag) {
    rows.push_back({group, topic, row.partition.partition, row.committed, row.end, row.lag});
  }
  return rows;
}

// sla-timer keeps its offsets in Redis, beside what it made of the records.
absl::StatusOr<std::vector<Row>> TimerRows(const Session& session, kafka::Broker& broker,
                                           const std::string& group, const std::string& topic) {
  const auto ends = EndOffsets(broker, topic, session.CallTimeout());
  if (!ends.ok()) return ends.status();
  std::unique_ptr<DeadlineIndexReader> index =
      OpenDeadlineIndex(session.redis, session.topic_prefix);
  std::vector<Row> rows;
  for (const auto& [partition, end] : *ends) {
    const auto offset = index->Offset(partition);
    if (!offset.ok()) return offset.status();
    Row row{group, topic, partition, offset->value_or(kafka::kNoOffset), end};
    row.lag = std::max<int64_t>(0, end - offset->value_or(0));
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::Status CountUnread(kafka::Broker& broker, std::vector<Row>& rows, absl::Duration timeout) {
  for (Row& row : rows) {
    if (row.lag == 0) continue;
    ScanOptions options;
    options.topic = row.topic;
    options.partitions = {row.partition};
    options.from = {ScanStart::Kind::kOffset, std::max<int64_t>(0, row.committed)};
    options.call_timeout = timeout;
    PLAZO_RETURN_IF_ERROR(Scan(broker, options, [&](kafka::Record& record) {
      if (record.offset < row.end) ++row.unread;
      return record.offset + 1 < row.end;
    }));
  }
  return absl::OkStatus();
}

std::string OffsetText(int64_t offset) {
  return offset == kafka::kNoOffset ? "none" : std::to_string(offset);
}

void Print(Session& session, const std::vector<Row>& rows, bool all) {
  int64_t lag = 0, unread = 0;
  for (const Row& row : rows) {
    lag += row.lag;
    unread += row.unread;
    if (session.json) {
      observability::JsonLine line;
      line.AddString("group", row.group);
      line.AddString("topic", row.topic);
      line.AddInteger("partition", row.partition);
      line.AddInteger("committed", row.committed);
      line.AddInteger("end", row.end);
      line.AddInteger("lag", row.lag);
      line.AddInteger("unread", row.unread);
      session.out << line.Take() << "\n";
    }
  }
  if (session.json || rows.empty()) return;
  session.out << rows.front().group << " on " << rows.front().topic << ": " << unread
              << " unread records, " << lag << " offsets behind\n";
  for (const Row& row : rows) {
    if (!all && row.unread == 0) continue;
    session.out << "  partition " << row.partition << ": at " << OffsetText(row.committed) << " of "
                << row.end << ", " << row.unread << " unread\n";
  }
}

int ShowLag(Session& session, bool all) {
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const Topics topics = session.topics();
  const auto group = [&](std::string_view name) {
    return session.topic_prefix + std::string(name);
  };
  int exit = 0;
  const auto show = [&](absl::StatusOr<std::vector<Row>> rows, std::string_view name) {
    absl::Status status = rows.status();
    if (rows.ok()) status = CountUnread(**broker, *rows, session.CallTimeout());
    if (!status.ok()) {
      exit = session.Fail(Annotate(status, name));
      return;
    }
    Print(session, *rows, all);
  };
  show(GroupRows(**broker, group(kRouterGroup), topics.inbound, session.CallTimeout()),
       kRouterGroup);
  show(TimerRows(session, **broker, group(kSlaTimerGroup), topics.tickets), kSlaTimerGroup);
  show(GroupRows(**broker, group(kNotifierGroup), topics.delivery, session.CallTimeout()),
       kNotifierGroup);
  return exit;
}

}  // namespace

void AddLag(const Command& root, Session& session) {
  auto all = std::make_shared<bool>(false);
  root.Sub("lag", "how far router, sla-timer and notifier are behind")
      .Flag("--all", all.get(), "also partitions that are read to their end")
      .Run([&session, all] { return ShowLag(session, *all); });
}

}  // namespace plazo::cli
