#pragma once

// Requests from the client area and the chat widget. Adapters: check, make the command, send.
// Thread-safe; the frontend outlives them.

#include "platform/blob/blob_store.h"
#include "plazo/intake/v1/call.grpc.pb.h"
#include "plazo/intake/v1/chat.grpc.pb.h"
#include "plazo/intake/v1/ticket.grpc.pb.h"
#include "services/intake/write_call.h"

namespace plazo::intake {

class TicketService final : public v1::TicketService::CallbackService {
 public:
  TicketService(const Frontend& frontend, blob::BlobStore& blobs, uint64_t max_attachment_bytes)
      : frontend_(frontend), blobs_(blobs), max_attachment_bytes_(max_attachment_bytes) {}

  grpc::ServerUnaryReactor* SubmitTicket(grpc::CallbackServerContext* context,
                                         const v1::SubmitTicketRequest* request,
                                         v1::SubmitTicketResponse* response) override;
  grpc::ServerUnaryReactor* AddTicketMessage(grpc::CallbackServerContext* context,
                                             const v1::AddTicketMessageRequest* request,
                                             v1::AddTicketMessageResponse* response) override;
  grpc::ServerUnaryReactor* ConfirmResolution(grpc::CallbackServerContext* context,
                                              const v1::ConfirmResolutionRequest* request,
                                              v1::ConfirmResolutionResponse* response) override;
  grpc::ServerReadReactor<v1::UploadAttachmentRequest>* UploadAttachment(
      grpc::CallbackServerContext* context, v1::UploadAttachmentResponse* response) override;

 private:
  const Frontend& frontend_;
  blob::BlobStore& blobs_;
  const uint64_t max_attachment_bytes_;
};

class ChatService final : public v1::ChatService::CallbackService {
 public:
  explicit ChatService(const Frontend& frontend) : frontend_(frontend) {}
  grpc::ServerUnaryReactor* SendChatMessage(grpc::CallbackServerContext* context,
                                            const v1::SendChatMessageRequest* request,
                                            v1::SendChatMessageResponse* response) override;

 private:
  const Frontend& frontend_;
};

class CallService final : public v1::CallService::CallbackService {
 public:
  explicit CallService(const Frontend& frontend) : frontend_(frontend) {}
  grpc::ServerUnaryReactor* LogCall(grpc::CallbackServerContext* context,
                                    const v1::LogCallRequest* request,
                                    v1::LogCallResponse* response) override;

 private:
  const Frontend& frontend_;
};

}  // namespace plazo::intake
