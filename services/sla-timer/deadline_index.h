#pragma once

// The pending deadlines of every partition, ordered by due time: an index that can be rebuilt from
// plazo.state.tickets at any moment (I8). Beside the deadlines of a partition stand the offset of
// the state topic up to which they were applied, moved in the same step, and the epoch of the one
// process that may change them (I15).
//
// RedisDeadlineIndex and fake/fake_deadline_index.h implement it, held to one contract suite.
// Thread-safety: one owner. Times are milliseconds since the Unix epoch, offsets are next offsets.
// Errors mean that the index could not be reached (kUnavailable: nothing happened; kAborted or
// kDeadlineExceeded: it may have happened); every call may simply be made again.

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace plazo::sla_timer {

struct ArmedDeadline {
  std::string id;  // unique within the aggregate; holds neither '|' nor a line end
  int64_t due_ms = 0;

  friend bool operator==(const ArmedDeadline&, const ArmedDeadline&) = default;
};

// All deadlines that one aggregate has now; none = it has none any more.
struct AggregateDeadlines {
  std::string aggregate;  // its key: ticket/..., incident/..., notice/...
  std::vector<ArmedDeadline> deadlines;

  friend bool operator==(const AggregateDeadlines&, const AggregateDeadlines&) = default;
};

// Who asks: a partition under the epoch that Own gave for it.
struct Owner {
  int32_t partition = 0;
  int64_t epoch = 0;
};

enum class Standing {
  kOurs,
  kReplaced,  // another epoch: the partition was taken over (or the index thrown back). No change.
  kWiped,     // no epoch or no offset: what is there means nothing until Reset. No change.
};

struct IndexState {
  Standing standing = Standing::kWiped;
  // Meaningful unless wiped.
  int64_t offset = 0;
  int64_t deadlines = 0;
  int64_t aggregates = 0;  // that have a deadline
};

struct Ownership {
  Owner owner;
  int64_t former_epoch = 0;  // 0 = none known
  IndexState state;          // kOurs or kWiped
};

struct Applied {
  bool applied = false;  // false: nothing was changed; `state` says why
  IndexState state;      // afterwards
};

struct DueDeadline {
  std::string aggregate;
  std::string id;
  int64_t due_ms = 0;

  friend bool operator==(const DueDeadline&, const DueDeadline&) = default;
};

struct DueDeadlines {
  IndexState state;
  std::vector<DueDeadline> due;        // the earliest ones first
  std::optional<int64_t> next_due_ms;  // of the first that is not due yet
};

class DeadlineIndex {
 public:
  virtual ~DeadlineIndex() = default;

  // Takes the partition over. The epoch is greater than any that was given for it before, also
  // across a wipe (as far as the owners' clocks agree). A repeat gives yet another one.
  virtual absl::StatusOr<Ownership> Own(int32_t partition) = 0;

  // Empties the partition and sets its offset to 0. Does nothing when another epoch stands there.
  virtual absl::StatusOr<IndexState> Reset(const Owner& owner) = 0;

  // Sets the deadlines of the aggregates named (each at most once) to exactly those given, and the
  // offset from `from` to `to`, in one step; only if the offset is `from`. A repeat finds another
  // offset and changes nothing.
  virtual absl::StatusOr<Applied> Apply(const Owner& owner, int64_t from, int64_t to,
                                        std::span<const AggregateDeadlines> updates) = 0;

  virtual absl::StatusOr<IndexState> Check(const Owner& owner) = 0;

  // The first `limit` deadlines with due_ms <= now_ms. Removes nothing: only Apply does.
  virtual absl::StatusOr<DueDeadlines> Due(const Owner& owner, int64_t now_ms, size_t limit) = 0;
};

}  // namespace plazo::sla_timer
