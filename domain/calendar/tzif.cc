#include "domain/calendar/tzif.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "domain/calendar/posix_rule.h"

namespace plazo::calendar {
namespace {

constexpr size_t kHeaderBytes = 44;
// About the years 1425 to 2514: some files open with a transition at the "big bang", and a damaged
// file must not send us through billions of years.
constexpr UtcSeconds kFirstTransition = -(int64_t{1} << 34);
constexpr UtcSeconds kLastTransition = int64_t{1} << 34;
constexpr int kLastYearCompared = 2100;

struct Header {
  char version;
  size_t isut_count, isstd_count, leap_count, time_count, type_count, char_count;

  // Of the data block that follows, with times of `width` bytes.
  size_t BlockBytes(size_t width) const {
    return time_count * (width + 1) + type_count * 6 + char_count + leap_count * (width + 4) +
           isstd_count + isut_count;
  }
};

uint64_t BigEndian(std::string_view bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

int64_t SignedBigEndian(std::string_view bytes, size_t at, size_t width) {
  const uint64_t value = BigEndian(bytes, at, width);
  return width == 4 ? static_cast<int32_t>(value) : static_cast<int64_t>(value);
}

absl::StatusOr<Header> ReadHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, 4) != "TZif") {
    return absl::InvalidArgumentError("not a TZif file");
  }
  auto count = [&](int index) -> size_t { return BigEndian(bytes, 20 + 4 * index, 4); };
  const Header header{bytes[4], count(0), count(1), count(2), count(3), count(4), count(5)};
  if (header.type_count == 0) return absl::InvalidArgumentError("TZif file without a time type");
  if (header.leap_count != 0) return absl::InvalidArgumentError("TZif file with leap seconds");
  return header;
}

struct Offsets {
  int64_t initial = 0;
  // As in the file, with those that change no offset: the rule begins after the last one, whatever
  // it changes.
  std::vector<Transition> transitions;
};

absl::StatusOr<Offsets> ReadBlock(const Header& header, std::string_view block, size_t width) {
  const size_t indexes = header.time_count * width;
  const size_t types = indexes + header.time_count;
  auto offset_of_type = [&](size_t type) { return SignedBigEndian(block, types + 6 * type, 4); };
  Offsets result{offset_of_type(0), {}};
  UtcSeconds last = std::numeric_limits<int64_t>::min();
  for (size_t i = 0; i < header.time_count; ++i) {
    const UtcSeconds at = SignedBigEndian(block, i * width, width);
    const size_t type = static_cast<uint8_t>(block[indexes + i]);
    if (type >= header.type_count) return absl::InvalidArgumentError("TZif: unknown time type");
    if ((i > 0 && at <= last) || at > kLastTransition) {
      return absl::InvalidArgumentError("TZif: transitions out of order or range");
    }
    last = at;
    const int64_t offset = offset_of_type(type);
    if (at < kFirstTransition) {
      result.initial = offset;
    } else {
      result.transitions.push_back({at, offset});
    }
  }
  return result;
}

// The footer is the rule between two newlines.
absl::StatusOr<std::string_view> ReadFooter(std::string_view rest) {
  if (rest.size() < 2 || rest.front() != '\n') {
    return absl::InvalidArgumentError("TZif: no footer");
  }
  const size_t end = rest.find('\n', 1);
  if (end == std::string_view::npos) return absl::InvalidArgumentError("TZif: footer cut off");
  return rest.substr(1, end - 1);
}

// `offsets` and, after `rule_from`, what `rule` yields until kLastYearCompared; without those that
// change nothing.
std::vector<Transition> WrittenOut(int64_t initial, const std::vector<Transition>& transitions,
                                   UtcSeconds rule_from, const std::vector<Transition>& yielded) {
  std::vector<Transition> all;
  auto append = [&all, current = initial](const Transition& transition) mutable {
    if (transition.offset_seconds != current) all.push_back(transition);
    current = transition.offset_seconds;
  };
  for (const Transition& transition : transitions) append(transition);
  for (const Transition& transition : yielded) {
    if (transition.at > rule_from) append(transition);
  }
  return all;
}

// The shortest table that means the same: what `rule` yields goes from the end, as long as nothing
// changes by it. One transition always stays: a table's rule begins after its last one.
std::vector<Transition> Shortest(const Offsets& offsets, const PosixRule& rule) {
  if (offsets.transitions.empty()) return {};
  const UtcSeconds last = offsets.transitions.back().at;
  auto year_of = [](UtcSeconds at) { return static_cast<int>(DateOf(DayOf(at)).year()); };
  const std::vector<Transition> yielded = rule.Transitions(
      year_of(offsets.transitions.front().at) - 1, std::max(kLastYearCompared, year_of(last) + 2));
  const std::vector<Transition> all =
      WrittenOut(offsets.initial, offsets.transitions, last, yielded);
  std::vector<Transition> kept = all;
  while (kept.size() > 1) {
    const Transition dropped = kept.back();
    kept.pop_back();
    if (WrittenOut(offsets.initial, kept, kept.back().at, yielded) != all) {
      kept.push_back(dropped);
      break;
    }
  }
  return kept;
}

}  // namespace

absl::StatusOr<policy::v1::ZoneTable> ZoneTableFromTzif(std::string_view name,
                                                        std::string_view bytes,
                                                        std::string_view tzdb_version) {
  absl::StatusOr<Header> header = ReadHeader(bytes);
  if (!header.ok()) return header.status();
  std::string_view block = bytes.substr(kHeaderBytes);
  size_t width = 4;
  if (header->version >= '2') {
    // The first block is a 32-bit copy for old readers.
    if (block.size() < header->BlockBytes(4)) return absl::InvalidArgumentError("TZif: cut off");
    block.remove_prefix(header->BlockBytes(4));
    header = ReadHeader(block);
    if (!header.ok()) return header.status();
    block.remove_prefix(kHeaderBytes);
    width = 8;
  }
  const size_t block_bytes = header->BlockBytes(width);
  if (block.size() < block_bytes) return absl::InvalidArgumentError("TZif: cut off");
  absl::StatusOr<Offsets> offsets = ReadBlock(*header, block, width);
  if (!offsets.ok()) return offsets.status();

  policy::v1::ZoneTable table;
  table.set_name(std::string(name));
  table.set_tzdb_version(std::string(tzdb_version));
  table.set_initial_offset_seconds(static_cast<int32_t>(offsets->initial));
  if (width == 8) {
    absl::StatusOr<std::string_view> footer = ReadFooter(block.substr(block_bytes));
    if (!footer.ok()) return footer.status();
    table.set_posix_rule(std::string(*footer));
  }
  if (!table.posix_rule().empty()) {
    absl::StatusOr<PosixRule> rule = PosixRule::Parse(table.posix_rule());
    if (!rule.ok()) return rule.status();
    offsets->transitions = Shortest(*offsets, *rule);
  }
  for (const Transition& transition : offsets->transitions) {
    auto* added = table.add_transitions();
    added->set_utc_seconds(transition.at);
    added->set_offset_seconds(static_cast<int32_t>(transition.offset_seconds));
  }
  return table;
}

}  // namespace plazo::calendar
