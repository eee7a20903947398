#pragma once

// Where lines of the log go; only log.cc and fake/log_capture.cc know of it.

#include <spdlog/sinks/sink.h>

#include <memory>

#include "platform/observability/log.h"

namespace plazo::observability {

// Makes `sink` the process's log and gives back the one before.
struct LogTarget {
  LogOptions options;
  std::shared_ptr<spdlog::sinks::sink> sink;
};
LogTarget ReplaceLogTarget(LogTarget target);

}  // namespace plazo::observability
