#pragma once

// Customers and policies. Adapters: check, make the command, send. Thread-safe; the frontend
// outlives them.

#include "plazo/intake/v1/customer.grpc.pb.h"
#include "plazo/intake/v1/operator.grpc.pb.h"
#include "services/intake/write_call.h"

namespace plazo::intake {

class CustomerService final : public v1::CustomerService::CallbackService {
 public:
  explicit CustomerService(const Frontend& frontend) : frontend_(frontend) {}

  grpc::ServerUnaryReactor* UpsertCustomer(grpc::CallbackServerContext* context,
                                           const v1::UpsertCustomerRequest* request,
                                           v1::UpsertCustomerResponse* response) override;
  grpc::ServerUnaryReactor* SetNotificationAddresses(
      grpc::CallbackServerContext* context, const v1::SetNotificationAddressesRequest* request,
      v1::SetNotificationAddressesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteCustomer(grpc::CallbackServerContext* context,
                                           const v1::DeleteCustomerRequest* request,
                                           v1::DeleteCustomerResponse* response) override;

 private:
  const Frontend& frontend_;
};

class OperatorService final : public v1::OperatorService::CallbackService {
 public:
  explicit OperatorService(const Frontend& frontend) : frontend_(frontend) {}

  grpc::ServerUnaryReactor* ActivatePolicy(grpc::CallbackServerContext* context,
                                           const v1::ActivatePolicyRequest* request,
                                           v1::ActivatePolicyResponse* response) override;
  grpc::ServerUnaryReactor* GetAcceptedCommand(grpc::CallbackServerContext* context,
                                               const v1::GetAcceptedCommandRequest* request,
                                               v1::GetAcceptedCommandResponse* response) override;

 private:
  const Frontend& frontend_;
};

}  // namespace plazo::intake
