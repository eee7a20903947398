#include "cli/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/completion.h"
#include "cli/fake_intake.h"
#include "cli/topics_commands.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/rpc/errors.h"
#include "plazo/core/v1/command.pb.h"
#include "plazo/desk/v1/desk.pb.h"
#include "plazo/intake/v1/agent.pb.h"
#include "plazo/intake/v1/customer.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

struct Ran {
  int exit = -1;
  std::string out, err;
};

class CommandsTest : public ::testing::Test {
 protected:
  // One command line, as the shell would run it.
  Ran Run(std::vector<std::string> words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    Session session(in, out, err);
    session.intake = session.desk = server_.address();
    session.broker = broker_;
    session.tenant = "acme";
    session.timeout = "5s";
    CommandLine line("plazoctl", "test");
    AddCommands(line, session);
    std::vector<const char*> argv = {"plazoctl"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    Ran ran;
    ran.exit = line.ParseAndRun(static_cast<int>(argv.size()), argv.data(), out, err);
    ran.out = out.str();
    ran.err = err.str();
    return ran;
  }

  ManualClock clock_{1'800'000'000'000};
  std::shared_ptr<kafka::FakeBroker> broker_ = std::make_shared<kafka::FakeBroker>(clock_);
  FakeIntake server_;
};

TEST_F(CommandsTest, ExplainsFaultyCommandLines) {
  EXPECT_EQ(Run({}).exit, 64);
  EXPECT_EQ(Run({"nonsense"}).exit, 64);
  EXPECT_EQ(Run({"topics", "--nonsense", "list"}).exit, 64);
  const Ran ran = Run({"agent", "impact", "abc", "--agent", "ana", "--impact", "huge"});
  EXPECT_EQ(ran.exit, 64);
  EXPECT_THAT(ran.err, HasSubstr("--impact"));
  EXPECT_EQ(Run({"ticket", "reply", "abc", "text"}).exit, 64);  // without the customer
}

TEST_F(CommandsTest, HelpTellsTheExitCodes) {
  const Ran ran = Run({"--help"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("ticket"), HasSubstr("75 try again")));
  EXPECT_THAT(Run({"agent", "escalate", "--help"}).out, HasSubstr("--cause"));
}

TEST_F(CommandsTest, SendsAWriteWithItsFields) {
  intake::v1::SubmitTicketResponse response;
  response.set_decision(intake::v1::APPLIED);
  response.set_ticket_id("abc");
  response.set_case_number("123");
  response.set_version(1);
  server_.Answer("TicketService/SubmitTicket", response);
  const Ran ran = Run({"ticket", "submit", "--customer", "42", "--subject", "down", "it is down",
                       "--priority", "high", "--request-id", "r1", "--wait", "2s"});
  EXPECT_EQ(ran.out, "applied: ticket_id abc case_number 123 version 1 (request_id r1)\n");
  EXPECT_EQ(ran.exit, 0);
  const auto asked = server_.Asked<intake::v1::SubmitTicketRequest>("TicketService/SubmitTicket");
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].request_id(), "r1");
  EXPECT_EQ(asked[0].tenant(), "acme");
  EXPECT_EQ(asked[0].customer_id(), "42");
  EXPECT_EQ(asked[0].body(), "it is down");
  EXPECT_EQ(asked[0].priority(), core::v1::PRIORITY_HIGH);
  EXPECT_EQ(asked[0].department(), core::v1::DEPARTMENT_TECHNICAL);
  EXPECT_EQ(asked[0].decision_wait().seconds(), 2);
  EXPECT_FALSE(asked[0].has_expected_version());
}

