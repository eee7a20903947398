#pragma once

// Hash maps and sets keyed by std::string that are searched with any std::string_view, without
// making a string. (Debian's Abseil hashes only its own string_view, so flat_hash_map<std::string,
// V> alone cannot.)

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <functional>
#include <string>
#include <string_view>

namespace plazo {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};

template <typename V>
using StringMap = absl::flat_hash_map<std::string, V, StringHash, std::equal_to<>>;
using StringSet = absl::flat_hash_set<std::string, StringHash, std::equal_to<>>;

}  // namespace plazo
