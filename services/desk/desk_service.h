#pragma once

// Reading: tickets, queues, conversations, customers. Adapters over the tables; what may wait (for
// a position, for Redis, for the log) does so on a worker. Thread-safe; all parts outlive it.

#include "platform/blob/blob_store.h"
#include "platform/kafka/table.h"
#include "platform/runtime/worker_pool.h"
#include "plazo/desk/v1/desk.grpc.pb.h"
#include "services/desk/conversations.h"
#include "services/desk/watchers.h"

namespace plazo::desk {

struct DeskParts {
  const TicketTable& tickets;
  const kafka::Table& directory;
  const Conversations& conversations;
  Watchers& watchers;
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

 private:
  // Runs `read` on a worker once everything up to `min_position` is visible, and finishes the call.
  void Answer(const std::string& min_position, grpc::ServerUnaryReactor* reactor,
              std::function<grpc::Status()> read);

  const DeskParts parts_;
};

}  // namespace plazo::desk
