#include "services/intake/operator_service.h"

#include "domain/policy/compiled_policy.h"
#include "platform/mime/address.h"

namespace plazo::intake {

using core::v1::Command;

namespace {

void CheckAddress(const std::string& field, const std::string& address,
                  rpc::FieldViolations& faults) {
  faults.Require(field, mime::ValidAddress(address).ok(), "must be a mail address");
}

void CheckNotificationAddresses(
    const std::string& path,
    const google::protobuf::RepeatedPtrField<core::v1::NotificationAddresses>& sets,
    rpc::FieldViolations& faults) {
  for (int i = 0; i < sets.size(); ++i) {
    faults.Require(rpc::FieldPath(path, i, "type"),
                   sets[i].type() != core::v1::NOTIFICATION_TYPE_UNSPECIFIED &&
                       core::v1::NotificationType_IsValid(sets[i].type()),
                   "must be billing, support or abuse");
    faults.MaxCount(rpc::FieldPath(path, i, "addresses"), sets[i].addresses_size(), 20);
    for (int j = 0; j < sets[i].addresses_size(); ++j) {
      CheckAddress(rpc::FieldPath(rpc::FieldPath(path, i, "addresses"), j), sets[i].addresses(j),
                   faults);
    }
  }
}

void CheckProfile(const Frontend& frontend, const core::v1::CustomerProfile& profile,
                  rpc::FieldViolations& faults) {
  faults.Id("customer.customer_id", profile.customer_id());
  faults.Text("customer.name", profile.name(),
              {.max_bytes = frontend.limits.name_bytes, .single_line = true});
  CheckAddress("customer.email", profile.email(), faults);
  for (int i = 0; i < profile.other_emails_size(); ++i) {
    CheckAddress(rpc::FieldPath("customer.other_emails", i), profile.other_emails(i), faults);
  }
  faults.MaxCount("customer.services", profile.services_size(), 1000);
  CheckNotificationAddresses("customer.notification_addresses", profile.notification_addresses(),
                             faults);
}

// An address says who writes: it is one customer's.
void CheckNotOthers(const Frontend& frontend, const std::string& tenant,
                    const core::v1::CustomerProfile& profile, rpc::FieldViolations& faults) {
  const auto check = [&](const std::string& field, const std::string& address) {
    const auto owner = frontend.directory.CustomerOfAddress(tenant, address);
    faults.Require(field, !owner || owner->profile().customer_id() == profile.customer_id(),
                   "is registered for another customer");
  };
  check("customer.email", profile.email());
  for (int i = 0; i < profile.other_emails_size(); ++i) {
    check(rpc::FieldPath("customer.other_emails", i), profile.other_emails(i));
  }
}

Command CustomerCommand(Command command, const std::string& tenant,
                        const std::string& customer_id) {
  command.set_aggregate(ids::CustomerKey(tenant, customer_id));
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id("frontend");
  return command;
}

}  // namespace

grpc::ServerUnaryReactor* CustomerService::UpsertCustomer(grpc::CallbackServerContext* context,
                                                          const v1::UpsertCustomerRequest* request,
                                                          v1::UpsertCustomerResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  CheckProfile(frontend_, request->customer(), faults);
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  WithTenant(frontend_, request->tenant(), reactor, [=, this](const Tenant&) {
    rpc::FieldViolations taken;
    CheckNotOthers(frontend_, request->tenant(), request->customer(), taken);
    if (!taken.ok()) {
      reactor->Finish(taken.ToGrpc());
      return;
    }
    Command command = CustomerCommand(StartCommand(frontend_, *request), request->tenant(),
                                      request->customer().customer_id());
    *command.mutable_upsert_customer()->mutable_profile() = request->customer();
    SendAndFinish<v1::UpsertCustomerRequest, v1::UpsertCustomerResponse>(
        frontend_, context, *request, std::move(command), response, reactor,
        [id = request->customer().customer_id()](const Submitted&, v1::UpsertCustomerResponse& r) {
          r.set_customer_id(id);
        });
  });
  return reactor;
}

grpc::ServerUnaryReactor* CustomerService::SetNotificationAddresses(
    grpc::CallbackServerContext* context, const v1::SetNotificationAddressesRequest* request,
    v1::SetNotificationAddressesResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("customer_id", request->customer_id());
  faults.Require("addresses", !request->addresses().empty(), "give at least one type");
  CheckNotificationAddresses("addresses", request->addresses(), faults);
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  Command command =
      CustomerCommand(StartCommand(frontend_, *request), request->tenant(), request->customer_id());
  *command.mutable_set_notification_addresses()->mutable_addresses() = request->addresses();
  SendAndFinish(frontend_, context, *request, std::move(command), response, reactor);
  return reactor;
}

grpc::ServerUnaryReactor* CustomerService::DeleteCustomer(grpc::CallbackServerContext* context,
                                                          const v1::DeleteCustomerRequest* request,
                                                          v1::DeleteCustomerResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Id("customer_id", request->customer_id());
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  Command command =
      CustomerCommand(StartCommand(frontend_, *request), request->tenant(), request->customer_id());
  command.mutable_delete_customer();
  SendAndFinish(frontend_, context, *request, std::move(command), response, reactor);
  return reactor;
}

grpc::ServerUnaryReactor* OperatorService::ActivatePolicy(grpc::CallbackServerContext* context,
                                                          const v1::ActivatePolicyRequest* request,
                                                          v1::ActivatePolicyResponse* response) {
  auto* reactor = context->DefaultReactor();
  rpc::FieldViolations faults;
  CheckFrame(*request, faults);
  faults.Require("bundle",
                 !request->bundle().empty() &&
                     request->bundle().size() <= policy::CompiledPolicy::kMaxBundleBytes,
                 "must have 1 to " + std::to_string(policy::CompiledPolicy::kMaxBundleBytes) +
                     " bytes; it has " + std::to_string(request->bundle().size()));
  if (!faults.ok()) {
    reactor->Finish(faults.ToGrpc());
    return reactor;
  }
  Command command = StartCommand(frontend_, *request);
  command.set_aggregate(ids::TenantKey(request->tenant()));
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_SYSTEM);
  command.mutable_actor()->set_id("operator");
  command.mutable_activate_policy()->set_bundle(request->bundle());
  SendAndFinish<v1::ActivatePolicyRequest, v1::ActivatePolicyResponse>(
      frontend_, context, *request, std::move(command), response, reactor,
      [](const Submitted& submitted, v1::ActivatePolicyResponse& r) {
        if (!submitted.decision) return;
        for (const core::v1::Event& event : submitted.decision->events()) {
          r.set_revision(event.policy_activated().revision());
          r.set_bundle_hash(event.policy_activated().bundle_hash());
        }
      });
  return reactor;
}

grpc::ServerUnaryReactor* OperatorService::GetAcceptedCommand(
    grpc::CallbackServerContext* context, const v1::GetAcceptedCommandRequest* request,
    v1::GetAcceptedCommandResponse* response) {
  auto* reactor = context->DefaultReactor();
  std::optional<core::v1::Decision> decision = frontend_.decisions.Find(request->command_id());
  if (!decision) {
    reactor->Finish(rpc::MakeError(grpc::StatusCode::NOT_FOUND,
                                   "command_id: not decided yet, or too long ago",
                                   {.reason = "UNKNOWN_COMMAND"}));
    return reactor;
  }
  response->set_command_id(request->command_id());
  response->set_outcome(decision->outcome());
  response->set_reason(decision->reason());
  response->set_version(decision->version());
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace plazo::intake
