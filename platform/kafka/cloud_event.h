#pragma once

// Headers of a record as a CloudEvents 1.0 message in binary mode, with a trace and the tenant.

#include <absl/time/time.h>

#include <string>
#include <string_view>
#include <vector>

#include "platform/kafka/record.h"

namespace plazo::kafka {

struct CloudEvent {
  std::string id;  // derived from the cause: the same for a retry
  std::string_view source;
  std::string_view type;  // of the protobuf value: plazo.core.v1.Command
  std::string_view subject;
  absl::Time time;
  std::string_view traceparent;  // W3C; empty = none
  std::string_view tenant;       // empty = none
};

std::vector<Header> CloudEventHeaders(const CloudEvent& event);

}  // namespace plazo::kafka