TEST_F(CommandsTest, AnswersInJsonWithTheFieldsOfTheContract) {
  intake::v1::ReplyResponse response;
  response.set_decision(intake::v1::PENDING);
  response.set_command_id("c1");
  server_.Answer("AgentService/Reply", response);
  const Ran ran = Run({"--json", "agent", "reply", "abcdefghijklmnop", "hello", "--agent", "ana",
                       "--request-id", "r\"1"});
  EXPECT_THAT(ran.out, AllOf(StartsWith("{\"request_id\":\"r\\\"1\",\"command_id\":\"c1\","),
                             HasSubstr("\"decision\":\"PENDING\""), EndsWith("}\n")));
}

TEST_F(CommandsTest, DrawsARequestIdAndPrintsIt) {
  server_.Answer("AgentService/AddNote", intake::v1::AddNoteResponse());
  const Ran first =
      Run({"agent", "note", "abcdefghijklmnop", "-", "--agent", "ana"}, "from a pipe");
  const Ran second = Run({"agent", "note", "abcdefghijklmnop", "x", "--agent", "ana"});
  EXPECT_NE(first.out, second.out);
  const auto asked = server_.Asked<intake::v1::AddNoteRequest>("AgentService/AddNote");
  ASSERT_THAT(asked, SizeIs(2));
  EXPECT_THAT(first.out, HasSubstr(asked[0].request_id()));
  EXPECT_EQ(asked[0].body(), "from a pipe");
}

TEST_F(CommandsTest, TakesWordsThatAreCommandsAsText) {
  server_.Answer("AgentService/AddNote", intake::v1::AddNoteResponse());
  EXPECT_EQ(Run({"agent", "note", "abcdefghijklmnop", "list", "--agent", "ana"}).exit, 0);
  EXPECT_EQ(server_.Asked<intake::v1::AddNoteRequest>("AgentService/AddNote")[0].body(), "list");
}

TEST_F(CommandsTest, LooksUpACaseNumber) {
  desk::v1::GetTicketResponse ticket;
  ticket.mutable_ticket()->set_ticket_id("abcdefghijklmnop");
  server_.Answer("DeskService/GetTicket", ticket);
  server_.Answer("AgentService/Close", intake::v1::CloseResponse());
  EXPECT_EQ(Run({"agent", "close", "1234", "--agent", "ana"}).exit, 0);
  EXPECT_EQ(server_.Asked<desk::v1::GetTicketRequest>("DeskService/GetTicket")[0].case_number(),
            "1234");
  EXPECT_EQ(server_.Asked<intake::v1::CloseRequest>("AgentService/Close")[0].ticket_id(),
            "abcdefghijklmnop");
}

TEST_F(CommandsTest, NamesEveryFieldAtFault) {
  server_.Fail("CustomerService/UpsertCustomer",
               rpc::MakeError(grpc::StatusCode::INVALID_ARGUMENT, "2 faults",
                              {.reason = "INVALID_REQUEST",
                               .violations = {{"customer.email", "must be a mail address"},
                                              {"customer.plan", "unknown"}}}));
  const Ran ran = Run({"customer", "upsert", "42", "--email", "nonsense"});
  EXPECT_EQ(ran.exit, 65);
  EXPECT_EQ(ran.err,
            "plazoctl: INVALID_REQUEST: customer.email: must be a mail address; customer.plan: "
            "unknown\n");
}

TEST_F(CommandsTest, TellsRefusedFromUnavailable) {
  server_.Fail("AgentService/Resolve", rpc::Refused("TICKET_CLOSED", "the ticket is closed"));
  const Ran refused = Run({"agent", "resolve", "abcdefghijklmnop", "done", "--agent", "ana"});
  EXPECT_EQ(refused.exit, 65);
  EXPECT_EQ(refused.err, "plazoctl: TICKET_CLOSED: the ticket is closed\n");
  server_.Fail("AgentService/Resolve", rpc::UnavailableError("NOT_ACCEPTED", "no log"));
  const Ran away =
      Run({"agent", "resolve", "abcdefghijklmnop", "done", "--agent", "ana", "--request-id", "r7"});
  EXPECT_EQ(away.exit, 69);
  EXPECT_THAT(away.err, AllOf(HasSubstr("request_id r7"), HasSubstr("NOT_ACCEPTED: no log")));
  EXPECT_EQ(Run({"call", "log", "x", "--agent", "ana"}).exit, 69);  // not offered
}

