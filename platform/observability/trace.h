#pragma once

// W3C Trace Context: the id that ties a request to every record, log line and mail that follow from
// it. It travels as the gRPC metadata and Kafka header `traceparent`. Values, no state;
// thread-safe.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/random.h"

namespace plazo::observability {

inline constexpr std::string_view kTraceparentKey = "traceparent";

struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  uint8_t flags = 1;  // bit 0: sampled

  // 32 lower-case hex digits: the `trace_id` of log lines.
  std::string TraceId() const;
  // 00-<trace id>-<span id>-<flags>
  std::string Traceparent() const;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// nullopt for what the standard calls invalid (all-zero ids, upper case, version ff, wrong
// lengths). A later version's known part is read.
std::optional<TraceContext> ParseTraceparent(std::string_view text);

// A new trace whose ids are a function of `cause` (a command id): a replay makes the same.
TraceContext TraceFromCause(std::string_view cause);
TraceContext NewTrace(Random& random);

// Same trace, a new span.
TraceContext ChildOf(const TraceContext& parent, Random& random);
TraceContext ChildOf(const TraceContext& parent, std::string_view cause);

// The caller's trace where it sent a valid one, else a new one.
TraceContext ContinueOrStart(std::string_view traceparent, Random& random);

}  // namespace plazo::observability
