#pragma once

// Lets one of many equal complaints through: the first at once, then at most one an interval, which
// tells how many were held back. For error callbacks of brokers and relays that are down.
//
//   if (auto repeat = errors_.Admit("kafka:" + code)) LogError("broker error", {{"suppressed",
//   repeat->suppressed}});
//
// Thread-safe. Remembers at most 1024 keys; beyond that, new ones share one.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/base/clock.h"
#include "platform/base/string_map.h"

namespace plazo::observability {

class RepeatedErrors {
 public:
  struct Repeat {
    uint64_t suppressed = 0;  // since the last one let through
  };

  // `clock` must outlive the object.
  RepeatedErrors(const Clock* clock, absl::Duration interval)
      : clock_(clock), interval_(interval) {}

  std::optional<Repeat> Admit(std::string_view key);

 private:
  struct Entry {
    absl::Duration admitted;
    uint64_t suppressed = 0;
  };

  const Clock* const clock_;
  const absl::Duration interval_;
  absl::Mutex mutex_;
  StringMap<Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::observability
