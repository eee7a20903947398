#pragma once

// Takes over the process's log for the life of the object, and gives it back. One at a time.

#include <memory>
#include <string>
#include <vector>

#include "platform/observability/log.h"

namespace plazo::observability {

class LogCapture {
 public:
  explicit LogCapture(LogOptions options = {});
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // Every line so far, without line ends.
  std::vector<std::string> Lines() const;
  bool Contains(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace plazo::observability
