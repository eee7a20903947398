#pragma once

// The next offset of a partition that may be committed: everything before it is settled. Records
// are taken in order and settled in any. Not thread-safe.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

namespace plazo::notifier {

class Watermark {
 public:
  // Requires offsets to rise.
  void Take(int64_t offset) {
    open_.push_back({offset, false});
    next_ = offset + 1;
  }

  // Ignores offsets it does not hold.
  void Settle(int64_t offset) {
    const auto found =
        std::lower_bound(open_.begin(), open_.end(), offset,
                         [](const Entry& entry, int64_t wanted) { return entry.offset < wanted; });
    if (found != open_.end() && found->offset == offset) found->settled = true;
    while (!open_.empty() && open_.front().settled) open_.pop_front();
  }

  // nullopt before the first record.
  std::optional<int64_t> Next() const { return open_.empty() ? next_ : open_.front().offset; }
  bool Idle() const { return open_.empty(); }

 private:
  struct Entry {
    int64_t offset;
    bool settled;
  };
  std::deque<Entry> open_;
  std::optional<int64_t> next_;
};

}  // namespace plazo::notifier
