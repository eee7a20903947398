#include "services/intake/command_sender.h"

#include <memory>

#include "platform/base/fail_point.h"
#include "platform/kafka/cloud_event.h"
#include "platform/observability/trace.h"

namespace plazo::intake {

using core::v1::Command;
using core::v1::Decision;

namespace {

constexpr std::string_view kSource = "plazo-intake";

// Joins the two things a call waits for, which come from two threads in either order.
class PendingCall {
 public:
  explicit PendingCall(CommandSender::Callback callback) : callback_(std::move(callback)) {}

  void Accepted(const absl::StatusOr<kafka::Delivered>& delivered) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (done_) return;
    if (!delivered.ok()) return Finish(lock, delivered.status());
    accepted_ = true;
    result_.accept_time = absl::FromUnixMillis(delivered->timestamp_ms);
    result_.position = {delivered->partition, delivered->offset};
    if (decided_) Finish(lock, absl::OkStatus());
  }

  void Decided(std::optional<Decision> decision) {
    absl::ReleasableMutexLock lock(&mutex_);
    if (done_) return;
    decided_ = true;
    result_.decision = std::move(decision);
    if (accepted_) Finish(lock, absl::OkStatus());
  }

 private:
  void Finish(absl::ReleasableMutexLock& lock, absl::Status status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    done_ = true;
    result_.accepted = std::move(status);
    Submitted result = std::move(result_);
    CommandSender::Callback callback = std::move(callback_);
    lock.Release();
    callback(std::move(result));
  }

  absl::Mutex mutex_;
  bool accepted_ ABSL_GUARDED_BY(mutex_) = false;
  bool decided_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  Submitted result_ ABSL_GUARDED_BY(mutex_);
  CommandSender::Callback callback_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

CommandSender::Callback CommandSender::Measured(const Command& command, absl::Duration wait,
                                                Callback callback) {
  if (metrics_ == nullptr) return callback;
  return [this, wait, channel = ChannelOf(command), begun = clock_.Monotonic(),
          callback = std::move(callback)](Submitted submitted) {
    metrics_->Sent(channel, submitted.accepted.ok());
    if (submitted.accepted.ok() && wait > absl::ZeroDuration()) {
      metrics_->Waited(clock_.Monotonic() - begun, submitted.decision.has_value());
    }
    callback(std::move(submitted));
  };
}

void CommandSender::Send(Command command, absl::Duration wait, std::string_view traceparent,
                         Callback callback) {
  const std::string command_id = command.command_id();
  const std::string trace = observability::ParseTraceparent(traceparent)
                                ? std::string(traceparent)
                                : observability::TraceFromCause(command_id).Traceparent();
  kafka::OutRecord record;
  record.topic = topics_.inbound;
  record.key = command.aggregate();
  record.value = command.SerializeAsString();
  record.headers = kafka::CloudEventHeaders({.id = command_id,
                                             .source = kSource,
                                             .type = "plazo.core.v1.Command",
                                             .subject = command.aggregate(),
                                             .time = absl::FromUnixMillis(clock_.NowMs()),
                                             .traceparent = trace,
                                             .tenant = command.tenant()});
  auto call = std::make_shared<PendingCall>(Measured(command, wait, std::move(callback)));
  uint64_t waiter = 0;
  if (wait > absl::ZeroDuration()) {
    waiter = decisions_.Await(command_id, wait,
                              [call](std::optional<Decision> d) { call->Decided(std::move(d)); });
  } else {
    call->Decided(std::nullopt);
  }
  auto report = [this, call, command_id, waiter](absl::StatusOr<kafka::Delivered> delivered) {
    PLAZO_FAIL_POINT("intake.accepted");
    if (!delivered.ok()) decisions_.Forget(command_id, waiter);
    call->Accepted(delivered);
  };
  absl::Status queued = producer_.Send(std::move(record), report);
  if (!queued.ok()) report(queued);
}

void CommandSender::Quarantine(const std::string& key, std::string value, std::string_view reason,
                               std::string_view tenant,
                               std::function<void(absl::Status)> callback) {
  kafka::OutRecord record;
  record.topic = topics_.dead_letters;
  record.key = key;
  record.value = std::move(value);
  record.headers = kafka::CloudEventHeaders({.id = key,
                                             .source = kSource,
                                             .type = "plazo.core.v1.Command",
                                             .subject = key,
                                             .time = absl::FromUnixMillis(clock_.NowMs()),
                                             .traceparent = {},
                                             .tenant = tenant});
  record.headers.push_back({"x-error", std::string(reason)});
  record.headers.push_back({"x-origin", "intake/" + key});
  absl::Status queued = producer_.Send(
      std::move(record),
      [callback](absl::StatusOr<kafka::Delivered> delivered) { callback(delivered.status()); });
  if (!queued.ok()) callback(queued);
}

}  // namespace plazo::intake
