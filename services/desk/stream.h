#pragma once

// One live stream to a reader who may be slow: what is pushed waits in order; one that falls too
// far behind is ended with RESOURCE_EXHAUSTED and resumes with its last token. Lives until gRPC
// says that it is done. Thread-safe.

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <utility>

namespace plazo::desk {

template <typename Response>
class Stream : public grpc::ServerWriteReactor<Response> {
 public:
  // `max_backlog`: how many may wait.
  explicit Stream(size_t max_backlog) : max_backlog_(max_backlog) {}

  // What the stream begins with: counts as no backlog.
  void PushFirst(Response response) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    ++max_backlog_;
    Append(std::move(response));
  }
  void Push(Response response) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (backlog_.size() >= max_backlog_) {
      finished_ = true;
      this->Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "the reader is too slow"));
      return;
    }
    Append(std::move(response));
  }
  // A heartbeat: not while there is news.
  void PushIdle(Response response) {
    absl::MutexLock lock(&mutex_);
    if (!finished_ && backlog_.empty()) Append(std::move(response));
  }
  void End(const grpc::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    finished_ = true;
    this->Finish(status);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (finished_) return;
    if (!ok) {
      finished_ = true;
      this->Finish(grpc::Status::CANCELLED);
      return;
    }
    backlog_.pop_front();
    if (!backlog_.empty()) this->StartWrite(&backlog_.front());
  }
  void OnCancel() override { End(grpc::Status::CANCELLED); }

 private:
  void Append(Response response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    backlog_.push_back(std::move(response));
    if (backlog_.size() == 1) this->StartWrite(&backlog_.front());
  }

  absl::Mutex mutex_;
  size_t max_backlog_ ABSL_GUARDED_BY(mutex_);
  std::deque<Response> backlog_ ABSL_GUARDED_BY(mutex_);  // the first is on the wire
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace plazo::desk
