#include "platform/observability/repeated_errors.h"

namespace plazo::observability {
namespace {

constexpr size_t kMaxKeys = 1024;
constexpr std::string_view kOthers = "others";

}  // namespace

std::optional<RepeatedErrors::Repeat> RepeatedErrors::Admit(std::string_view key) {
  const absl::Duration now = clock_->Monotonic();
  absl::MutexLock lock(&mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end() && entries_.size() >= kMaxKeys) {
    key = kOthers;
    found = entries_.find(key);
  }
  if (found == entries_.end()) {
    entries_.emplace(std::string(key), Entry{now, 0});
    return Repeat{};
  }
  Entry& entry = found->second;
  if (now - entry.admitted < interval_) {
    ++entry.suppressed;
    return std::nullopt;
  }
  const Repeat repeat{entry.suppressed};
  entry = Entry{now, 0};
  return repeat;
}

}  // namespace plazo::observability
