#include "platform/blob/blob_store.h"

#include <algorithm>

namespace plazo::blob {
namespace {

constexpr size_t kChunk = 1 << 20;

}  // namespace

bool IsBlobId(std::string_view id) {
  return id.size() == 64 && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

absl::StatusOr<BlobInfo> BlobStore::Put(std::string_view bytes) {
  absl::StatusOr<std::unique_ptr<BlobWriter>> writer = Create();
  if (!writer.ok()) return writer.status();
  const absl::Status appended = (*writer)->Append(bytes);
  if (!appended.ok()) return appended;
  return (*writer)->Commit();
}

absl::StatusOr<std::string> BlobStore::Get(std::string_view id, uint64_t max_size) {
  absl::StatusOr<std::unique_ptr<BlobReader>> reader = Open(id);
  if (!reader.ok()) return reader.status();
  if ((*reader)->size() > max_size) {
    return absl::ResourceExhaustedError("blob " + std::string(id) + ": larger than " +
                                        std::to_string(max_size) + " bytes");
  }
  std::string content;
  while (true) {
    absl::StatusOr<std::string> piece = (*reader)->Read(kChunk);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return content;
    content += *piece;
  }
}

}  // namespace plazo::blob
