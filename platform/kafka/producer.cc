#include "platform/kafka/producer.h"

#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/loop/backoff.h"

namespace plazo::kafka {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(50);
constexpr absl::Duration kFarewell = absl::Seconds(5);

}  // namespace

// The handle is used under a shared lock and replaced under an exclusive one, so that its
// destructor, which runs callbacks, runs on the polling thread.
class Producer::State {
 public:
  State(Broker& broker, ProducerOptions options) : broker_(broker), options_(options) {
    Renew();
    if (options_.own_thread) {
      thread_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) Pump(kPoll);
      });
    }
  }

  ~State() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
    const absl::Time deadline = absl::Now() + kFarewell;
    while (outstanding_ > 0 && handle_ && handle_->Fatal().ok() && absl::Now() < deadline) {
      handle_->Poll(absl::Milliseconds(5));
    }
  }

  absl::Status Send(OutRecord record, DeliveryCallback callback) {
    const std::shared_lock lock(mutex_);
    if (!handle_) return Error(ErrorKind::kRetriable, "the producer is being replaced");
    ++outstanding_;
    const absl::Status status = handle_->Produce(
        record, [this, callback = std::move(callback)](absl::StatusOr<Delivered> result) {
          callback(std::move(result));
          --outstanding_;
        });
    if (!status.ok()) --outstanding_;
    // Dead, and the polling thread has not noticed yet.
    if (!status.ok() && ErrorKindOf(status) == ErrorKind::kFatal) {
      return Error(ErrorKind::kRetriable, ToStd(status.message()));
    }
    return status;
  }

  // Only this thread replaces the handle, so it may use it without the lock.
  void Pump(absl::Duration wait) {
    if (!handle_) {
      absl::SleepFor(std::min(wait, std::max(absl::ZeroDuration(), renew_at_ - absl::Now())));
      if (absl::Now() >= renew_at_) Renew();
      return;
    }
    handle_->Poll(wait);
    if (handle_->Fatal().ok()) return;
    std::unique_ptr<IdempotentProducer> dead;
    {
      const std::unique_lock lock(mutex_);
      dead = std::move(handle_);
    }
    dead.reset();  // its outstanding records end here
    ++recreated_;
    Renew();
  }

  uint64_t recreated() const { return recreated_; }
  int64_t outstanding() const { return outstanding_; }

 private:
  void Renew() {
    auto made = broker_.MakeIdempotentProducer(options_.handle);
    if (!made.ok()) {
      renew_at_ = absl::Now() + backoff_.Next();
      return;
    }
    backoff_.Reset();
    const std::unique_lock lock(mutex_);
    handle_ = std::move(*made);
  }

  Broker& broker_;
  const ProducerOptions options_;
  std::atomic<uint64_t> recreated_{0};
  std::atomic<int64_t> outstanding_{0};
  Backoff backoff_{absl::Milliseconds(100), absl::Seconds(5)};
  absl::Time renew_at_;
  std::shared_mutex mutex_;
  std::unique_ptr<IdempotentProducer> handle_;
  std::jthread thread_;
};

Producer::Producer(Broker& broker, ProducerOptions options)
    : state_(std::make_unique<State>(broker, options)) {}
Producer::~Producer() = default;

absl::Status Producer::Send(OutRecord record, DeliveryCallback callback) {
  return state_->Send(std::move(record), std::move(callback));
}

absl::StatusOr<Delivered> Producer::SendAndWait(OutRecord record, absl::Duration timeout) {
  struct Wait {
    absl::Mutex mutex;
    bool done ABSL_GUARDED_BY(mutex) = false;
    absl::StatusOr<Delivered> result ABSL_GUARDED_BY(mutex);
  };
  // Shared: the report may come after we have given up.
  const auto wait = std::make_shared<Wait>();
  PLAZO_RETURN_IF_ERROR(state_->Send(std::move(record), [wait](absl::StatusOr<Delivered> result) {
    absl::MutexLock lock(&wait->mutex);
    wait->result = std::move(result);
    wait->done = true;
  }));
  absl::MutexLock lock(&wait->mutex);
  if (!wait->mutex.AwaitWithTimeout(absl::Condition(&wait->done), timeout)) {
    return Error(ErrorKind::kRetriable, absl::StatusCode::kDeadlineExceeded, "no delivery report");
  }
  return wait->result;
}

void Producer::Pump(absl::Duration wait) { state_->Pump(wait); }
uint64_t Producer::recreated() const { return state_->recreated(); }
int64_t Producer::outstanding() const { return state_->outstanding(); }

}  // namespace plazo::kafka
