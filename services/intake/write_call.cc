#include "services/intake/write_call.h"

#include "platform/blob/blob_store.h"

namespace plazo::intake {

using core::v1::CustomerSnapshot;
using core::v1::CustomerState;

grpc::Status StatusOf(const Submitted& submitted) {
  if (!submitted.accepted.ok()) {
    return rpc::UnavailableError("NOT_ACCEPTED",
                                 "the log did not confirm the command; send it again");
  }
  if (submitted.decision && submitted.decision->outcome() == core::v1::OUTCOME_REFUSED) {
    return rpc::Refused(submitted.decision->reason(), submitted.decision->message());
  }
  return grpc::Status::OK;
}

namespace {

// Tries `find`; if it finds nothing, once more when the directory has caught up.
template <typename Found>
void FindOrWait(const Frontend& frontend, std::function<std::optional<Found>()> find,
                std::string field, std::string reason, grpc::ServerUnaryReactor* reactor,
                std::function<void(Found)> go) {
  if (std::optional<Found> found = find()) return go(*std::move(found));
  const bool queued = frontend.workers.Run([=, &frontend] {
    absl::Status caught_up = frontend.directory.CatchUp(frontend.directory_wait);
    if (std::optional<Found> found = find()) return go(*std::move(found));
    if (!caught_up.ok()) {
      return reactor->Finish(
          rpc::UnavailableError("DIRECTORY_BEHIND", "the customer directory is catching up"));
    }
    reactor->Finish(rpc::MakeError(grpc::StatusCode::NOT_FOUND, field + ": unknown",
                                   {.reason = reason, .violations = {{field, "unknown"}}}));
  });
  if (!queued) reactor->Finish(rpc::UnavailableError("BUSY", "too many calls are waiting"));
}

}  // namespace

void WithCustomer(const Frontend& frontend, const std::string& tenant,
                  const std::string& customer_id, std::string field,
                  grpc::ServerUnaryReactor* reactor, std::function<void(CustomerState)> go) {
  FindOrWait<CustomerState>(
      frontend,
      [&frontend, tenant, customer_id] {
        return frontend.directory.FindCustomer(tenant, customer_id);
      },
      std::move(field), "UNKNOWN_CUSTOMER", reactor, std::move(go));
}

void WithTenant(const Frontend& frontend, const std::string& tenant,
                grpc::ServerUnaryReactor* reactor, std::function<void(Tenant)> go) {
  FindOrWait<Tenant>(
      frontend, [&frontend, tenant] { return frontend.directory.FindTenant(tenant); }, "tenant",
      "UNKNOWN_TENANT", reactor, std::move(go));
}

CustomerSnapshot SnapshotOf(const CustomerState& customer, core::v1::SenderTrust trust) {
  CustomerSnapshot snapshot;
  snapshot.set_customer_id(customer.profile().customer_id());
  snapshot.set_version(customer.version());
  snapshot.set_name(customer.profile().name());
  snapshot.set_language(customer.profile().language());
  snapshot.set_time_zone(customer.profile().time_zone());
  snapshot.set_plan(customer.profile().plan());
  *snapshot.mutable_services() = customer.profile().services();
  snapshot.set_trust(trust);
  return snapshot;
}

void CheckAttachments(
    const google::protobuf::RepeatedPtrField<core::v1::AttachmentRef>& attachments, size_t max,
    rpc::FieldViolations& faults) {
  faults.MaxCount("attachments", attachments.size(), max);
  for (int i = 0; i < attachments.size(); ++i) {
    const auto& attachment = attachments[i];
    faults.Require(rpc::FieldPath("attachments", i, "blob_id"),
                   blob::IsBlobId(attachment.blob_id()), "must be the id UploadAttachment gave");
    faults.Text(rpc::FieldPath("attachments", i, "filename"), attachment.filename(),
                {.required = true, .max_bytes = 255, .single_line = true});
  }
}

}  // namespace plazo::intake
