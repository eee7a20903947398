#include "services/notifier/serial_queue.h"

#include <algorithm>

namespace plazo::notifier {

void SerialQueue::Add(uint64_t id, std::vector<std::string> keys) {
  Job& job = jobs_[id];
  job.keys = std::move(keys);
  for (const std::string& key : job.keys) {
    std::deque<uint64_t>& line = lines_[key];
    if (!line.empty()) ++job.behind;
    line.push_back(id);
  }
  if (job.behind == 0) ready_.emplace(job.not_before, id);
}

std::optional<uint64_t> SerialQueue::Take(absl::Duration now) {
  if (ready_.empty() || ready_.begin()->first > now) return std::nullopt;
  const uint64_t id = ready_.begin()->second;
  ready_.erase(ready_.begin());
  jobs_[id].taken = true;
  return id;
}

void SerialQueue::Finish(uint64_t id) { Forget(id); }

void SerialQueue::Postpone(uint64_t id, absl::Duration until) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  found->second.taken = false;
  found->second.not_before = until;
  ready_.emplace(until, id);
}

bool SerialQueue::Remove(uint64_t id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.taken) return false;
  ready_.erase({found->second.not_before, id});
  Forget(id);
  return true;
}

void SerialQueue::Forget(uint64_t id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  const std::vector<std::string> keys = std::move(found->second.keys);
  jobs_.erase(found);
  for (const std::string& key : keys) {
    const auto line = lines_.find(key);
    std::deque<uint64_t>& ids = line->second;
    const bool first = ids.front() == id;
    ids.erase(std::find(ids.begin(), ids.end(), id));
    if (ids.empty()) {
      lines_.erase(line);
    } else if (first) {
      Job& next = jobs_[ids.front()];
      if (--next.behind == 0) ready_.emplace(next.not_before, ids.front());
    }
  }
}

size_t SerialQueue::Depth(std::string_view key) const {
  const auto line = lines_.find(key);
  return line == lines_.end() ? 0 : line->second.size();
}

absl::Duration SerialQueue::NextTurn() const {
  return ready_.empty() ? absl::InfiniteDuration() : ready_.begin()->first;
}

}  // namespace plazo::notifier
