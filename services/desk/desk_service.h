#pragma once

// Reading: tickets, queues, conversations, customers. Adapters over the tables; what may wait (for
// a position, for Redis, for the log) does so on a worker. Thread-safe; all parts outlive it.

#include "platform/base/clock.h"
#include "platform/blob/blob_store.h"
#include "platform/kafka/table.h"
#include "platform/runtime/worker_pool.h"
#include "plazo/desk/v1/desk.grpc.pb.h"
#include "services/desk/conversations.h"
#include "services/desk/desk_metrics.h"
#include "services/desk/notification_feed.h"
#include "services/desk/policies.h"
#include "services/desk/queue_watchers.h"
#include "services/desk/sla_table.h"
#include "services/desk/watchers.h"

namespace plazo::desk {

struct DeskParts {
  const Clock& clock;
  const TicketTable& tickets;
  const Policies& policies;
  const SlaTable& sla;
  const kafka::Table& directory;
  const Conversations& conversations;
  Watchers& watchers;
  QueueWatchers& queues;
  NotificationFeed& notifications;
  DeskMetrics& metrics;
  blob::BlobStore& blobs;
  runtime::WorkerPool& workers;
  absl::Duration position_wait = absl::Seconds(2);
  int default_page_size = 50;
  int max_page_size = 200;
};

class DeskService final : public v1::DeskService::CallbackService {
 public:
  explicit DeskService(DeskParts parts) : parts_(parts) {}

  grpc::ServerUnaryReactor* GetTicket(grpc::CallbackServerContext* context,
                                      const v1::GetTicketRequest* request,
                                      v1::GetTicketResponse* response) override;
  grpc::ServerUnaryReactor* ListTickets(grpc::CallbackServerContext* context,
                                        const v1::ListTicketsRequest* request,
                                        v1::ListTicketsResponse* response) override;
  grpc::ServerUnaryReactor* GetConversation(grpc::CallbackServerContext* context,
                                            const v1::GetConversationRequest* request,
                                            v1::GetConversationResponse* response) override;
  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                        const v1::GetCustomerRequest* request,
                                        v1::GetCustomerResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchTicketResponse>* WatchTicket(
      grpc::CallbackServerContext* context, const v1::WatchTicketRequest* request) override;
  grpc::ServerWriteReactor<v1::DownloadAttachmentResponse>* DownloadAttachment(
      grpc::CallbackServerContext* context, const v1::DownloadAttachmentRequest* request) override;

  // sla_calls.cc
  grpc::ServerUnaryReactor* ExplainDeadline(grpc::CallbackServerContext* context,
                                            const v1::ExplainDeadlineRequest* request,
                                            v1::ExplainDeadlineResponse* response) override;
  grpc::ServerUnaryReactor* ListBreaches(grpc::CallbackServerContext* context,
                                         const v1::ListBreachesRequest* request,
                                         v1::ListBreachesResponse* response) override;
  grpc::ServerUnaryReactor* GetSlaReport(grpc::CallbackServerContext* context,
                                         const v1::GetSlaReportRequest* request,
                                         v1::GetSlaReportResponse* response) override;

  // customer_calls.cc
  grpc::ServerUnaryReactor* ListNotifications(grpc::CallbackServerContext* context,
                                              const v1::ListNotificationsRequest* request,
                                              v1::ListNotificationsResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchNotificationsResponse>* WatchNotifications(
      grpc::CallbackServerContext* context, const v1::WatchNotificationsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchQueueResponse>* WatchQueue(
      grpc::CallbackServerContext* context, const v1::WatchQueueRequest* request) override;
  grpc::ServerWriteReactor<v1::ExportCustomerResponse>* ExportCustomer(
      grpc::CallbackServerContext* context, const v1::ExportCustomerRequest* request) override;

 private:
  size_t PageSize(int wanted) const;
  // Runs `read` on a worker once everything up to `min_position` is visible, and finishes the call
  // of `method`.
  void Answer(const char* method, const std::string& min_position,
              grpc::ServerUnaryReactor* reactor, std::function<grpc::Status()> read);

  const DeskParts parts_;
};

}  // namespace plazo::desk
