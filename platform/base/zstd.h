#pragma once

// Zstandard frames. The same input and level give the same bytes only for one version of the
// library: hash what was compressed, not the result. Thread-safe.

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace plazo {

// Level 1 (fast) to 19 (small).
absl::StatusOr<std::string> ZstdCompress(std::string_view bytes, int level = 9);

// RESOURCE_EXHAUSTED when the content is larger than `max_size`, of which no more is ever held in
// memory; INVALID_ARGUMENT when it is damaged, cut short or followed by something else.
absl::StatusOr<std::string> ZstdDecompress(std::string_view frame, size_t max_size);

}  // namespace plazo
