#include "services/desk/desk_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"
#include "domain/sla/clocks.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/blob/fake/memory_blob_store.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/redis/testing/redis_server.h"

namespace plazo::desk {
namespace {

using namespace core::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTenant[] = "acme";

// A desk over a log in memory and a real Redis, asked through gRPC; pumped by hand.
class DeskServiceTest : public ::testing::Test {
 protected:
  DeskServiceTest() {
    for (const std::string& topic : topics_.All()) broker_.CreateTopic(topic, kPartitions);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::DeskService::NewStub(server_->InProcessChannel({}));
    timelines_.Attach(timeline_writer_);
    Pump();
  }
  ~DeskServiceTest() override {
    queues_.EndAll();
    notifications_.EndAll();
    server_->Shutdown();
  }

  void Pump() {
    clock_.Advance(absl::Seconds(2));
    // The table first, which the feed waits for.
    for (int i = 0; i < 40; ++i) table_reader_.RunOnce();
    for (int i = 0; i < 40; ++i) {
      directory_.RunOnce();
      timeline_writer_.RunOnce();
      sla_reader_.RunOnce();
      feed_reader_.RunOnce();
    }
  }

  int32_t Lane(const std::string& key) { return kafka::MurmurPartition(key, kPartitions); }
  void Write(const std::string& topic, int32_t lane, const std::string& key,
             std::optional<std::string> value, std::vector<kafka::Header> headers = {}) {
    broker_.Append({.topic = topic,
                    .partition = lane,
                    .key = key,
                    .value = std::move(value),
                    .headers = std::move(headers)});
  }

  TicketState& Ticket(const std::string& id, const std::string& team = "first") {
    TicketState& ticket = tickets_by_id_[id];
    ticket.set_ticket_id(id);
    ticket.set_tenant(kTenant);
    ticket.set_case_number("case-" + id);
    ticket.set_team(team);
    ticket.set_status(TICKET_STATUS_OPEN);
    ticket.mutable_customer()->set_customer_id("42");
    ticket.mutable_headline()->set_subject("subject of " + id);
    return ticket;
  }
  // As the router would: the decision, then state and checkpoint, visible together.
  void Decide(const std::string& id, std::vector<Event> events = {}) {
    const std::string key = ids::TicketKey(id);
    const int32_t lane = Lane(key);
    TicketState& ticket = tickets_by_id_.at(id);
    ticket.set_version(ticket.version() + 1);
    *ticket.mutable_changed_time() = ToProto(clock_.Now());
    const int64_t input = ++inputs_[lane];
    Decision decision;
    decision.set_command_id("c" + std::to_string(++commands_));
    *decision.mutable_decided_time() = ToProto(clock_.Now());
    for (Event& event : events) *decision.add_events() = std::move(event);
    Write(topics_.decisions, lane, key, decision.SerializeAsString(),
          {{"x-origin",
            topics_.inbound + "/" + std::to_string(lane) + "/" + std::to_string(input) + "/0"}});
    StateRecord state;
    *state.mutable_ticket() = ticket;
    Write(topics_.tickets, lane, key, state.SerializeAsString());
    StateRecord lane_record;
    lane_record.mutable_lane()->set_next_offset(input + 1);
    Write(topics_.tickets, lane, std::string(ids::kLaneKey), lane_record.SerializeAsString());
    Pump();
  }
  Event Said(ActorKind who, const std::string& text, Visibility visibility = VISIBILITY_PUBLIC) {
    Event event;
    MessageAdded& message = *event.mutable_message_added();
    message.set_message_id("m" + std::to_string(++messages_));
    message.mutable_author()->set_kind(who);
    message.set_visibility(visibility);
    message.mutable_content()->set_body(text);
    return event;
  }
  void Say(const std::string& id, ActorKind who, const std::string& text,
           Visibility visibility = VISIBILITY_PUBLIC) {
    TicketState& ticket = tickets_by_id_.at(id);
    ticket.set_messages(ticket.messages() + 1);
    if (who == ACTOR_KIND_CUSTOMER) {
      *ticket.mutable_last_customer_message_time() = ToProto(clock_.Now());
    }
    Decide(id, {Said(who, text, visibility)});
  }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::DeskService::Stub::*)(grpc::ClientContext*, const Request&,
                                                         Response*);
  template <typename Request, typename Response>
  Response Ask(Method<Request, Response> method, Request request) {
    grpc::ClientContext context;
    Response response;
    request.set_tenant(kTenant);
    status_ = (stub_.get()->*method)(&context, request, &response);
    return response;
  }

