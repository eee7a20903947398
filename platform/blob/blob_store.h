#pragma once

// A store of attachments and raw mails, named by their content: the id is the lower-case hex of the
// SHA-256, so the same bytes are kept once, a put repeated is harmless, and what is read is what
// was written. Blobs never change.
//
// Errors: INVALID_ARGUMENT (no id: 64 lower-case hex digits), NOT_FOUND, RESOURCE_EXHAUSTED (too
// large, or disk full), DATA_LOSS (the content no longer fits its id), UNAVAILABLE (I/O). Stores
// are thread-safe; a reader or writer has one owner and must not outlive its store.

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace plazo::blob {

struct BlobInfo {
  std::string id;
  uint64_t size = 0;
};

// 64 lower-case hex digits.
bool IsBlobId(std::string_view id);

class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  // without Commit: as if it had never been
  virtual absl::Status Append(std::string_view bytes) = 0;
  // Durable once this returns OK. Once per writer, last.
  virtual absl::StatusOr<BlobInfo> Commit() = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  virtual uint64_t size() const = 0;
  // The next up to `max` bytes; empty at the end. DATA_LOSS at the end when the whole does not fit
  // the id.
  virtual absl::StatusOr<std::string> Read(size_t max) = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;

  virtual absl::StatusOr<std::unique_ptr<BlobWriter>> Create() = 0;
  virtual absl::StatusOr<std::unique_ptr<BlobReader>> Open(std::string_view id) = 0;
  virtual absl::StatusOr<BlobInfo> Stat(std::string_view id) = 0;
  // For erasure. Removing what is not there is OK. The caller knows that nothing else refers to it.
  virtual absl::Status Remove(std::string_view id) = 0;

  // The same for content that is in memory.
  absl::StatusOr<BlobInfo> Put(std::string_view bytes);
  // RESOURCE_EXHAUSTED when larger than `max_size`.
  absl::StatusOr<std::string> Get(std::string_view id, uint64_t max_size = 64 << 20);
};

}  // namespace plazo::blob
