#pragma once

// Puts commands on the log and waits, as long as wished, for what the router decides. Accepted =
// durable: acks=all and the broker's report. Thread-safe.

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <functional>
#include <optional>
#include <string>

#include "domain/core/position.h"
#include "domain/core/topics.h"
#include "platform/base/clock.h"
#include "platform/kafka/producer.h"
#include "plazo/core/v1/command.pb.h"
#include "services/intake/decisions.h"
#include "services/intake/intake_metrics.h"

namespace plazo::intake {

struct Submitted {
  // Not OK: not accepted, or not known to be; the same request may be sent again.
  absl::Status accepted;
  absl::Time accept_time;
  Position position;
  // Absent: still to be decided.
  std::optional<core::v1::Decision> decision;
};

class CommandSender {
 public:
  using Callback = std::function<void(Submitted)>;

  // `metrics` may be null.
  CommandSender(kafka::Producer& producer, Decisions& decisions, const Clock& clock,
                const Topics& topics, IntakeMetrics* metrics = nullptr)
      : producer_(producer),
        decisions_(decisions),
        clock_(clock),
        topics_(topics),
        metrics_(metrics) {}

  // `wait` = how long to wait for the decision after the command was accepted; zero = not at all.
  // The callback is called once, on the producer's or the decisions' thread.
  void Send(core::v1::Command command, absl::Duration wait, std::string_view traceparent,
            Callback callback);

  // Keeps what cannot be a command for a person to look at: on the dead letters, with a reason.
  void Quarantine(const std::string& key, std::string value, std::string_view reason,
                  std::string_view tenant, std::function<void(absl::Status)> callback);

 private:
  // The callback, which also tells the metrics.
  Callback Measured(const core::v1::Command& command, absl::Duration wait, Callback callback);

  kafka::Producer& producer_;
  Decisions& decisions_;
  const Clock& clock_;
  const Topics topics_;
  IntakeMetrics* const metrics_;
};

}  // namespace plazo::intake