TEST_F(CommandsTest, AttachesFiles) {
  intake::v1::UploadAttachmentResponse uploaded;
  uploaded.mutable_attachment()->set_blob_id("b1");
  server_.Answer("TicketService/UploadAttachment", uploaded);
  server_.Answer("TicketService/AddTicketMessage", intake::v1::AddTicketMessageResponse());
  const std::string path = ::testing::TempDir() + "plazoctl-attach.log";
  std::ofstream(path) << std::string(600'000, 'x');
  const Ran ran = Run({"ticket", "reply", "abcdefghijklmnop", "see the file", "--customer", "42",
                       "--attach", path});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto parts =
      server_.Asked<intake::v1::UploadAttachmentRequest>("TicketService/UploadAttachment");
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts[0].filename(), "plazoctl-attach.log");
  EXPECT_EQ(parts[0].content_type(), "text/plain");
  EXPECT_EQ(parts[0].data().size() + parts[1].data().size(), 600'000u);
  EXPECT_EQ(parts[1].filename(), "");
  const auto asked =
      server_.Asked<intake::v1::AddTicketMessageRequest>("TicketService/AddTicketMessage");
  ASSERT_EQ(asked[0].attachments_size(), 1);
  EXPECT_EQ(asked[0].attachments(0).blob_id(), "b1");
  std::filesystem::remove(path);
  EXPECT_EQ(Run({"ticket", "attach", path}).exit, 65);
}

struct MailRow {
  intake::v1::EmailDisposition disposition;
  int exit;
};

TEST_F(CommandsTest, DeliversMailAsAnMtaExpects) {
  for (const MailRow& row :
       {MailRow{intake::v1::ACCEPTED_NEW, 0}, MailRow{intake::v1::ACCEPTED_APPENDED, 0},
        MailRow{intake::v1::DUPLICATE, 0}, MailRow{intake::v1::AUTO_REPLY_IGNORED, 0},
        MailRow{intake::v1::BOUNCE_RECORDED, 0}, MailRow{intake::v1::FEEDBACK_REPORT_RECORDED, 0},
        MailRow{intake::v1::QUARANTINED, 0}, MailRow{intake::v1::ACCEPTED_PENDING, 0},
        MailRow{intake::v1::REJECTED, 65}}) {
    intake::v1::SubmitEmailResponse response;
    response.set_disposition(row.disposition);
    server_.Answer("EmailService/SubmitEmail", response);
    const Ran ran = Run(
        {"mail", "deliver", "--from", "a@b.example", "--to", "c@d.example", "--to", "e@f.example"},
        "Subject: x\r\n\r\n\xff\n");
    EXPECT_EQ(ran.exit, row.exit) << row.disposition;
  }
  const auto asked = server_.Asked<intake::v1::SubmitEmailRequest>("EmailService/SubmitEmail");
  EXPECT_EQ(asked[0].raw(), "Subject: x\r\n\r\n\xff\n");
  EXPECT_EQ(asked[0].envelope_from(), "a@b.example");
  EXPECT_THAT(asked[0].envelope_to(), ElementsAre("c@d.example", "e@f.example"));
}

TEST_F(CommandsTest, KeepsAMailForLaterWhateverGoesWrong) {
  const std::vector<std::string> deliver = {"mail", "deliver"};
  EXPECT_EQ(Run(deliver, "x").exit, 75);  // not offered: the wrong server, perhaps
  server_.Fail("EmailService/SubmitEmail", rpc::UnavailableError("NOT_ACCEPTED", "no log"));
  EXPECT_EQ(Run(deliver, "x").exit, 75);
  server_.Fail("EmailService/SubmitEmail", grpc::Status(grpc::StatusCode::INTERNAL, ""));
  EXPECT_EQ(Run(deliver, "x").exit, 75);
  server_.Fail("EmailService/SubmitEmail", grpc::Status(grpc::StatusCode::PERMISSION_DENIED, ""));
  EXPECT_EQ(Run(deliver, "x").exit, 75);
  server_.Fail("EmailService/SubmitEmail", grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, ""));
  EXPECT_EQ(Run(deliver, "x").exit, 65);
}

