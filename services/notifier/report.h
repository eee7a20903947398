#pragma once

// What became of an intent, as a command to the router. Pure.

#include <absl/time/time.h>

#include <optional>
#include <string>

#include "platform/kafka/record.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/core/v1/delivery.pb.h"

namespace plazo::notifier {

// An intent as taken from the log.
struct Intent {
  core::v1::DeliveryIntent value;
  kafka::TopicPartition partition;
  int64_t offset = 0;
  std::string aggregate;    // its key
  std::string traceparent;  // may be empty
};

struct Report {
  core::v1::DeliveryOutcome outcome = core::v1::DELIVERY_OUTCOME_UNSPECIFIED;
  std::optional<absl::Time> relay_time;  // of ACCEPTED
  int smtp_code = 0;
  std::string reason;  // a short word; empty for a plain ACCEPTED
};

// The record for `topic`, in the partition that the intent came from. Its id follows from
// notification, attempt and outcome: a restarted process makes the same one.
kafka::OutRecord MakeReport(const std::string& topic, const Intent& intent, const Report& report,
                            absl::Time now);

// The intent as it came, for the dead letters.
kafka::OutRecord MakeDeadLetter(const std::string& topic, const kafka::Record& record,
                                std::string_view error);

}  // namespace plazo::notifier
