#include "domain/calendar/zone.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>

#include "domain/calendar/posix_rule.h"

namespace plazo::calendar {
namespace {

constexpr int64_t kMaxOffset = 26 * 3600;
// Room for an offset to be added without overflow.
constexpr UtcSeconds kFarFuture = std::numeric_limits<int64_t>::max() / 4;
constexpr UtcSeconds kFarPast = -kFarFuture;
// About the years 1425 to 2514. A table from a damaged file must not send the rule through billions
// of years.
constexpr UtcSeconds kFirstTransition = -(int64_t{1} << 34);
constexpr UtcSeconds kLastTransition = int64_t{1} << 34;
// Where a table has a rule and no transition: long before any deadline.
constexpr int kFirstRuleYear = 1970;

absl::Status Invalid(const policy::v1::ZoneTable& table, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("zone table ", table.name(), ": ", what));
}

}  // namespace

absl::StatusOr<Zone> Zone::Compile(const policy::v1::ZoneTable& table, int until_year) {
  Zone zone;
  zone.name_ = table.name();
  zone.begins_ = {kFarPast};
  zone.offsets_ = {table.initial_offset_seconds()};
  auto append = [&zone](UtcSeconds at, int64_t offset) {
    if (offset == zone.offsets_.back()) return;
    zone.begins_.push_back(at);
    zone.offsets_.push_back(offset);
  };
  UtcSeconds last = kFarPast;
  for (const auto& transition : table.transitions()) {
    const UtcSeconds at = transition.utc_seconds();
    if (at <= last || at < kFirstTransition || at > kLastTransition) {
      return Invalid(table, absl::StrCat("transition out of order or range: ", at));
    }
    last = at;
    append(last, transition.offset_seconds());
  }
  if (!table.posix_rule().empty()) {
    absl::StatusOr<PosixRule> rule = PosixRule::Parse(table.posix_rule());
    if (!rule.ok()) return Invalid(table, std::string(rule.status().message()));
    const int first_year = table.transitions().empty()
                               ? kFirstRuleYear
                               : static_cast<int>(DateOf(DayOf(last)).year()) - 1;
    for (const Transition& transition : rule->Transitions(first_year, until_year)) {
      if (transition.at > last) append(transition.at, transition.offset_seconds);
    }
  }
  for (int64_t offset : zone.offsets_) {
    if (offset < -kMaxOffset || offset > kMaxOffset) {
      return Invalid(table, absl::StrCat("offset beyond 26 hours: ", offset, " s"));
    }
  }
  zone.IndexLocalTimes();
  return zone;
}

void Zone::IndexLocalTimes() {
  const size_t n = begins_.size();
  latest_until_.resize(n);
  least_from_.resize(n);
  LocalSeconds latest = std::numeric_limits<int64_t>::min();
  for (size_t i = 0; i < n; ++i) {
    const UtcSeconds end = i + 1 < n ? begins_[i + 1] : kFarFuture;
    latest = std::max(latest, end + offsets_[i]);
    latest_until_[i] = latest;
  }
  LocalSeconds least = std::numeric_limits<int64_t>::max();
  for (size_t i = n; i-- > 0;) {
    least = std::min(least, begins_[i] + offsets_[i]);
    least_from_[i] = least;
  }
}

size_t Zone::SegmentAt(UtcSeconds at) const {
  const auto after = std::upper_bound(begins_.begin() + 1, begins_.end(), at);
  return static_cast<size_t>(after - begins_.begin()) - 1;
}

UtcSeconds Zone::Opens(LocalSeconds local) const {
  // The first segment that gets beyond `local`: it shows it, or begins after the gap that holds it.
  const auto it = std::upper_bound(latest_until_.begin(), latest_until_.end() - 1, local);
  const size_t i = static_cast<size_t>(it - latest_until_.begin());
  return std::max(begins_[i], local - offsets_[i]);
}

UtcSeconds Zone::Closes(LocalSeconds local) const {
  // The last segment that shows less than `local`.
  const auto it = std::lower_bound(least_from_.begin() + 1, least_from_.end(), local);
  const size_t i = static_cast<size_t>(it - least_from_.begin()) - 1;
  const UtcSeconds end = i + 1 < begins_.size() ? begins_[i + 1] : kFarFuture;
  return std::min(end, local - offsets_[i]);
}

bool Zone::ChangesWithin(UtcSeconds from, UtcSeconds to) const {
  const auto it = std::lower_bound(begins_.begin() + 1, begins_.end(), from);
  return it != begins_.end() && *it <= to;
}

}  // namespace plazo::calendar
