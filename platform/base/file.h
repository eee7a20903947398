#pragma once

// Whole files. Errors name the path: NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED (larger than
// `max_size`, or disk full), else UNAVAILABLE.

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace plazo {

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size = 64 << 20);

// Readers see the old content or the new, also after a power cut: temporary file beside it, fsync,
// rename, fsync of the folder. The folder must exist.
absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes);

// Makes names that were created or renamed in a folder survive a power cut.
absl::Status SyncFolder(const std::string& folder);

// The code and text of an errno, as `context: reason`.
absl::Status ErrnoToStatus(int error, std::string_view context);

}  // namespace plazo
