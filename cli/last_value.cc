#include "cli/last_value.h"

#include <absl/time/clock.h>

#include "platform/base/status.h"

namespace plazo::cli {

absl::StatusOr<std::optional<std::string>> LastValue(kafka::Broker& broker,
                                                     const kafka::TopicPartition& partition,
                                                     const std::string& key,
                                                     absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  auto reader = broker.MakeReader(kafka::Isolation::kReadCommitted);
  if (!reader.ok()) return reader.status();
  PLAZO_RETURN_IF_ERROR(
      (*reader)->Assign({{partition.topic, partition.partition, kafka::kBeginning}}));
  std::optional<std::string> value;
  while (absl::Now() < deadline) {
    auto polled = (*reader)->Poll(absl::Milliseconds(200), 1000);
    if (!polled.ok()) {
      if (kafka::ErrorKindOf(polled.status()) != kafka::ErrorKind::kRetriable) {
        return polled.status();
      }
      continue;
    }
    for (kafka::Record& record : polled->records) {
      if (record.key == key) value = std::move(record.value);
    }
    if (!polled->ends.empty()) return value;
  }
  return absl::DeadlineExceededError(partition.topic + " could not be read in time");
}

}  // namespace plazo::cli
