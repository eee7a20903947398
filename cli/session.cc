#include "cli/session.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include "platform/base/status.h"
#include "platform/config/duration.h"
#include "platform/kafka/librdkafka_broker.h"

namespace plazo::cli {
namespace {

constexpr int kNotAllowed = 77;  // EX_NOPERM

}  // namespace

absl::Duration Session::CallTimeout() const {
  return config::ParseDuration(timeout).value_or(absl::Seconds(10));
}

absl::StatusOr<std::shared_ptr<kafka::Broker>> Session::OpenKafka() const {
  if (broker != nullptr) return broker;
  kafka::LibrdkafkaOptions options;
  options.bootstrap_servers = kafka;
  options.client_id = "plazoctl";
  for (const std::string& property : kafka_properties) {
    const size_t equals = property.find('=');
    if (equals == std::string::npos) {
      return InvalidArgument("--kafka-property " + property + ": must be key=value");
    }
    options.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  auto made = kafka::LibrdkafkaBroker::Make(std::move(options));
  if (!made.ok()) return made.status();
  return std::shared_ptr<kafka::Broker>(*std::move(made));
}

int Session::Fail(const absl::Status& status) {
  err << "plazoctl: " << ToStd(status.message()) << "\n";
  return ToInt(ExitCodeOf(status));
}

int Session::Misuse(std::string_view what) {
  err << "plazoctl: " << what << "\n";
  return ToInt(runtime::ExitCode::kUsage);
}

void Session::PrintJson(const google::protobuf::Message& message) {
  out << JsonText(message) << std::endl;  // a reader of a stream sees each line at once
}

void AddSessionOptions(const Command& root, Session& session) {
  root.Text("--intake", &session.intake, "gRPC address of intake", {.environment = "PLAZO_INTAKE"})
      .Text("--desk", &session.desk, "gRPC address of desk", {.environment = "PLAZO_DESK"})
      .Text("--kafka", &session.kafka, "bootstrap servers of Kafka", {.environment = "PLAZO_KAFKA"})
      .Texts("--kafka-property", &session.kafka_properties,
             "key=value for librdkafka, several times: security.protocol=ssl")
      .Text("--topic-prefix", &session.topic_prefix, "put before topics and groups",
            {.environment = "PLAZO_TOPIC_PREFIX"})
      .Text("--redis", &session.redis, "Redis of sla-timer, several separated by commas",
            {.environment = "PLAZO_REDIS"})
      .Text("--tenant", &session.tenant, "the provider spoken for", {.environment = "PLAZO_TENANT"})
      .Text("--timeout", &session.timeout, "of one call: 500ms, 10s, 2m")
      .Flag("--tls", &session.tls, "speak TLS with intake and desk")
      .Text("--tls-ca", &session.tls_ca, "PEM file of authorities; none = the system's")
      .Text("--tls-certificate", &session.tls_certificate, "PEM file shown to the server")
      .Text("--tls-key", &session.tls_key, "PEM file of its key")
      .Flag("--json", &session.json, "answer with one JSON object a line");
}

runtime::ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return runtime::ExitCode::kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return runtime::ExitCode::kDataError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnimplemented:
      return runtime::ExitCode::kUnavailable;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return static_cast<runtime::ExitCode>(kNotAllowed);
    default:
      return runtime::ExitCode::kSoftware;
  }
}

std::string JsonText(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &text, options);
  return printed.ok() ? text : "{}";
}

std::string JsonQuoted(std::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(text));
  return JsonText(value);
}

}  // namespace plazo::cli
