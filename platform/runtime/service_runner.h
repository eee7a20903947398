#pragma once

// The life of a service: components start in the order they were added, run, and stop in reverse
// order.
//
//   ServiceRunner runner({.name = "plazo-router"});
//   runner.Add({.name = "metrics", .start = [&] { return metrics.Serve(address).status(); }})
//         .Add({.name = "loop", .run = [&](std::stop_token stop) { return loop.Run(stop); }})
//         .Add({.name = "grpc", .start = ..., .stop = [&] { server.Drain(); }});
//   return static_cast<int>(runner.RunUntil());
//
// A component has up to three parts: `start` returns once it is ready; `run` is a thread of its own
// that works until its stop token is triggered; `stop` undoes `start`. Stopping a component =
// request its token, call `stop`, join its thread. What a signal, RequestStop or a failure sets off
// is the same.
//
// Exit codes: kOk after a signal or RequestStop; kUnavailable when a `start` failed (kConfig when
// its status is INVALID_ARGUMENT; those before it are stopped); kSoftware when a `run` ended
// without having been asked, or with an error at any time, or when stopping took longer than the
// limit: the process then ends at once (_exit), naming the component that hangs. A second signal n
// ends it at once with 128 + n.
//
// Signals must be blocked in every thread (flags.h does it at the top of main). RequestStop is
// thread-safe; the rest is for the main thread. Callbacks must not throw.

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <signal.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "platform/runtime/exit_code.h"

namespace plazo::runtime {

struct Component {
  std::string name;
  std::function<absl::Status()> start;
  std::function<absl::Status(std::stop_token)> run;
  std::function<void()> stop;
};

enum class Severity { kInfo, kError };

struct RunnerOptions {
  std::string name;
  absl::Duration stop_timeout = absl::Seconds(5);
  // Told of every step: "started", "stopping", "component failed", with the component and its
  // status (or OK). Default: standard error.
  std::function<void(Severity, std::string_view event, std::string_view component,
                     const absl::Status&)>
      report;
  // Called when stopping takes too long or a second signal comes; default _exit. A test may record
  // instead.
  std::function<void(int code)> exit_now;
};

class ServiceRunner {
 public:
  explicit ServiceRunner(RunnerOptions options);
  ~ServiceRunner();
  ServiceRunner(const ServiceRunner&) = delete;
  ServiceRunner& operator=(const ServiceRunner&) = delete;

  ServiceRunner& Add(Component component);

  // Starts everything, waits, stops everything. Once per object.
  ExitCode RunUntil(const std::vector<int>& signals = {SIGTERM, SIGINT});

  // As if a signal had come. Does not wait.
  void RequestStop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::runtime
