#include <algorithm>

#include "platform/base/status.h"
#include "platform/kafka/broker.h"

namespace plazo::kafka {

absl::StatusOr<std::vector<LagRow>> Lag(Broker& broker, const std::string& group,
                                        const std::string& topic, absl::Duration timeout) {
  auto admin = broker.MakeAdmin();
  if (!admin.ok()) return admin.status();
  const auto topics = (*admin)->ListTopics(timeout);
  if (!topics.ok()) return topics.status();
  const auto found = topics->find(topic);
  if (found == topics->end()) return absl::NotFoundError("no topic " + topic);
  std::vector<TopicPartition> partitions;
  for (int32_t p = 0; p < found->second; ++p) partitions.push_back({topic, p});

  auto offsets = broker.MakeGroupOffsets(group);
  if (!offsets.ok()) return offsets.status();
  const auto committed = (*offsets)->Committed(partitions, timeout);
  if (!committed.ok()) return committed.status();
  auto reader = broker.MakeReader(Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();

  std::vector<LagRow> rows;
  for (const PartitionOffset& each : *committed) {
    const auto marks = (*reader)->QueryWatermarks(each.Partition(), timeout);
    if (!marks.ok()) return marks.status();
    const int64_t from = each.offset == kNoOffset ? marks->low : each.offset;
    rows.push_back(
        {each.Partition(), each.offset, marks->high, std::max<int64_t>(0, marks->high - from)});
  }
  return rows;
}

}  // namespace plazo::kafka