TEST_F(CommandsTest, RefusesAMailThatNoServerWillEverTake) {
  const Ran ran = Run({"mail", "deliver"}, std::string(8 << 20, 'x'));
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, HasSubstr("larger than max"));
}

TEST_F(CommandsTest, AppliesTopicsOnceAndAgain) {
  EXPECT_EQ(Run({"topics", "list"}).exit, 65);
  const Ran first = Run({"topics", "apply"});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("plazo.cmd.inbound.v1 created"));
  const Ran again = Run({"topics", "apply"});
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("plazo.cmd.inbound.v1 is as it should be"));
  EXPECT_EQ(Run({"topics", "list"}).exit, 0);
}

TEST_F(CommandsTest, SetsWhatDiffersAndRefusesOtherPartitions) {
  broker_->CreateTopic("plazo.cmd.inbound.v1", kPartitions, {{"retention.ms", "1"}});
  EXPECT_THAT(Run({"topics", "apply"}).out, HasSubstr("plazo.cmd.inbound.v1 configured"));
  broker_->CreateTopic("other.plazo.cmd.inbound.v1", 3);
  const Ran ran = Run({"topics", "apply", "--topic-prefix", "other."});
  EXPECT_EQ(ran.exit, 65);
  EXPECT_THAT(ran.err, HasSubstr("has 3 partitions, not 24"));
}

// A command by its key, as intake would send it.
kafka::OutRecord CommandRecord(const std::string& key) {
  core::v1::Command command;
  command.set_aggregate(key);
  command.mutable_actor()->set_kind(core::v1::ACTOR_KIND_AGENT);
  command.mutable_actor()->set_id("ana");
  command.mutable_assign()->set_team("billing");
  return {"plazo.cmd.inbound.v1", kafka::kPartitionByKey, key, command.SerializeAsString(), {}};
}

TEST_F(CommandsTest, TailsATopic) {
  Run({"topics", "apply"});
  broker_->Append(CommandRecord("ticket/a"));
  clock_.Advance(absl::Seconds(1));
  broker_->Append(CommandRecord("ticket/b"));
  const Ran all = Run({"tail", "inbound"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("ticket/a  assign by agent ana team=billing"),
                             HasSubstr("ticket/b")));
  EXPECT_THAT(Run({"tail", "inbound", "--key", "ticket/b"}).out,
              ::testing::Not(HasSubstr("ticket/a")));
  EXPECT_THAT(Run({"tail", "plazo.cmd.inbound.v1", "--max", "1", "--json"}).out,
              AllOf(HasSubstr("\"team\":\"billing\""), HasSubstr("\"offset\":0")));
  EXPECT_THAT(Run({"tail", "inbound", "-n", "1"}).out, HasSubstr("ticket/b"));
  EXPECT_THAT(Run({"tail", "inbound", "-n", "1", "--from", "beginning"}).out,
              HasSubstr("ticket/a"));
  EXPECT_EQ(Run({"tail", "inbound", "--from", "end"}).out, "");
  EXPECT_EQ(Run({"tail", "nonsense"}).exit, 64);
  EXPECT_EQ(Run({"tail", "inbound", "--from", "nonsense"}).exit, 64);
}

