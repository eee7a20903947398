#include "platform/kafka/cloud_event.h"

namespace plazo::kafka {

std::vector<Header> CloudEventHeaders(const CloudEvent& event) {
  std::vector<Header> headers = {
      {"ce_specversion", "1.0"},
      {"ce_id", event.id},
      {"ce_source", std::string(event.source)},
      {"ce_type", std::string(event.type)},
      {"ce_subject", std::string(event.subject)},
      {"ce_time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", event.time, absl::UTCTimeZone())},
      {"content-type", "application/protobuf"},
  };
  if (!event.traceparent.empty()) {
    headers.push_back({"traceparent", std::string(event.traceparent)});
  }
  if (!event.tenant.empty()) headers.push_back({"x-tenant", std::string(event.tenant)});
  return headers;
}

}  // namespace plazo::kafka
