#include <absl/synchronization/notification.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "platform/rpc/client.h"
#include "platform/rpc/errors.h"
#include "platform/rpc/field_violations.h"
#include "platform/rpc/server.h"
#include "plazo/testing/v1/echo.grpc.pb.h"

namespace plazo::rpc {
namespace {

using plazo::testing::v1::EchoRequest;
using plazo::testing::v1::EchoResponse;
using plazo::testing::v1::EchoService;
using ::testing::HasSubstr;

// "fail" answers with details, "flaky" is unavailable twice, "long" tells the length.
class EchoServer final : public EchoService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    auto* reactor = context->DefaultReactor();
    response->set_text(request->text());
    response->set_traceparent(TraceparentOf(*context));
    time_left = TimeLeft(*context);
    grpc::Status status;
    if (request->text() == "fail") status = Refused("TICKET_CLOSED", "the ticket is closed");
    if (request->text() == "flaky" && ++attempts < 3)
      status = UnavailableError("NO_BROKER", "no broker");
    reactor->Finish(status);
    return reactor;
  }

  grpc::ServerWriteReactor<EchoResponse>* Watch(grpc::CallbackServerContext*,
                                                const EchoRequest* request) override {
    class Reactor final : public grpc::ServerWriteReactor<EchoResponse> {
     public:
      explicit Reactor(const EchoRequest& request) {
        response_.set_text(request.text());
        StartWrite(&response_);
      }
      void OnCancel() override { Finish(grpc::Status::CANCELLED); }
      void OnDone() override { delete this; }

     private:
      EchoResponse response_;
    };
    return new Reactor(*request);
  }

  std::atomic<int> attempts{0};
  absl::Duration time_left;
};

// The health service's messages are one field each: a name to ask with, a number in the answer.
int Health(const std::shared_ptr<grpc::Channel>& channel, const std::string& name) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  Prepare(context, absl::Seconds(5));
  EchoRequest request;
  request.set_text(name);  // field 1, as HealthCheckRequest.service
  grpc::Slice slice(request.SerializeAsString());
  grpc::ByteBuffer in(&slice, 1), out;
  absl::Notification done;
  grpc::Status status;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &in, &out,
                 [&](grpc::Status s) {
                   status = std::move(s);
                   done.Notify();
                 });
  done.WaitForNotification();
  if (!status.ok()) return -status.error_code();
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(out.Dump(&slices).ok());
  // 08 01 = SERVING, 08 02 = NOT_SERVING
  return slices.empty() || slices[0].size() < 2 ? 0 : slices[0].begin()[1];
}
constexpr int kServing = 1;
constexpr int kNotServing = 2;

