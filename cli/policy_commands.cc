#include "cli/policy_commands.h"

#include <memory>

#include "cli/last_value.h"
#include "cli/remote.h"
#include "domain/ids/ids.h"
#include "platform/base/encoding.h"
#include "platform/base/random.h"
#include "platform/base/status.h"
#include "platform/base/zstd.h"
#include "platform/observability/json_line.h"
#include "plazo/core/v1/state.pb.h"
#include "plazo/intake/v1/operator.pb.h"

namespace plazo::cli {
namespace {

constexpr size_t kMaxContentBytes = 64 << 20;
constexpr std::string_view kTenantPrefix = "tenant:";

struct PolicyArguments {
  std::vector<std::string> files;
  std::string lexicons, request_id;
};

PolicyFileOptions OptionsOf(const PolicyArguments& arguments) {
  PolicyFileOptions options;
  options.lexicon_folder = arguments.lexicons;
  return options;
}

// A file, or `tenant:NAME` for what is in force.
absl::StatusOr<PolicyFile> LoadPolicy(Session& session, const std::string& source,
                                      const PolicyArguments& arguments) {
  if (source.rfind(kTenantPrefix, 0) != 0) return LoadPolicyFile(source, OptionsOf(arguments));
  auto broker = session.OpenKafka();
  if (!broker.ok()) return broker.status();
  auto active = ReadActivePolicy(**broker, session.topics(), source.substr(kTenantPrefix.size()),
                                 session.CallTimeout());
  if (!active.ok()) return active.status();
  return std::move(active->file);
}

int Check(Session& session, const PolicyArguments& arguments) {
  int exit = 0;
  for (const std::string& path : arguments.files) {
    const auto file = LoadPolicyFile(path, OptionsOf(arguments));
    if (!file.ok()) exit = ToInt(runtime::ExitCode::kDataError);
    if (session.json) {
      observability::JsonLine line;
      line.AddString("file", path);
      line.AddBool("ok", file.ok());
      line.AddString("error", ToStd(file.status().message()));
      line.AddString("tenant", file.ok() ? file->compiled->tenant() : "");
      line.AddString("bundle_hash", file.ok() ? file->compiled->hash() : "");
      line.AddUnsigned("bundle_bytes", file.ok() ? file->bundle.size() : 0);
      session.out << line.Take() << "\n";
    } else if (file.ok()) {
      session.out << path << ": ok, tenant " << file->compiled->tenant() << ", "
                  << file->bundle.size() << " bytes, " << file->compiled->hash() << "\n";
    } else {
      session.err << ToStd(file.status().message()) << "\n";
    }
  }
  return exit;
}

int Show(Session& session, const PolicyArguments& arguments) {
  std::string source = arguments.files.empty() ? "" : arguments.files.front();
  if (source.empty() && session.tenant.empty()) return session.Misuse("give a FILE or --tenant");
  if (source.empty()) source = std::string(kTenantPrefix) + session.tenant;
  const auto file = LoadPolicy(session, source, arguments);
  if (!file.ok()) return session.Fail(file.status());
  if (session.json) {
    session.PrintJson(file->content.policy());
  } else {
    session.out << PrintPolicy(*file);
  }
  return 0;
}

int Diff(Session& session, const PolicyArguments& arguments) {
  if (arguments.files.size() != 2) return session.Misuse("give two policies");
  const auto before = LoadPolicy(session, arguments.files[0], arguments);
  if (!before.ok()) return session.Fail(before.status());
  const auto after = LoadPolicy(session, arguments.files[1], arguments);
  if (!after.ok()) return session.Fail(after.status());
  const std::string difference = DiffPolicies(before->content.policy(), after->content.policy());
  session.out << difference;
  if (!difference.empty()) return 1;
  if (before->compiled->hash() == after->compiled->hash()) return 0;
  session.out << "the policies are the same, their lexicons or time zones differ\n";
  return 1;
}

// Asks again with the same id, which changes nothing, until the router has decided.
absl::Status Activate(const Remote& intake, intake::v1::ActivatePolicyRequest& request,
                      intake::v1::ActivatePolicyResponse& response) {
  constexpr int kAttempts = 24;
  for (int i = 0; i < kAttempts; ++i) {
    PLAZO_RETURN_IF_ERROR(intake.Call("plazo.intake.v1.OperatorService/ActivatePolicy", request,
                                      response, absl::Seconds(15)));
    if (response.decision() != intake::v1::PENDING) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("accepted, but not decided yet: does the router run?");
}

int Publish(Session& session, const PolicyArguments& arguments) {
  const auto file = LoadPolicyFile(arguments.files.front(), OptionsOf(arguments));
  if (!file.ok()) return session.Fail(file.status());
  const std::string& tenant = file->compiled->tenant();
  if (!session.tenant.empty() && session.tenant != tenant) {
    return session.Fail(InvalidArgument("the policy is for the tenant " + tenant));
  }
  auto intake = Remote::Open(session, session.intake);
  if (!intake.ok()) return session.Fail(intake.status());
  SystemRandom random;
  intake::v1::ActivatePolicyRequest request;
  intake::v1::ActivatePolicyResponse response;
  request.set_tenant(tenant);
  request.set_request_id(arguments.request_id.empty() ? Hex(random.Bytes(12))
                                                      : arguments.request_id);
  request.mutable_decision_wait()->set_seconds(5);
  request.set_bundle(file->bundle);
  if (absl::Status s = Activate(*intake, request, response); !s.ok()) {
    session.err << "plazoctl: request_id " << request.request_id() << "\n";
    return session.Fail(s);
  }
  if (session.json) {
    session.PrintJson(response);
  } else {
    session.out << "tenant " << tenant << " revision "
                << (response.revision() != 0 ? response.revision() : response.version())
                << " bundle_hash " << file->compiled->hash() << " (request_id "
                << request.request_id() << ")\n";
  }
  return 0;
}

}  // namespace

absl::StatusOr<ActivePolicy> ReadActivePolicy(kafka::Broker& broker, const Topics& topics,
                                              const std::string& tenant, absl::Duration timeout) {
  const std::string key = ids::TenantKey(tenant);
  auto value =
      LastValue(broker, {topics.directory, kafka::MurmurPartition(key, kPartitions)}, key, timeout);
  if (!value.ok()) return value.status();
  core::v1::StateRecord record;
  if (!value->has_value()) return absl::NotFoundError("the tenant " + tenant + " has no policy");
  if (!record.ParseFromString(**value)) return absl::DataLossError(key + " cannot be read");
  ActivePolicy active;
  active.revision = record.tenant().revision();
  active.file.bundle = record.tenant().bundle();
  auto content = ZstdDecompress(active.file.bundle, kMaxContentBytes);
  if (!content.ok()) return content.status();
  if (!active.file.content.ParseFromString(*content)) {
    return absl::DataLossError("the bundle of " + tenant + " cannot be read");
  }
  auto compiled = policy::CompiledPolicy::Compile(active.file.bundle);
  if (!compiled.ok()) return compiled.status();
  active.file.compiled = *std::move(compiled);
  return active;
}

void AddPolicy(const Command& root, Session& session) {
  const Command policy = root.Sub("policy", "how a provider works: who answers what, and how fast");
  const std::string lexicon_help = "folder of lexicons; `lexicon` beside the policy if not given";
  auto arguments = std::make_shared<PolicyArguments>();
  const auto add = [&](const std::string& name, const std::string& summary, const std::string& help,
                       bool required, int (*run)(Session&, const PolicyArguments&)) {
    const Command sub = policy.Sub(name, summary);
    sub.Texts("FILE", &arguments->files, help, {.required = required})
        .Text("--lexicons", &arguments->lexicons, lexicon_help)
        .Run([&session, arguments, run] { return run(session, *arguments); });
    return sub;
  };
  add("check", "tells all that is wrong, with file:line:column", "policy files", true, &Check);
  add("show", "the policy with what is left out filled in",
      "policy file, or tenant:NAME for what is in force; none = that of --tenant", false, &Show);
  add("diff", "what differs; exit code 1 when something does",
      "two of: policy file, tenant:NAME for what is in force", true, &Diff);
  add("publish", "puts the policy in force in every lane", "policy file", true, &Publish)
      .Text("--request-id", &arguments->request_id, "idempotency key; random if not given");
}

}  // namespace plazo::cli
