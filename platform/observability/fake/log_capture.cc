#include "platform/observability/fake/log_capture.h"

#include <spdlog/sinks/base_sink.h>

#include <mutex>

#include "platform/observability/log_sink.h"

namespace plazo::observability {
namespace {

class MemorySink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> Lines() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

 private:
  std::vector<std::string> lines_;
};

}  // namespace

struct LogCapture::State {
  std::shared_ptr<MemorySink> sink = std::make_shared<MemorySink>();
  LogTarget before;
};

LogCapture::LogCapture(LogOptions options) : state_(std::make_unique<State>()) {
  state_->before = ReplaceLogTarget({std::move(options), state_->sink});
}

LogCapture::~LogCapture() { ReplaceLogTarget(std::move(state_->before)); }

std::vector<std::string> LogCapture::Lines() const { return state_->sink->Lines(); }

bool LogCapture::Contains(std::string_view text) const {
  for (const std::string& line : Lines()) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace plazo::observability
