#pragma once

// What intake tells Prometheus: commands by channel, and how long decisions are waited for.
// Thread-safe; must not outlive the Metrics it was made with.

#include <absl/time/time.h>

#include "platform/observability/metrics.h"
#include "plazo/core/v1/command.pb.h"

namespace plazo::intake {

class IntakeMetrics {
 public:
  explicit IntakeMetrics(observability::Metrics& metrics);

  // The log has the command, or did not confirm it.
  void Sent(core::v1::Channel channel, bool accepted);
  // Until the decision came; `decided` false: the caller was told PENDING.
  void Waited(absl::Duration time, bool decided);

 private:
  observability::Metrics& metrics_;
  observability::Histogram& wait_;
  observability::Counter& pending_;
};

// Of what a customer said; CHANNEL_UNSPECIFIED for what agents and operators do.
core::v1::Channel ChannelOf(const core::v1::Command& command);

}  // namespace plazo::intake
