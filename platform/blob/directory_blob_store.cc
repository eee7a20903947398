#include "platform/blob/directory_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "platform/base/encoding.h"
#include "platform/base/file.h"
#include "platform/base/sha256.h"
#include "platform/base/status.h"
#include "platform/blob/blob_errors.h"

namespace plazo::blob {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kStrayAge{24};

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoToStatus(errno, "blob: write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Gives the folder the power to survive a power cut, its parents included up to the root.
absl::Status MakeFolder(const std::string& root, const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return absl::OkStatus();
  fs::create_directories(folder, error);
  if (error) return ErrnoToStatus(error.value(), "blob: create " + folder);
  for (fs::path parent = fs::path(folder).parent_path(); parent.string().size() >= root.size();
       parent = parent.parent_path()) {
    PLAZO_RETURN_IF_ERROR(SyncFolder(parent.string()));
  }
  return absl::OkStatus();
}

class DirectoryWriter final : public BlobWriter {
 public:
  DirectoryWriter(std::string root, std::string temporary, int fd, uint64_t max_size)
      : root_(std::move(root)), temporary_(std::move(temporary)), file_(fd), max_size_(max_size) {}
  ~DirectoryWriter() override {
    if (!temporary_.empty()) unlink(temporary_.c_str());
  }

  absl::Status Append(std::string_view bytes) override {
    if (!failure_.ok()) return failure_;
    if (bytes.size() > max_size_ - size_) return failure_ = BlobTooLarge(max_size_);
    hasher_.Update(bytes);
    size_ += bytes.size();
    return failure_ = WriteAll(file_.get(), bytes);
  }

  absl::StatusOr<BlobInfo> Commit() override {
    if (!failure_.ok()) return failure_;
    failure_ = WriterSpent();
    if (fsync(file_.get()) != 0) return ErrnoToStatus(errno, "blob: fsync");
    file_.Close();
    const BlobInfo info{Hex(hasher_.Finish()), size_};
    const std::string folder = root_ + "/" + info.id.substr(0, 2) + "/" + info.id.substr(2, 2);
    PLAZO_RETURN_IF_ERROR(MakeFolder(root_, folder));
    // Replaces an equal file, if any; that one may be damaged, this one is not.
    if (rename(temporary_.c_str(), (folder + "/" + info.id).c_str()) != 0)
      return ErrnoToStatus(errno, "blob: rename");
    temporary_.clear();
    PLAZO_RETURN_IF_ERROR(SyncFolder(folder));
    return info;
  }

 private:
  const std::string root_;
  std::string temporary_;
  File file_;
  const uint64_t max_size_;
  uint64_t size_ = 0;
  Sha256Hasher hasher_;
  absl::Status failure_;
};

class DirectoryReader final : public BlobReader {
 public:
  DirectoryReader(std::string id, int fd, uint64_t size)
      : id_(std::move(id)), file_(fd), size_(size) {}

  uint64_t size() const override { return size_; }

  absl::StatusOr<std::string> Read(size_t max) override {
    std::string piece(max, '\0');
    ssize_t got = -1;
    do {
      got = read(file_.get(), piece.data(), max);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return ErrnoToStatus(errno, "blob " + id_ + ": read");
    piece.resize(static_cast<size_t>(got));
    if (!piece.empty() || max == 0) {
      hasher_.Update(piece);
    } else if (!checked_) {
      checked_ = true;
      intact_ = Hex(hasher_.Finish()) == id_;
    }
    if (checked_ && !intact_) return BlobDamaged(id_);
    return piece;
  }

 private:
  const std::string id_;
  const File file_;
  const uint64_t size_;
  Sha256Hasher hasher_;
  bool checked_ = false;
  bool intact_ = false;
};

void RemoveStrays(const std::string& folder) {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto written = entry.last_write_time(error);
    if (!error && now - written > kStrayAge) fs::remove(entry.path(), error);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirectoryBlobStore>> DirectoryBlobStore::At(
    DirectoryOptions options) {
  while (options.root.size() > 1 && options.root.ends_with('/')) options.root.pop_back();
  if (options.root.empty()) return InvalidArgument("blob: no folder given");
  if (!options.read_only) {
    std::error_code error;
    fs::create_directories(options.root + "/tmp", error);
    if (error) return ErrnoToStatus(error.value(), "blob: create " + options.root);
    RemoveStrays(options.root + "/tmp");
  }
  return std::unique_ptr<DirectoryBlobStore>(new DirectoryBlobStore(std::move(options)));
}

std::string DirectoryBlobStore::PathOf(std::string_view id) const {
  std::string path = options_.root;
  path.append("/")
      .append(id.substr(0, 2))
      .append("/")
      .append(id.substr(2, 2))
      .append("/")
      .append(id);
  return path;
}

absl::StatusOr<std::unique_ptr<BlobWriter>> DirectoryBlobStore::Create() {
  if (options_.read_only) return absl::PermissionDeniedError("blob: the store is read-only");
  std::string temporary = options_.root + "/tmp/XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return ErrnoToStatus(errno, "blob: create " + temporary);
  fchmod(fd, 0640);
  return std::make_unique<DirectoryWriter>(options_.root, temporary, fd, options_.max_blob_size);
}

absl::StatusOr<std::unique_ptr<BlobReader>> DirectoryBlobStore::Open(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  const int fd = open(PathOf(id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return NoSuchBlob(id);
  if (fd < 0) return ErrnoToStatus(errno, "blob " + std::string(id));
  struct stat info {};
  fstat(fd, &info);
  return std::make_unique<DirectoryReader>(std::string(id), fd,
                                           static_cast<uint64_t>(info.st_size));
}

absl::StatusOr<BlobInfo> DirectoryBlobStore::Stat(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  struct stat info {};
  if (lstat(PathOf(id).c_str(), &info) != 0) {
    return errno == ENOENT ? NoSuchBlob(id) : ErrnoToStatus(errno, "blob " + std::string(id));
  }
  return BlobInfo{std::string(id), static_cast<uint64_t>(info.st_size)};
}

absl::Status DirectoryBlobStore::Remove(std::string_view id) {
  if (!IsBlobId(id)) return NoBlobId();
  if (options_.read_only) return absl::PermissionDeniedError("blob: the store is read-only");
  if (unlink(PathOf(id).c_str()) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoToStatus(errno, "blob " + std::string(id));
  }
  return SyncFolder(fs::path(PathOf(id)).parent_path().string());
}

}  // namespace plazo::blob
