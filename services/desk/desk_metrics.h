#pragma once

// What desk tells Prometheus. Thread-safe; must not outlive the Metrics it was made with, nor the
// readers it exports.

#include <grpcpp/support/status.h>

#include <string>

#include "platform/kafka/projector.h"
#include "platform/kafka/table.h"
#include "platform/observability/metrics.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {

class DeskMetrics {
 public:
  explicit DeskMetrics(observability::Metrics& metrics) : metrics_(metrics) {}

  void Answered(const char* method, const grpc::Status& status);
  // Whether the table has caught up, what it has read and what waits to be applied.
  void Export(const std::string& table, const kafka::Projector& reader);
  void Export(const std::string& table, const kafka::Table& reader);
  // A team that has no open ticket any more goes to zero. On one thread.
  void SetOpen(const TicketTable::OpenByTeam& open);

 private:
  observability::Metrics& metrics_;
  TicketTable::OpenByTeam shown_;
};

}  // namespace plazo::desk
