#include "services/desk/sla_table.h"

#include <algorithm>

#include "domain/core/proto_time.h"

namespace plazo::desk {

using core::v1::SlaFact;

namespace {

constexpr absl::Duration kDay = absl::Hours(24);

int64_t DayOf(absl::Time time) { return absl::Floor(time - absl::UnixEpoch(), kDay) / kDay; }

absl::Time BeginOf(int64_t day) { return absl::UnixEpoch() + kDay * day; }

std::string PromiseKey(const SlaFact& fact) {
  return fact.ticket_id() + "/" + std::to_string(fact.clock()) + "/" +
         std::to_string(absl::ToUnixMillis(FromProto(fact.due_time())));
}

}  // namespace

BreachPlace::BreachPlace(const SlaFact& fact)
    : BreachPlace(absl::ToUnixMillis(FromProto(fact.detected_time())), fact.ticket_id(),
                  fact.clock()) {}

SlaTable::Day SlaTable::FirstDay() const { return DayOf(clock_.Now()) - (days_ - 1); }

SlaReport SlaTable::Report(absl::Time from, absl::Time to,
                           const std::function<bool(const SlaRow&)>& keep) const {
  const Day first = std::max(FirstDay(), DayOf(std::max(from, absl::UnixEpoch())));
  // Not the day that `to` begins, nor days to come.
  const absl::Time now = clock_.Now();
  const Day last = std::min(DayOf(now), DayOf(std::min(to, now + kDay) - absl::Milliseconds(1)));
  SlaReport report{{}, BeginOf(first), BeginOf(std::max(first, last + 1))};
  absl::MutexLock lock(&mutex_);
  for (auto day = by_day_.lower_bound(first); day != by_day_.end() && day->first <= last; ++day) {
    for (const auto& [row, counts] : day->second) {
      if (!keep(row)) continue;
      SlaCounts& sum = report.rows[row];
      sum.met += counts.met;
      sum.warned += counts.warned;
      sum.breached += counts.breached;
      sum.used.Merge(counts.used);
    }
  }
  return report;
}

std::vector<BreachPtr> SlaTable::Breaches(const std::string& tenant,
                                          const std::optional<BreachPlace>& after,
                                          size_t count) const {
  std::vector<BreachPtr> found;
  absl::MutexLock lock(&mutex_);
  auto it = after ? breaches_.upper_bound(*after) : breaches_.begin();
  for (; it != breaches_.end() && found.size() < count; ++it) {
    if (it->second.fact->tenant() == tenant) found.push_back(it->second.fact);
  }
  return found;
}

absl::StatusOr<std::vector<kafka::PartitionOffset>> SlaTable::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> starts;
  for (const kafka::TopicPartition& partition : partitions) {
    std::optional<int64_t> next;
    {
      absl::MutexLock lock(&mutex_);
      auto it = next_offsets_.find(partition.partition);
      if (it != next_offsets_.end()) next = it->second;
    }
    if (!next) {
      auto start = start_(partition, BeginOf(FirstDay()));
      if (!start.ok()) return start.status();
      next = *start;
    }
    starts.push_back({partition.topic, partition.partition, *next});
  }
  return starts;
}

absl::Status SlaTable::OnRecords(const kafka::TopicPartition& partition,
                                 std::span<const kafka::Record> records) {
  absl::MutexLock lock(&mutex_);
  for (const kafka::Record& record : records) {
    SlaFact fact;
    if (record.value && fact.ParseFromString(*record.value)) Take(fact);
    next_offsets_[partition.partition] = record.offset + 1;
  }
  DropOld();
  return absl::OkStatus();
}

SlaRow SlaTable::RowFor(Day day, const SlaFact& fact) {
  SlaRow row{fact.tenant(), fact.clock(), fact.team(), fact.channel(), fact.plan(), fact.impact()};
  const auto& rows = by_day_[day];
  if (rows.size() >= kMaxRowsPerDay && !rows.contains(row)) row.team = row.plan = kOthers;
  return row;
}

void SlaTable::Take(const SlaFact& fact) {
  const Day day = DayOf(FromProto(fact.detected_time()));
  if (day < FirstDay()) return;
  switch (fact.kind()) {
    case core::v1::SLA_FACT_KIND_MET:
    case core::v1::SLA_FACT_KIND_LATE: {
      SlaCounts& counts = by_day_[day][RowFor(day, fact)];
      if (fact.kind() == core::v1::SLA_FACT_KIND_MET) ++counts.met;
      counts.used.Add(FromProto(fact.elapsed()));
      return;
    }
    case core::v1::SLA_FACT_KIND_WARNED:
      ++by_day_[day][RowFor(day, fact)].warned;
      return;
    case core::v1::SLA_FACT_KIND_BREACHED: {
      SlaRow row = RowFor(day, fact);
      ++by_day_[day][row].breached;
      return AddBreach(fact, day, std::move(row));
    }
    case core::v1::SLA_FACT_KIND_WITHDRAWN:
      return Withdraw(fact);
    default:
      return;  // acknowledged and cancelled: neither kept nor missed
  }
}

void SlaTable::AddBreach(const SlaFact& fact, Day day, SlaRow row) {
  const BreachPlace place(fact);
  breaches_.insert_or_assign(place,
                             Breach{std::make_shared<const SlaFact>(fact), day, std::move(row)});
  by_promise_.insert_or_assign(PromiseKey(fact), place);
}

void SlaTable::Withdraw(const SlaFact& fact) {
  auto promise = by_promise_.find(PromiseKey(fact));
  if (promise == by_promise_.end()) return;
  auto breach = breaches_.find(promise->second);
  if (breach == breaches_.end()) return;
  // Where it was counted, which is not where the ticket is now.
  if (auto day = by_day_.find(breach->second.day); day != by_day_.end()) {
    --day->second[breach->second.row].breached;
  }
  breaches_.erase(breach);
  by_promise_.erase(promise);
}

void SlaTable::DropOld() {
  const Day first = FirstDay();
  by_day_.erase(by_day_.begin(), by_day_.lower_bound(first));
  while (!breaches_.empty()) {
    const auto oldest = std::prev(breaches_.end());
    if (breaches_.size() <= kMaxBreaches && oldest->second.day >= first) break;
    by_promise_.erase(PromiseKey(*oldest->second.fact));
    breaches_.erase(oldest);
  }
}

}  // namespace plazo::desk
