#pragma once

// Promises kept and missed, from plazo.evt.sla.v1: counts by day, and the breaches themselves.
//
// Memory is bounded: the last `days` days (UTC, by when a fact was decided); at most
// kMaxRowsPerDay rows a day, each two numbers and a DurationHistogram of at most 5 KiB (what would
// be a row too many is counted under the team and plan kOthers); at most kMaxBreaches breaches, the
// newest. Offsets lie beside the counts, so that no fact counts twice when the reader begins anew.
//
// Thread-safe reads; the projector's handlers are called on its thread.

#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "platform/base/clock.h"
#include "platform/base/string_map.h"
#include "platform/kafka/projector.h"
#include "plazo/core/v1/event.pb.h"
#include "services/desk/duration_histogram.h"

namespace plazo::desk {

struct SlaRow {
  std::string tenant;
  core::v1::ClockKind clock = core::v1::CLOCK_KIND_UNSPECIFIED;
  std::string team;
  core::v1::Channel channel = core::v1::CHANNEL_UNSPECIFIED;
  std::string plan;
  core::v1::Impact impact = core::v1::IMPACT_UNSPECIFIED;
  auto operator<=>(const SlaRow&) const = default;
};

struct SlaCounts {
  int64_t met = 0;
  int64_t warned = 0;
  int64_t breached = 0;    // withdrawn ones left out
  DurationHistogram used;  // until satisfied, in time or late
};

struct SlaReport {
  std::map<SlaRow, SlaCounts> rows;
  absl::Time from;  // whole days
  absl::Time to;
};

using BreachPtr = std::shared_ptr<const core::v1::SlaFact>;

// Where a breach stands among others, newest first.
struct BreachPlace {
  int64_t ms = 0;  // when it was detected
  std::string ticket_id;
  int clock = 0;
  explicit BreachPlace(const core::v1::SlaFact& fact);
  BreachPlace(int64_t ms, std::string ticket_id, int clock)
      : ms(ms), ticket_id(std::move(ticket_id)), clock(clock) {}
  bool operator<(const BreachPlace& other) const {
    return std::tie(other.ms, ticket_id, clock) < std::tie(ms, other.ticket_id, other.clock);
  }
};

class SlaTable final : public kafka::ProjectorHandler {
 public:
  static constexpr size_t kMaxRowsPerDay = 5'000;
  static constexpr size_t kMaxBreaches = 50'000;
  static constexpr char kOthers[] = "(others)";

  // `start` names the offset of the first fact at or after a time.
  using Start = std::function<absl::StatusOr<int64_t>(const kafka::TopicPartition&, absl::Time)>;
  SlaTable(const Clock& clock, int days, Start start)
      : clock_(clock), days_(days), start_(std::move(start)) {}

  // The days that touch [from, to), as far as they are kept; rows that `keep` wants.
  SlaReport Report(absl::Time from, absl::Time to,
                   const std::function<bool(const SlaRow&)>& keep) const;
  // At most `count` of the tenant's breaches, newest first, behind `after`.
  std::vector<BreachPtr> Breaches(const std::string& tenant,
                                  const std::optional<BreachPlace>& after, size_t count) const;

  absl::StatusOr<std::vector<kafka::PartitionOffset>> OnAssigned(
      std::span<const kafka::TopicPartition> partitions) override;
  void OnRevoked(std::span<const kafka::TopicPartition>) override {}
  absl::Status OnRecords(const kafka::TopicPartition& partition,
                         std::span<const kafka::Record> records) override;

 private:
  using Day = int64_t;  // since 1970
  struct Breach {
    BreachPtr fact;
    Day day;
    SlaRow row;
  };
  Day FirstDay() const;
  void Take(const core::v1::SlaFact& fact) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SlaRow RowFor(Day day, const core::v1::SlaFact& fact) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddBreach(const core::v1::SlaFact& fact, Day day, SlaRow row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Withdraw(const core::v1::SlaFact& fact) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const int days_;
  const Start start_;
  mutable absl::Mutex mutex_;
  std::map<Day, std::map<SlaRow, SlaCounts>> by_day_ ABSL_GUARDED_BY(mutex_);
  std::map<BreachPlace, Breach> breaches_ ABSL_GUARDED_BY(mutex_);
  StringMap<BreachPlace> by_promise_ ABSL_GUARDED_BY(mutex_);        // ticket, clock, due
  std::map<int32_t, int64_t> next_offsets_ ABSL_GUARDED_BY(mutex_);  // of each partition
};

}  // namespace plazo::desk