  const Topics topics_;
  ManualClock clock_{absl::FromCivil(absl::CivilHour(2026, 3, 10, 12), absl::UTCTimeZone())};
  kafka::FakeBroker broker_{clock_};
  const std::unique_ptr<redis::RedisServer> redis_server_ = *redis::RedisServer::Start();
  redis::Endpoints redis_ =
      redis::Endpoints::Open({redis_server_->address()}, {.clock = &clock_}, 4);
  const text::TemplateSet templates_ =
      *text::TemplateSet::Load({.directory = "templates", .required_kinds = {}});
  Policies policies_;
  TicketTable tickets_{policies_};
  Watchers watchers_{tickets_, 100};
  QueueWatchers queues_{tickets_, 100};
  kafka::Projector table_reader_{broker_, clock_, tickets_, {.topics = {topics_.tickets}}};
  kafka::Table directory_{broker_, clock_, {.topic = topics_.directory}};
  Timelines timelines_{redis_, clock_, "t.",
                       [](const kafka::TopicPartition&) { return kafka::kBeginning; }};
  kafka::Projector timeline_writer_{broker_, clock_, timelines_, {.topics = {topics_.decisions}}};
  Conversations conversations_{broker_, topics_.decisions, timelines_, templates_};
  SlaTable sla_{clock_, 92, [](const kafka::TopicPartition&, absl::Time) { return 0; }};
  kafka::Projector sla_reader_{broker_, clock_, sla_, {.topics = {topics_.sla}}};
  NotificationFeed notifications_{clock_,
                                  tickets_,
                                  conversations_,
                                  [](const kafka::TopicPartition&, absl::Time) { return 0; },
                                  {.table_wait = absl::ZeroDuration()}};
  kafka::Projector feed_reader_{broker_, clock_, notifications_, {.topics = {topics_.decisions}}};
  blob::MemoryBlobStore blobs_;
  observability::Metrics registry_;
  DeskMetrics metrics_{registry_};
  runtime::WorkerPool workers_{2, 100};
  DeskService service_{{.clock = clock_,
                        .tickets = tickets_,
                        .policies = policies_,
                        .sla = sla_,
                        .directory = directory_,
                        .conversations = conversations_,
                        .watchers = watchers_,
                        .queues = queues_,
                        .notifications = notifications_,
                        .metrics = metrics_,
                        .blobs = blobs_,
                        .workers = workers_}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::DeskService::Stub> stub_;
  std::map<std::string, TicketState> tickets_by_id_;
  std::map<int32_t, int64_t> inputs_;
  int commands_ = 0, messages_ = 0;
  grpc::Status status_;
};

TEST_F(DeskServiceTest, ExplainsADeadlineUnderThePolicyItWasPromisedUnder) {
  const std::string bundle = policy::Pack(policy::TestBundle());
  const auto policy = *policy::CompiledPolicy::Compile(bundle);
  // Mondays 9 to 17; this is Tuesday.
  policy::v1::ClockRule rule;
  rule.set_clock(CLOCK_KIND_UPDATE);
  rule.set_calendar("office");
  rule.mutable_target()->set_seconds(600);
  TicketState& ticket = Ticket("t");
  *ticket.mutable_received_time() = ToProto(clock_.Now() - absl::Minutes(5));
  *ticket.add_clocks() = sla::Start(*policy, rule, "", clock_.Now());
  Decide("t");
  v1::ExplainDeadlineRequest request;
  request.set_ticket_id("t");
  request.set_clock(CLOCK_KIND_UPDATE);
  Ask(&v1::DeskService::Stub::ExplainDeadline, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::FAILED_PRECONDITION);  // no lane keeps it

  StateRecord record;
  record.mutable_policy()->set_bundle(bundle);
  Write(topics_.tickets, 5, ids::PolicyKey(policy->hash()), record.SerializeAsString());
  Pump();
  const auto explained = Ask(&v1::DeskService::Stub::ExplainDeadline, request);
  ASSERT_TRUE(status_.ok()) << status_.error_message();
  EXPECT_EQ(explained.counted().seconds(), 600);
  EXPECT_EQ(explained.clock().policy_hash(), policy->hash());
  EXPECT_EQ(explained.tzdb_version(), "2030a");
  std::vector<std::string> causes;
  for (const auto& interval : explained.intervals()) causes.push_back(interval.cause());
  EXPECT_THAT(causes, ElementsAre("before the start", "outside of working hours", "working hours"));

  request.set_clock(CLOCK_KIND_ESTIMATE);
  Ask(&v1::DeskService::Stub::ExplainDeadline, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(registry_.Render(), HasSubstr("method=\"ExplainDeadline\",outcome=\"refused\"} 1"));
  EXPECT_THAT(registry_.Render(), HasSubstr("method=\"ExplainDeadline\",outcome=\"ok\"} 1"));
}

TEST_F(DeskServiceTest, ListsBreachesThatNobodyAcknowledgedHoweverOld) {
  for (const char* id : {"a", "b", "c"}) {
    OpenBreach* breach = Ticket(id).add_open_breaches();
    breach->set_clock(CLOCK_KIND_FIRST_RESPONSE);
    *breach->mutable_breach_time() = ToProto(clock_.Now() - absl::Hours(24 * 200));
    Decide(id);
  }
  v1::ListBreachesRequest request;
  request.set_unacknowledged_only(true);
  request.set_page_size(2);
  auto page = Ask(&v1::DeskService::Stub::ListBreaches, request);
  ASSERT_EQ(page.breaches_size(), 2);
  EXPECT_EQ(page.breaches(0).ticket_id(), "c");
  EXPECT_EQ(page.breaches(0).team(), "first");
  tickets_by_id_.at("a").clear_open_breaches();
  Decide("a");
  request.set_page_token(page.next_page_token());
  page = Ask(&v1::DeskService::Stub::ListBreaches, request);
  EXPECT_EQ(page.breaches_size(), 0);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_unacknowledged_only(false);
  Ask(&v1::DeskService::Stub::ListBreaches, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);  // another question's token
}

TEST_F(DeskServiceTest, ReportsHowMuchOfTheErrorBudgetIsSpent) {
  for (int i = 0; i < 10; ++i) {
    SlaFact fact;
    fact.set_kind(i == 0 ? SLA_FACT_KIND_BREACHED : SLA_FACT_KIND_MET);
    fact.set_clock(CLOCK_KIND_FIRST_RESPONSE);
    fact.set_tenant(kTenant);
    fact.set_ticket_id("t" + std::to_string(i));
    fact.set_channel(i < 5 ? CHANNEL_CHAT : CHANNEL_EMAIL);
    fact.mutable_elapsed()->set_seconds(60);
    *fact.mutable_detected_time() = ToProto(clock_.Now());
    Write(topics_.sla, i, "ticket/t", fact.SerializeAsString());
  }
  Pump();
  v1::GetSlaReportRequest request;
  request.set_objective(0.9);
  auto report = Ask(&v1::DeskService::Stub::GetSlaReport, request);
  ASSERT_EQ(report.rows_size(), 2);
  request.set_channel(CHANNEL_CHAT);
  report = Ask(&v1::DeskService::Stub::GetSlaReport, request);
  ASSERT_EQ(report.rows_size(), 1);
  EXPECT_EQ(report.rows(0).met(), 4);
  EXPECT_EQ(report.rows(0).breached(), 1);
  EXPECT_NEAR(report.rows(0).budget_burn(), 2, 1e-9);  // 20 % where 10 % are allowed
  EXPECT_NEAR(absl::ToDoubleSeconds(FromProto(report.rows(0).p99())), 60, 1.5);
  request.set_objective(1);
  Ask(&v1::DeskService::Stub::GetSlaReport, request);
  EXPECT_EQ(status_.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(DeskServiceTest, TheFeedIsWhatWeSaidOverAllTicketsNewestFirst) {
  Ticket("a");
  Ticket("b");
  Say("a", ACTOR_KIND_CUSTOMER, "help");
  Say("a", ACTOR_KIND_AGENT, "one");
  Say("a", ACTOR_KIND_AGENT, "hidden", VISIBILITY_INTERNAL);
  Say("b", ACTOR_KIND_AGENT, "two");
  Say("a", ACTOR_KIND_CUSTOMER, "thanks");
  Say("a", ACTOR_KIND_AGENT, "three");
  v1::ListNotificationsRequest request;
  request.set_customer_id("42");
  request.set_page_size(2);
  std::vector<std::string> texts;
  for (int page = 0; page < 3; ++page) {
    const auto listed = Ask(&v1::DeskService::Stub::ListNotifications, request);
    ASSERT_TRUE(status_.ok()) << status_.error_message();
    for (const auto& each : listed.notifications()) {
      texts.push_back(each.text() + (each.read() ? ", read" : "") + ", " + each.subject());
    }
    if (listed.next_page_token().empty()) break;
    request.set_page_token(listed.next_page_token());
  }
  EXPECT_THAT(texts,
              ElementsAre("three, subject of a", "two, subject of b", "one, read, subject of a"));
}

TEST_F(DeskServiceTest, AFeedGoesOnWhereAnEarlierStreamEnded) {
  Ticket("a");
  Ticket("b");
  Say("a", ACTOR_KIND_AGENT, "before");
  v1::WatchNotificationsRequest request;
  request.set_tenant(kTenant);
  request.set_customer_id("42");
  v1::WatchNotificationsResponse response;
  {
    grpc::ClientContext context;
    auto stream = stub_->WatchNotifications(&context, request);
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_FALSE(response.has_notification());
    Say("b", ACTOR_KIND_AGENT, "one");
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.notification().text(), "one");
    context.TryCancel();
  }
  request.set_resume_token(response.resume_token());
  Say("a", ACTOR_KIND_CUSTOMER, "mine");
  Say("a", ACTOR_KIND_AGENT, "two");
  Say("b", ACTOR_KIND_AGENT, "three");
  grpc::ClientContext context;
  auto stream = stub_->WatchNotifications(&context, request);
  std::vector<std::string> texts;
  while (stream->Read(&response) && response.has_notification()) {
    texts.push_back(response.notification().text());
  }
  EXPECT_THAT(texts, ElementsAre("two", "three"));
  context.TryCancel();
}

TEST_F(DeskServiceTest, AQueueIsStreamedAndGoesOnWhereItEnded) {
  Ticket("a");
  Ticket("b");
  Ticket("x", "second");
  for (const char* id : {"a", "b", "x"}) Decide(id);
  v1::WatchQueueRequest request;
  request.set_tenant(kTenant);
  request.set_team("first");
  v1::WatchQueueResponse response;
  auto told = [&] { return response.ticket().ticket_id() + (response.removed() ? " left" : ""); };
  {
    grpc::ClientContext context;
    auto stream = stub_->WatchQueue(&context, request);
    std::vector<std::string> first;
    while (stream->Read(&response) && response.has_ticket()) first.push_back(told());
    EXPECT_THAT(first, ElementsAre("a", "b"));
    tickets_by_id_.at("x").set_team("first");
    Decide("x");
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(told(), "x");
    tickets_by_id_.at("a").set_team("second");
    Decide("a");
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(told(), "a left");
    context.TryCancel();
  }
  request.set_resume_token(response.resume_token());
  tickets_by_id_.at("b").set_status(TICKET_STATUS_CLOSED);
  Decide("b");
  Decide("x");
  grpc::ClientContext context;
  auto stream = stub_->WatchQueue(&context, request);
  std::vector<std::string> since;
  while (stream->Read(&response) && response.has_ticket()) since.push_back(told());
  EXPECT_THAT(since, ElementsAre("b left", "x"));
  context.TryCancel();
  EXPECT_EQ(tickets_.CountOpen().at({kTenant, "first"}), 1);
  EXPECT_EQ(tickets_.CountOpen().at({kTenant, "second"}), 1);
}

TEST_F(DeskServiceTest, ExportsACustomerWithAllTicketsAndWords) {
  v1::ExportCustomerRequest request;
  request.set_tenant(kTenant);
  request.set_customer_id("42");
  v1::ExportCustomerResponse part;
  grpc::ClientContext unknown;
  auto none = stub_->ExportCustomer(&unknown, request);
  EXPECT_FALSE(none->Read(&part));
  EXPECT_EQ(none->Finish().error_code(), grpc::StatusCode::NOT_FOUND);

  StateRecord customer;
  customer.mutable_customer()->mutable_profile()->set_name("Ana");
  Write(topics_.directory, 0, ids::CustomerKey(kTenant, "42"), customer.SerializeAsString());
  Ticket("a");
  Ticket("b");
  Say("a", ACTOR_KIND_CUSTOMER, "help");
  Say("a", ACTOR_KIND_AGENT, "a note", VISIBILITY_INTERNAL);
  Say("b", ACTOR_KIND_AGENT, "two");
  grpc::ClientContext context;
  auto stream = stub_->ExportCustomer(&context, request);
  std::vector<std::string> told;
  while (stream->Read(&part)) {
    told.push_back(part.has_customer() ? part.customer().profile().name()
                   : part.has_ticket() ? part.ticket().ticket_id()
                                       : part.entry().text());
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(told, ElementsAre("Ana", "a", "help", "a note", "b", "two"));
}

}  // namespace
}  // namespace plazo::desk
