#include "cli/contract.h"

#include "plazo/desk/v1/desk.pb.h"
#include "plazo/intake/v1/agent.pb.h"
#include "plazo/intake/v1/call.pb.h"
#include "plazo/intake/v1/chat.pb.h"
#include "plazo/intake/v1/customer.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "plazo/intake/v1/notice.pb.h"
#include "plazo/intake/v1/operator.pb.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {

const google::protobuf::MethodDescriptor* FindMethod(const std::string& full_name) {
  // One message of each file.
  const google::protobuf::Descriptor* const files[] = {
      desk::v1::GetTicketRequest::descriptor(),
      intake::v1::ReplyRequest::descriptor(),
      intake::v1::LogCallRequest::descriptor(),
      intake::v1::SendChatMessageRequest::descriptor(),
      intake::v1::UpsertCustomerRequest::descriptor(),
      intake::v1::SubmitEmailRequest::descriptor(),
      intake::v1::PublishNoticeRequest::descriptor(),
      intake::v1::ActivatePolicyRequest::descriptor(),
      intake::v1::SubmitTicketRequest::descriptor(),
  };
  return files[0]->file()->pool()->FindMethodByName(full_name);
}

}  // namespace plazo::cli
