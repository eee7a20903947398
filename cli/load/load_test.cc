#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "cli/fake_intake.h"
#include "cli/load/run.h"
#include "plazo/intake/v1/agent.pb.h"
#include "plazo/intake/v1/chat.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

LoadPlanOptions SomeOptions() {
  return {
      .tenant = "acme", .run = "r", .mail_to = "help@acme.example", .mail_domain = "load.example"};
}

TEST(LatenciesTest, TellsQuantiles) {
  Latencies latencies;
  EXPECT_EQ(latencies.Quantile(0.5), absl::ZeroDuration());
  for (int ms = 100; ms >= 1; --ms) latencies.Add(absl::Milliseconds(ms));
  EXPECT_EQ(latencies.Quantile(0.5), absl::Milliseconds(50));
  EXPECT_EQ(latencies.Quantile(0.99), absl::Milliseconds(99));
  EXPECT_EQ(latencies.Quantile(1), absl::Milliseconds(100));
  EXPECT_EQ(latencies.Quantile(0), absl::Milliseconds(1));
  EXPECT_THAT(latencies.Histogram(4), ElementsAre(1, 1, 2, 96));
}

TEST(LoadPlanTest, ReadsAMix) {
  EXPECT_THAT(*ParseMix("ticket=1,reply=3"), ElementsAre(1, 0, 0, 3));
  for (const char* wrong : {"", "ticket", "ticket=-1", "ticket=x", "fax=1", "ticket=0"}) {
    EXPECT_FALSE(ParseMix(wrong).ok()) << wrong;
  }
}

TEST(LoadPlanTest, SendsTheSameForTheSameSeed) {
  LoadPlan a(SomeOptions()), b(SomeOptions());
  for (int i = 0; i < 50; ++i) {
    const LoadRequest first = a.Next(), second = b.Next();
    EXPECT_EQ(first.request->SerializeAsString(), second.request->SerializeAsString());
    EXPECT_EQ(first.method, second.method);
  }
}

TEST(LoadPlanTest, KeepsToTheMix) {
  LoadPlanOptions options = SomeOptions();
  options.mix = {1, 1, 1, 1};
  LoadPlan plan(options);
  plan.Opened("abc");
  std::map<LoadKind, int> counts;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const LoadRequest request = plan.Next();
    ++counts[request.kind];
    ids.insert(request.request_id);
  }
  for (const auto& [kind, count] : counts) EXPECT_NEAR(count, 250, 60) << NameOf(kind);
  EXPECT_THAT(counts, SizeIs(4));
  EXPECT_THAT(ids, SizeIs(1000));
}

TEST(LoadPlanTest, OpensATicketWhereThereIsNoneToReplyTo) {
  LoadPlanOptions options = SomeOptions();
  options.mix = {0, 0, 0, 1};
  LoadPlan plan(options);
  EXPECT_EQ(plan.Next().kind, LoadKind::kTicket);
  plan.Opened("abc");
  const LoadRequest reply = plan.Next();
  EXPECT_EQ(reply.kind, LoadKind::kReply);
  EXPECT_EQ(dynamic_cast<const intake::v1::ReplyRequest&>(*reply.request).ticket_id(), "abc");
}

TEST(LoadPlanTest, GivesEveryMailItsOwnMessageId) {
  LoadPlanOptions options = SomeOptions();
  options.mix = {0, 0, 1, 0};
  LoadPlan plan(options);
  const LoadRequest first = plan.Next(), second = plan.Next();
  const auto& mail = dynamic_cast<const intake::v1::SubmitEmailRequest&>(*first.request);
  EXPECT_THAT(mail.raw(), HasSubstr("Message-ID: <load-r-1@load.example>\r\n"));
  EXPECT_THAT(dynamic_cast<const intake::v1::SubmitEmailRequest&>(*second.request).raw(),
              HasSubstr("Message-ID: <load-r-2@load.example>\r\n"));
}

class LoadRunTest : public ::testing::Test {
 protected:
  LoadRunTest() : session_(in_, out_, out_) {
    session_.intake = server_.address();
    options_.rate = 200;
    options_.duration = absl::Milliseconds(250);
    options_.journal = &journal_;
  }

  LoadResult Run(LoadMix mix) {
    LoadPlanOptions plan_options = SomeOptions();
    plan_options.mix = mix;
    LoadPlan plan(plan_options);
    return RunLoad(*Remote::Open(session_, session_.intake), plan, options_);
  }

  std::istringstream in_;
  std::ostringstream out_, journal_;
  Session session_;
  LoadRunOptions options_;
  FakeIntake server_;
};

TEST_F(LoadRunTest, SendsAsManyAsTheRateSays) {
  intake::v1::SubmitTicketResponse response;
  response.set_decision(intake::v1::APPLIED);
  response.set_command_id("c1");
  response.set_ticket_id("t1");
  response.mutable_accept_time()->set_seconds(1);
  server_.Answer("TicketService/SubmitTicket", response);
  const LoadResult result = Run({1, 0, 0, 0});
  EXPECT_EQ(result.counts[0].sent, 50);
  EXPECT_EQ(result.counts[0].decided, 50);
  EXPECT_EQ(result.not_sent, 0);
  EXPECT_EQ(result.to_accept.count(), 50u);
  EXPECT_EQ(result.to_decision[0].count(), 50u);
  EXPECT_GE(result.took, absl::Milliseconds(245));
  EXPECT_THAT(server_.Asked<intake::v1::SubmitTicketRequest>("TicketService/SubmitTicket"),
              SizeIs(50));
  EXPECT_THAT(journal_.str(), HasSubstr("\"accepted\":true,\"command_id\":\"c1\""));
}

TEST_F(LoadRunTest, TellsPendingRefusedAndFailedApart) {
  intake::v1::SubmitEmailResponse pending;
  pending.set_disposition(intake::v1::ACCEPTED_PENDING);
  server_.Answer("EmailService/SubmitEmail", pending);
  server_.Fail("ChatService/SendChatMessage",
               grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "no"));
  server_.Fail("TicketService/SubmitTicket", grpc::Status(grpc::StatusCode::INTERNAL, "broken"));
  const LoadResult result = Run({1, 1, 1, 0});
  EXPECT_EQ(result.counts[0].failed, result.counts[0].sent);
  EXPECT_EQ(result.counts[1].refused, result.counts[1].sent);
  EXPECT_EQ(result.counts[2].pending, result.counts[2].sent);
  EXPECT_EQ(result.to_decision[2].count(), 0u);
  EXPECT_THAT(journal_.str(), HasSubstr("\"accepted\":false"));
}

TEST_F(LoadRunTest, SendsNoMoreThanThereIsRoomFor) {
  options_.max_in_flight = 0;
  const LoadResult result = Run({1, 0, 0, 0});
  EXPECT_EQ(result.not_sent, 50);
  EXPECT_EQ(result.counts[0].sent, 0);
}

}  // namespace
}  // namespace plazo::cli