TEST_F(CommandsTest, ShowsAndReplaysDeadLetters) {
  Run({"topics", "apply"});
  kafka::OutRecord letter = CommandRecord("ticket/a");
  const int32_t lane = kafka::MurmurPartition("ticket/a", kPartitions);
  letter.topic = "plazo.dlq.v1";
  letter.partition = lane;
  letter.headers = {{"ce_id", "1"},
                    {"x-error", "UNDECIDABLE"},
                    {"x-origin", "plazo.cmd.inbound.v1/" + std::to_string(lane) + "/7"}};
  broker_->Append(letter);
  letter.value = "\xff";
  letter.headers[1].value = "UNDECODABLE";
  broker_->Append(letter);
  const std::string first = std::to_string(lane) + "/0", second = std::to_string(lane) + "/1";

  EXPECT_THAT(Run({"dlq", "list"}).out, AllOf(HasSubstr(first), HasSubstr("UNDECIDABLE: assign"),
                                              HasSubstr("UNDECODABLE: 1 unreadable bytes")));
  EXPECT_THAT(Run({"dlq", "list", "--error", "UNDECODABLE"}).out,
              ::testing::Not(HasSubstr("UNDECIDABLE")));
  EXPECT_THAT(Run({"dlq", "show", first}).out,
              AllOf(HasSubstr("x-error: UNDECIDABLE"), HasSubstr("team: \"billing\"")));
  EXPECT_EQ(Run({"dlq", "show", "0/99"}).exit, 65);

  EXPECT_EQ(Run({"dlq", "replay"}).exit, 64);
  EXPECT_EQ(Run({"dlq", "replay", first, "--dry-run"}).exit, 0);
  EXPECT_THAT(broker_->Records("plazo.cmd.inbound.v1"), SizeIs(0));
  EXPECT_EQ(Run({"dlq", "replay", first}).exit, 0);
  const auto replayed = broker_->Records("plazo.cmd.inbound.v1", lane);
  ASSERT_THAT(replayed, SizeIs(1));
  EXPECT_EQ(replayed[0].key, "ticket/a");
  EXPECT_EQ(replayed[0].FindHeader("x-error"), nullptr);
  EXPECT_EQ(*replayed[0].FindHeader("x-replay-of"), "plazo.dlq.v1/" + first);
  EXPECT_EQ(Run({"dlq", "replay", second}).exit, 65);  // it would only come back
}

TEST_F(CommandsTest, ReplaysQuarantinedMailByItsAggregate) {
  Run({"topics", "apply"});
  kafka::OutRecord letter = CommandRecord("ticket/a");
  letter.topic = "plazo.dlq.v1";
  letter.key = "command-id";
  letter.headers = {{"x-error", "QUARANTINED_STALE"}, {"x-origin", "intake/command-id"}};
  broker_->Append(letter);
  EXPECT_EQ(Run({"dlq", "replay", "--error", "STALE"}).exit, 0);
  const auto replayed = broker_->Records("plazo.cmd.inbound.v1");
  ASSERT_THAT(replayed, SizeIs(1));
  EXPECT_EQ(replayed[0].key, "ticket/a");
  EXPECT_EQ(replayed[0].partition, kafka::MurmurPartition("ticket/a", kPartitions));
}

TEST_F(CommandsTest, WatchesUntilEnoughWasSeen) {
  desk::v1::WatchTicketResponse change;
  change.mutable_ticket()->set_ticket_id("abcdefghijklmnop");
  change.mutable_ticket()->set_version(3);
  server_.Answer("DeskService/WatchTicket", change);
  const Ran ran = Run({"ticket", "watch", "abcdefghijklmnop", "--max", "1"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("  v3  "));
}

TEST_F(CommandsTest, CompletesCommandsAndOptions) {
  const Ran ran = Run({"completion"});
  EXPECT_THAT(ran.out, AllOf(HasSubstr("'topics apply') words='--help --replicas "),
                             HasSubstr("'agent participant') words='add remove "),
                             HasSubstr("complete -o default -F _plazoctl plazoctl")));
}

}  // namespace
}  // namespace plazo::cli
