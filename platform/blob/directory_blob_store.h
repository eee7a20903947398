#pragma once

// Blobs as files: <root>/ab/cd/<id>, written to <root>/tmp, synced, then renamed, so that a crash
// leaves either the whole blob or a stray temporary file; those older than a day are removed when a
// writing store is opened. Several processes may share the root.

#include <memory>
#include <string>

#include "platform/blob/blob_store.h"

namespace plazo::blob {

struct DirectoryOptions {
  std::string root;
  uint64_t max_blob_size = 1ull << 30;
  bool read_only = false;  // makes no folders; Create and Remove are PERMISSION_DENIED
};

class DirectoryBlobStore final : public BlobStore {
 public:
  // Makes the folders where missing.
  static absl::StatusOr<std::unique_ptr<DirectoryBlobStore>> At(DirectoryOptions options);

  absl::StatusOr<std::unique_ptr<BlobWriter>> Create() override;
  absl::StatusOr<std::unique_ptr<BlobReader>> Open(std::string_view id) override;
  absl::StatusOr<BlobInfo> Stat(std::string_view id) override;
  absl::Status Remove(std::string_view id) override;

 private:
  explicit DirectoryBlobStore(DirectoryOptions options) : options_(std::move(options)) {}
  std::string PathOf(std::string_view id) const;

  const DirectoryOptions options_;
};

}  // namespace plazo::blob