class ServerTest : public ::testing::Test {
 protected:
  void StartServer(ServerOptions options = {}) {
    auto server = Server::Start(options, {&echo_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = *OpenChannel({.address = server_->address()});
    stub_ = EchoService::NewStub(channel_);
  }
  grpc::Status Call(const std::string& text, EchoResponse* response,
                    std::string_view traceparent = {}) {
    grpc::ClientContext context;
    Prepare(context, absl::Seconds(5), traceparent);
    EchoRequest request;
    request.set_text(text);
    return stub_->Echo(&context, request, response);
  }

  EchoServer echo_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<EchoService::Stub> stub_;
  EchoResponse response_;
};

TEST_F(ServerTest, AnswersOnTheBoundPort) {
  StartServer();
  EXPECT_GT(server_->port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_TRUE(
      Call("hello", &response_, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").ok());
  EXPECT_EQ(response_.text(), "hello");
  EXPECT_EQ(response_.traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_GT(echo_.time_left, absl::Seconds(1));
  EXPECT_LE(echo_.time_left, absl::Seconds(5));
}

TEST_F(ServerTest, ATakenPortIsUnavailable) {
  StartServer();
  EchoServer other;
  const auto second = Server::Start({.address = server_->address()}, {&other});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(second.status().ToString(), HasSubstr(server_->address()));
}

TEST_F(ServerTest, HealthIsWhatTheServiceSaysOfItself) {
  StartServer();
  const std::string name = "plazo.testing.v1.EchoService";
  EXPECT_EQ(Health(channel_, ""), kNotServing);
  EXPECT_EQ(Health(channel_, name), kNotServing);
  server_->SetServing(true);
  EXPECT_EQ(Health(channel_, ""), kServing);
  EXPECT_EQ(Health(channel_, name), kServing);
  EXPECT_EQ(Health(channel_, "no.such.Service"), -grpc::StatusCode::NOT_FOUND);
  server_->SetServing(false);
  EXPECT_EQ(Health(channel_, name), kNotServing);
}

TEST_F(ServerTest, DrainEndsStreamsThatDoNotEndByThemselves) {
  StartServer({.drain_timeout = absl::Milliseconds(50)});
  grpc::ClientContext context;
  EchoRequest request;
  request.set_text("x");
  auto reader = stub_->Watch(&context, request);
  ASSERT_TRUE(reader->Read(&response_));
  server_->Drain();
  server_->Drain();
  EXPECT_FALSE(reader->Read(&response_));
  EXPECT_FALSE(reader->Finish().ok());
  server_->SetServing(true);  // too late: must not resurrect anything
}

TEST_F(ServerTest, TooLargeAMessageIsRefused) {
  StartServer({.max_receive_bytes = 1000});
  EXPECT_EQ(Call(std::string(2000, 'x'), &response_).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, UnreadableCertificatesAreNamed) {
  const auto server = Server::Start({.tls = {.certificate = "/nonexistent.pem", .key = "/k"}}, {});
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(server.status().ToString(), HasSubstr("/nonexistent.pem"));
}

TEST_F(ServerTest, DetailsTravel) {
  StartServer();
  const grpc::Status status = Call("fail", &response_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "the ticket is closed");
  EXPECT_EQ(DetailsOf(status).reason, "TICKET_CLOSED");
  EXPECT_EQ(DetailsOf(status).domain, "plazo");
}

TEST_F(ServerTest, TheChannelRepeatsWhatIsUnavailable) {
  StartServer();
  EXPECT_TRUE(Call("flaky", &response_).ok());
  EXPECT_EQ(echo_.attempts, 3);
}

TEST_F(ServerTest, TheChannelRepeatsNothingWhenToldSo) {
  StartServer();
  stub_ = EchoService::NewStub(*OpenChannel({.address = server_->address(), .max_attempts = 1}));
  const grpc::Status status = Call("flaky", &response_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(DetailsOf(status).retry_delay, kDefaultRetryDelay);
  EXPECT_EQ(echo_.attempts, 1);
}

TEST(Errors, EveryDetailIsReadBack) {
  const ErrorDetails details{.reason = "R",
                             .metadata = {{"a", "1"}, {"b", "2"}},
                             .violations = {{"x", "must not be empty"}, {"y[1].z", "too long"}},
                             .retry_delay = absl::Milliseconds(2500)};
  const ErrorDetails back = DetailsOf(MakeError(grpc::StatusCode::ABORTED, "m", details));
  EXPECT_EQ(back.reason, "R");
  EXPECT_EQ(back.domain, "plazo");
  EXPECT_EQ(back.metadata, details.metadata);
  EXPECT_EQ(back.violations, details.violations);
  EXPECT_EQ(back.retry_delay, details.retry_delay);
}

// Other languages' libraries look for exactly these names.
TEST(Errors, StandOnTheWireUnderGooglesNames) {
  google::rpc::Status wire;
  ASSERT_TRUE(wire.ParseFromString(Refused("R", "m").error_details()));
  EXPECT_EQ(wire.code(), 9);
  ASSERT_EQ(wire.details_size(), 1);
  EXPECT_EQ(wire.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
}

TEST(Errors, RetryInfoComesWithTheCodesThatInviteIt) {
  EXPECT_EQ(DetailsOf(ToGrpc(absl::UnavailableError("x"))).retry_delay, kDefaultRetryDelay);
  EXPECT_EQ(DetailsOf(ToGrpc(absl::ResourceExhaustedError("x"))).retry_delay, kDefaultRetryDelay);
  EXPECT_EQ(DetailsOf(ToGrpc(absl::NotFoundError("x"))).retry_delay, std::nullopt);
  EXPECT_TRUE(IsRetryable(ToGrpc(absl::AbortedError("x"))));
  EXPECT_FALSE(IsRetryable(ToGrpc(absl::InvalidArgumentError("x"))));
}

TEST(Errors, CodesAndMessagesGoBothWaysButInternalsStayInside) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "secret");
    EXPECT_EQ(FromGrpc(ToGrpc(status)).code(), status.code());
    const bool inside = code == 2 || code == 13;
    EXPECT_EQ(ToGrpc(status).error_message(), inside ? "internal error" : "secret");
  }
}

TEST(Errors, DamagedDetailsAreNone) {
  EXPECT_EQ(DetailsOf(grpc::Status(grpc::StatusCode::ABORTED, "m", "\xff\xff junk")).reason, "");
}

TEST(FieldViolations, AreCollectedAndSentAtOnce) {
  FieldViolations v;
  EXPECT_TRUE(v.Text("body", "hello\nworld", {.required = true}));
  EXPECT_TRUE(v.ok());
  EXPECT_FALSE(v.Text("subject", "", {.required = true}));
  EXPECT_FALSE(v.Text("subject", "a\nb", {.single_line = true}));
  EXPECT_FALSE(v.Text("text", "12345", {.max_bytes = 4}));
  EXPECT_FALSE(v.Text("text", "\xff", {}));
  EXPECT_FALSE(v.Text("text", std::string_view("a\0b", 3), {}));
  EXPECT_FALSE(v.Id("request_id", "a b"));
  EXPECT_FALSE(v.Id("request_id", std::string(129, 'a')));
  EXPECT_FALSE(v.MaxCount("attachments", 3, 2));
  EXPECT_FALSE(v.Require(FieldPath("attachments", 2, "id"), false, "unknown"));
  EXPECT_TRUE(v.Text("optional", "", {}));
  EXPECT_TRUE(v.Id("id", "A-z_0.9:@"));
  const grpc::Status status = v.ToGrpc();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "subject: must not be empty (and 8 more)");
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.violations, v.violations());
  ASSERT_EQ(details.violations.size(), 9u);
  EXPECT_EQ(details.violations.back().field, "attachments[2].id");
}

}  // namespace
}  // namespace plazo::rpc
