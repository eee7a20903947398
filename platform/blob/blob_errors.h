#pragma once

// The errors that every store words alike.

#include <absl/status/status.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace plazo::blob {

// What is no id is not repeated: it may be anything a caller sent.
inline absl::Status NoBlobId() {
  return absl::InvalidArgumentError("not a blob id: 64 lower-case hex digits");
}
inline absl::Status NoSuchBlob(std::string_view id) {
  return absl::NotFoundError("no blob " + std::string(id));
}
inline absl::Status BlobTooLarge(uint64_t max_size) {
  return absl::ResourceExhaustedError("blob: larger than " + std::to_string(max_size) + " bytes");
}
inline absl::Status BlobDamaged(std::string_view id) {
  return absl::DataLossError("blob " + std::string(id) + ": the content does not fit the id");
}
inline absl::Status WriterSpent() {
  return absl::FailedPreconditionError("blob: the writer has ended");
}

}  // namespace plazo::blob
