#include "platform/blob/fake/memory_blob_store.h"

#include <algorithm>

#include "platform/base/encoding.h"
#include "platform/base/sha256.h"
#include "platform/blob/blob_errors.h"

namespace plazo::blob {

class MemoryBlobStore::Writer final : public BlobWriter {
 public:
  explicit Writer(MemoryBlobStore* store) : store_(store) {}

  absl::Status Append(std::string_view bytes) override {
    if (!failure_.ok()) return failure_;
    if (bytes.size() > store_->max_blob_size_ - content_.size()) {
      return failure_ = BlobTooLarge(store_->max_blob_size_);
    }
    content_ += bytes;
    return absl::OkStatus();
  }

  absl::StatusOr<BlobInfo> Commit() override {
    if (!failure_.ok()) return failure_;
    failure_ = WriterSpent();
    const BlobInfo info{Hex(Sha256(content_)), content_.size()};
    absl::MutexLock lock(&store_->mutex_);
    if (!store_->outage_.ok()) return store_->outage_;
    store_->blobs_.insert_or_assign(info.id, std::move(content_));
    return info;
  }

 private:
  MemoryBlobStore* const store_;
  std::string content_;
  absl::Status failure_;
};

class MemoryBlobStore::Reader final : public BlobReader {
 public:
  Reader(std::string id, std::string content)
      : id_(std::move(id)), content_(std::move(content)), intact_(Hex(Sha256(content_)) == id_) {}

  uint64_t size() const override { return content_.size(); }

  absl::StatusOr<std::string> Read(size_t max) override {
    if (offset_ == content_.size() && !intact_) return BlobDamaged(id_);
    const std::string piece = content_.substr(offset_, max);
    offset_ += piece.size();
    return piece;
  }

 private:
  const std::string id_;
  const std::string content_;
  const bool intact_;
  size_t offset_ = 0;
};

absl::StatusOr<std::unique_ptr<BlobWriter>> MemoryBlobStore::Create() {
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  return std::make_unique<Writer>(this);
}

absl::StatusOr<std::unique_ptr<BlobReader>> MemoryBlobStore::Open(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  const auto found = blobs_.find(id);
  if (found == blobs_.end()) return NoSuchBlob(id);
  return std::make_unique<Reader>(found->first, found->second);
}

absl::StatusOr<BlobInfo> MemoryBlobStore::Stat(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  const auto found = blobs_.find(id);
  if (found == blobs_.end()) return NoSuchBlob(id);
  return BlobInfo{found->first, found->second.size()};
}

absl::Status MemoryBlobStore::Remove(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  absl::MutexLock lock(&mutex_);
  if (!outage_.ok()) return outage_;
  if (const auto found = blobs_.find(id); found != blobs_.end()) blobs_.erase(found);
  return absl::OkStatus();
}

void MemoryBlobStore::SetOutage(absl::Status status) {
  absl::MutexLock lock(&mutex_);
  outage_ = std::move(status);
}

void MemoryBlobStore::Damage(std::string_view id, std::string bytes) {
  absl::MutexLock lock(&mutex_);
  blobs_.insert_or_assign(std::string(id), std::move(bytes));
}

size_t MemoryBlobStore::count() const {
  absl::MutexLock lock(&mutex_);
  return blobs_.size();
}

}  // namespace plazo::blob
