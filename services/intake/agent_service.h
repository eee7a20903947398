#pragma once

// What agents do. Adapters: check, make the command, send. Incidents are not served yet.
// Thread-safe; the frontend outlives it.

#include "plazo/intake/v1/agent.grpc.pb.h"
#include "services/intake/write_call.h"

namespace plazo::intake {

class AgentService final : public v1::AgentService::CallbackService {
 public:
  explicit AgentService(const Frontend& frontend) : frontend_(frontend) {}

#define PLAZO_AGENT_METHOD(Method)                                       \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, \
                                   const v1::Method##Request* request,   \
                                   v1::Method##Response* response) override;
  PLAZO_AGENT_METHOD(Reply)
  PLAZO_AGENT_METHOD(AddNote)
  PLAZO_AGENT_METHOD(Assign)
  PLAZO_AGENT_METHOD(Escalate)
  PLAZO_AGENT_METHOD(Transfer)
  PLAZO_AGENT_METHOD(SetImpact)
  PLAZO_AGENT_METHOD(GiveEstimate)
  PLAZO_AGENT_METHOD(WaitForCustomer)
  PLAZO_AGENT_METHOD(RequestApproval)
  PLAZO_AGENT_METHOD(DecideApproval)
  PLAZO_AGENT_METHOD(PromoteChat)
  PLAZO_AGENT_METHOD(Resolve)
  PLAZO_AGENT_METHOD(Close)
  PLAZO_AGENT_METHOD(Reopen)
  PLAZO_AGENT_METHOD(Merge)
  PLAZO_AGENT_METHOD(AddParticipant)
  PLAZO_AGENT_METHOD(RemoveParticipant)
  PLAZO_AGENT_METHOD(AcknowledgeBreach)
#undef PLAZO_AGENT_METHOD

 private:
  const Frontend& frontend_;
};

}  // namespace plazo::intake
