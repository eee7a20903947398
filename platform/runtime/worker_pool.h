#pragma once

// A few threads for what may block (disk, waiting for the directory), so that gRPC's threads never
// do. Bounded: a full queue refuses, and the caller says "try again".
//
// Thread-safe. The destructor finishes what is queued.

#include <absl/synchronization/mutex.h>

#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace plazo::runtime {

class WorkerPool {
 public:
  WorkerPool(int threads, size_t max_queued);
  ~WorkerPool();

  // False: the queue is full and `job` was not taken.
  [[nodiscard]] bool Run(std::function<void()> job);

 private:
  void Work();

  const size_t max_queued_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;
};

}  // namespace plazo::runtime
