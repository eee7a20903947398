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

  const auto begin = (*reader)->OffsetsForTime(partitions, kBeginning, timeout);
  if (!begin.ok()) return begin.status();
  const auto end = (*reader)->OffsetsForTime(partitions, kEnd, timeout);
  if (!end.ok()) return end.status();

  std::vector<LagRow> rows;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const int64_t offset = (*committed)[i].offset;
    const int64_t from = offset == kNoOffset ? (*begin)[i].offset : offset;
    rows.push_back(
        {partitions[i], offset, (*end)[i].offset, std::max<int64_t>(0, (*end)[i].offset - from)});
  }
  return rows;
}

}  // namespace plazo::kafka
