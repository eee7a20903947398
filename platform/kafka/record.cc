#include "platform/kafka/record.h"

#include <cassert>
#include <ranges>

namespace plazo::kafka {
namespace {

// Austin Appleby's MurmurHash2 with the seed of Kafka's Java client.
uint32_t Murmur2(std::string_view data) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  constexpr uint32_t kSeed = 0x9747b28c;
  const auto byte = [&](size_t i) { return uint32_t{static_cast<unsigned char>(data[i])}; };

  uint32_t hash = kSeed ^ static_cast<uint32_t>(data.size());
  size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash *= kMultiplier;
    hash ^= word;
  }
  const size_t rest = data.size() - i;
  if (rest >= 3) hash ^= byte(i + 2) << 16;
  if (rest >= 2) hash ^= byte(i + 1) << 8;
  if (rest >= 1) {
    hash ^= byte(i);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace

const std::string* FindHeader(const std::vector<Header>& headers, std::string_view key) {
  for (const Header& header : headers | std::views::reverse) {
    if (header.key == key) return &header.value;
  }
  return nullptr;
}

size_t OutRecord::SizeBound() const {
  // The batch header (61 bytes) counts against a record that is alone in its batch; lengths and
  // deltas of a record take at most 21 bytes, those of a header at most 10.
  size_t size = 61 + 21 + key.size() + (value ? value->size() : 0);
  for (const Header& header : headers) size += 10 + header.key.size() + header.value.size();
  return size;
}

int32_t MurmurPartition(std::string_view key, int32_t partitions) {
  assert(partitions > 0);
  return static_cast<int32_t>(Murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace plazo::kafka
