#include "cli/verify/index_reading.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "platform/base/status.h"
#include "platform/redis/connection.h"
#include "services/sla-timer/redis_keys.h"

namespace plazo::cli {

absl::StatusOr<std::optional<int64_t>> DeadlineIndexReader::Offset(int32_t partition) {
  auto reply = At(partition).Command({"HGET", sla_timer::MetaKey(prefix_, partition), "offset"});
  if (!reply.ok()) return reply.status();
  if (reply->is_nil()) return std::optional<int64_t>();
  const auto offset = reply->AsInteger();
  if (!offset.ok()) return offset.status();
  return std::optional(*offset);
}

absl::StatusOr<std::map<DeadlineName, int64_t>> DeadlineIndexReader::Deadlines(int32_t partition) {
  auto reply = At(partition).Command(
      {"ZRANGE", sla_timer::DueKey(prefix_, partition), "0", "-1", "WITHSCORES"});
  if (!reply.ok()) return reply.status();
  const auto parts = reply->AsStrings();
  if (!parts.ok()) return parts.status();
  std::map<DeadlineName, int64_t> deadlines;
  for (size_t i = 0; i + 1 < parts->size(); i += 2) {
    const auto name = sla_timer::SplitMember((*parts)[i]);
    double due = 0;
    if (!name || !absl::SimpleAtod((*parts)[i + 1], &due)) {
      return Internal("partition " + std::to_string(partition) + " of the index holds " +
                      (*parts)[i]);
    }
    deadlines[*name] = static_cast<int64_t>(due);
  }
  return deadlines;
}

std::unique_ptr<DeadlineIndexReader> OpenDeadlineIndex(const std::string& addresses,
                                                       const std::string& prefix) {
  std::vector<std::unique_ptr<redis::Redis>> endpoints;
  for (const auto& address : absl::StrSplit(addresses, ',')) {
    redis::ConnectionOptions options;
    options.address = std::string(address.data(), address.size());
    endpoints.push_back(std::make_unique<redis::Connection>(options));
  }
  return std::make_unique<DeadlineIndexReader>(std::move(endpoints), prefix);
}

}  // namespace plazo::cli
