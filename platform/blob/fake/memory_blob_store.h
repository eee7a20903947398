#pragma once

// Blobs in memory, under the same contract as the directory. Thread-safe.

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <map>
#include <memory>
#include <string>

#include "platform/blob/blob_store.h"

namespace plazo::blob {

class MemoryBlobStore final : public BlobStore {
 public:
  explicit MemoryBlobStore(uint64_t max_blob_size = 1ull << 30) : max_blob_size_(max_blob_size) {}

  absl::StatusOr<std::unique_ptr<BlobWriter>> Create() override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(std::string_view id) override;
  absl::StatusOr<BlobInfo> Stat(std::string_view id) override;
  absl::Status Remove(std::string_view id) override;

  // Every call fails with this status until it is set to OK.
  void SetOutage(absl::Status status);
  // Changes a stored blob behind its id.
  void Damage(std::string_view id, std::string bytes);
  size_t count() const;

 private:
  class Writer;
  class Reader;

  const uint64_t max_blob_size_;
  mutable absl::Mutex mutex_;
  std::map<std::string, std::string, std::less<>> blobs_ ABSL_GUARDED_BY(mutex_);
  absl::Status outage_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace plazo::blob
