#include "platform/runtime/service_runner.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <list>
#include <thread>

namespace plazo::runtime {
namespace {

void ReportToStandardError(Severity severity, std::string_view event, std::string_view component,
                           const absl::Status& status) {
  std::fprintf(stderr, "%s: %.*s %.*s%s%s\n", severity == Severity::kError ? "error" : "info",
               static_cast<int>(component.size()), component.data(), static_cast<int>(event.size()),
               event.data(), status.ok() ? "" : ": ", status.ok() ? "" : status.ToString().c_str());
}

sigset_t SetOf(const std::vector<int>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

struct Running {
  Component component;
  std::jthread thread;
};

}  // namespace

struct ServiceRunner::State {
  explicit State(RunnerOptions given) : options(std::move(given)) {
    if (!options.report) options.report = ReportToStandardError;
    if (!options.exit_now) options.exit_now = [](int code) { _exit(code); };
  }

  // What the main thread waits for.
  bool MustStop() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return stop_requested || failed || ending;
  }

  void WaitForSignals(const std::vector<int>& signals);
  ExitCode StartAll();
  void Start(Running& running);
  void StopAll();
  void Stop(Running& running);
  void Watch();

  RunnerOptions options;
  std::vector<Component> components;
  std::list<Running> started;  // stable addresses, in order of start

  absl::Mutex mutex;
  bool stop_requested ABSL_GUARDED_BY(mutex) = false;
  bool failed ABSL_GUARDED_BY(mutex) = false;
  bool ending ABSL_GUARDED_BY(mutex) = false;  // StopAll is next
  bool done ABSL_GUARDED_BY(mutex) = false;
  std::string current ABSL_GUARDED_BY(mutex);  // the component that is being started or stopped
};

ServiceRunner::ServiceRunner(RunnerOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
ServiceRunner::~ServiceRunner() = default;

ServiceRunner& ServiceRunner::Add(Component component) {
  state_->components.push_back(std::move(component));
  return *this;
}

void ServiceRunner::RequestStop() {
  absl::MutexLock lock(&state_->mutex);
  state_->stop_requested = true;
}

// Ends when a signal comes after `done`: the main thread sends this thread one of its own.
void ServiceRunner::State::WaitForSignals(const std::vector<int>& signals) {
  const sigset_t set = SetOf(signals);
  while (true) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    bool second = false;
    {
      absl::MutexLock lock(&mutex);
      if (done) return;
      second = stop_requested;
      stop_requested = true;
    }
    options.report(Severity::kInfo, second ? "second signal: ending at once" : "signal: stopping",
                   options.name, absl::OkStatus());
    if (second) options.exit_now(128 + signal);
  }
}

void ServiceRunner::State::Start(Running& running) {
  if (!running.component.run) return;
  running.thread = std::jthread([this, &running](std::stop_token stop) {
    const absl::Status status = running.component.run(stop);
    const bool asked = stop.stop_requested();
    if (status.ok() && asked) return;
    options.report(Severity::kError, asked ? "failed while stopping" : "ended by itself",
                   running.component.name, status);
    absl::MutexLock lock(&mutex);
    failed = true;
  });
}

ExitCode ServiceRunner::State::StartAll() {
  for (Component& component : components) {
    {
      absl::MutexLock lock(&mutex);
      if (MustStop()) return ExitCode::kOk;
      current = component.name;
    }
    const absl::Status status = component.start ? component.start() : absl::OkStatus();
    if (!status.ok()) {
      options.report(Severity::kError, "did not start", component.name, status);
      return absl::IsInvalidArgument(status) ? ExitCode::kConfig : ExitCode::kUnavailable;
    }
    started.push_back({std::move(component), {}});
    options.report(Severity::kInfo, "started", started.back().component.name, absl::OkStatus());
    Start(started.back());
  }
  return ExitCode::kOk;
}

void ServiceRunner::State::Stop(Running& running) {
  const std::string& name = running.component.name;
  {
    absl::MutexLock lock(&mutex);
    current = name;
  }
  options.report(Severity::kInfo, "stopping", name, absl::OkStatus());
  running.thread.request_stop();
  if (running.component.stop) running.component.stop();
  if (running.thread.joinable()) running.thread.join();
}

void ServiceRunner::State::StopAll() {
  std::for_each(started.rbegin(), started.rend(), [this](Running& running) { Stop(running); });
}

// Ends the process when stopping hangs; a thread that does not listen cannot be ended any other
// way.
void ServiceRunner::State::Watch() {
  std::string hanging;
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(
        +[](State* s) ABSL_NO_THREAD_SAFETY_ANALYSIS { return s->MustStop(); }, this));
    if (mutex.AwaitWithTimeout(absl::Condition(&done), options.stop_timeout)) return;
    hanging = current;
  }
  options.report(Severity::kError, "did not stop in time: ending at once", hanging,
                 absl::OkStatus());
  options.exit_now(static_cast<int>(ExitCode::kSoftware));
}

ExitCode ServiceRunner::RunUntil(const std::vector<int>& signals) {
  State& state = *state_;
  const sigset_t set = SetOf(signals);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread waiter([&] { state.WaitForSignals(signals); });

  std::thread watcher([&] { state.Watch(); });
  ExitCode code = state.StartAll();
  {
    absl::MutexLock lock(&state.mutex);
    if (code == ExitCode::kOk) {
      state.mutex.Await(absl::Condition(
          +[](State* s) ABSL_NO_THREAD_SAFETY_ANALYSIS { return s->MustStop(); }, &state));
    }
    state.ending = true;
  }
  state.StopAll();
  {
    absl::MutexLock lock(&state.mutex);
    state.done = true;
    if (state.failed) code = ExitCode::kSoftware;
  }
  pthread_kill(waiter.native_handle(), signals.front());
  waiter.join();
  watcher.join();
  return code;
}

}  // namespace plazo::runtime
