#pragma once

// A notifier between a fake broker, a fake ledger and a fake relay, pumped by hand.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/base/fake/seeded_random.h"
#include "platform/base/zstd.h"
#include "platform/kafka/fake/breakable_broker.h"
#include "platform/kafka/fake/fake_broker.h"
#include "platform/mime/parsed_mail.h"
#include "services/notifier/fake/fake_ledger.h"
#include "services/notifier/fake/scripted_relay.h"
#include "services/notifier/notifier_service.h"

namespace plazo::notifier {

inline const std::vector<ids::MarkKey> kKeys = {{"k1", "0123456789abcdef"}};

inline const text::TemplateSet& ShippedTemplates() {
  static const text::TemplateSet templates = [] {
    auto loaded = text::TemplateSet::Load({.directory = "templates", .required_kinds = {}});
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }();
  return templates;
}

class NotifierTest : public ::testing::Test {
 protected:
  static constexpr int kPartitions = 2;

  NotifierTest() : clock_(int64_t{1'900'000'000'000}), fake_(clock_), broker_(fake_) {
    for (const std::string& topic : topics_.All()) fake_.CreateTopic(topic, kPartitions);
    PublishPolicy(policy::TestPolicy());
    PutCustomer("ana", R"pb(email: "ana@home.example")pb");
    Start();
  }

  void Start() {
    service_ = std::make_unique<NotifierService>(
        NotifierWorld{broker_, ledger_, composer_,
                      [this] { return std::make_unique<ScriptedRelay>(inbox_); }, clock_, random_,
                      notifier_metrics_},
        options_);
  }

  // As kill -9 does: whatever the object still tries does not happen.
  void Kill() {
    GoDark();
    service_.reset();
    ledger_.SetOutage(absl::OkStatus());
    broker_.SetDown(false);
    fake_.ExpireSessions();
  }
  void GoDark() {
    ledger_.SetOutage(absl::UnavailableError("gone"));
    broker_.SetDown(true);
  }

  // Until nothing happens any more; the clock stands still.
  void Settle() {
    for (int idle = 0, rounds = 0; idle < 3 && rounds < 1000; ++rounds) {
      idle = service_->RunOnce() ? 0 : idle + 1;
    }
  }
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    Settle();
  }

  void PublishPolicy(const policy::v1::Policy& policy) {
    policy::v1::PolicyBundle bundle;
    *bundle.mutable_policy() = policy;
    core::v1::StateRecord record;
    record.mutable_tenant()->set_tenant("acme");
    record.mutable_tenant()->set_bundle_hash("hash");
    record.mutable_tenant()->set_bundle(*ZstdCompress(bundle.SerializeAsString()));
    fake_.Append({.topic = topics_.directory,
                  .key = ids::TenantKey("acme"),
                  .value = record.SerializeAsString()});
  }

  void PutCustomer(const std::string& id, const std::string& profile, int64_t version = 1,
                   const std::vector<std::string>& bounced = {}) {
    core::v1::StateRecord record;
    core::v1::CustomerState& customer = *record.mutable_customer();
    customer.set_tenant("acme");
    customer.set_version(version);
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(profile, customer.mutable_profile()));
    customer.mutable_profile()->set_customer_id(id);
    for (const std::string& address : bounced) {
      customer.add_address_health()->set_address(address);
      customer.mutable_address_health()->rbegin()->set_bounced(true);
    }
    fake_.Append({.topic = topics_.directory,
                  .key = ids::CustomerKey("acme", id),
                  .value = record.SerializeAsString()});
  }

  // An acknowledgement to a customer, unless it is changed.
  core::v1::DeliveryIntent Ack(const std::string& notification, const std::string& customer = "ana",
                               const std::string& ticket = "t1") {
    core::v1::DeliveryIntent intent;
    intent.set_notification_id(notification);
    intent.set_attempt(1);
    intent.set_tenant("acme");
    intent.set_ticket_id(ticket);
    intent.set_case_number("12-3");
    intent.set_kind(core::v1::NOTIFICATION_KIND_ACKNOWLEDGEMENT);
    intent.set_language("en");
    intent.mutable_customer()->set_customer_id(customer);
    intent.mutable_customer()->set_type(core::v1::NOTIFICATION_TYPE_SUPPORT);
    intent.mutable_customer()->set_directory_version(1);
    intent.set_automatic(true);
    *intent.mutable_requested_time() = ToProto(clock_.Now());
    intent.set_policy_hash("hash");
    return intent;
  }
  core::v1::DeliveryIntent Reply(const std::string& notification,
                                 const std::string& customer = "ana",
                                 const std::string& ticket = "t1") {
    core::v1::DeliveryIntent intent = Ack(notification, customer, ticket);
    intent.set_kind(core::v1::NOTIFICATION_KIND_AGENT_REPLY);
    intent.set_automatic(false);
    intent.mutable_content()->set_body("Try again.");
    return intent;
  }

  kafka::PartitionOffset Decide(const core::v1::DeliveryIntent& intent, int32_t partition = 0) {
    return fake_.Append({.topic = topics_.delivery,
                         .partition = partition,
                         .key = ids::TicketKey(intent.ticket_id()),
                         .value = intent.SerializeAsString()});
  }

  std::vector<core::v1::Command> Commands() const {
    std::vector<core::v1::Command> commands;
    for (const kafka::Record& record : fake_.Records(topics_.inbound)) {
      EXPECT_TRUE(commands.emplace_back().ParseFromString(*record.value));
    }
    return commands;
  }
  // "n1/1 ACCEPTED", "n1/2 DEFERRED smtp_451"
  std::vector<std::string> Reports() const {
    std::vector<std::string> texts;
    for (const core::v1::Command& command : Commands()) {
      const core::v1::DeliveryReported& report = command.delivery_reported();
      std::string text = report.notification_id() + "/" + std::to_string(report.attempt()) + " " +
                         core::v1::DeliveryOutcome_Name(report.outcome()).substr(17);
      if (!report.reason().empty()) text += " " + report.reason();
      texts.push_back(std::move(text));
    }
    return texts;
  }
  std::vector<std::string> Addressees() const {
    std::vector<std::string> addresses;
    for (const Inbox::Mail& mail : inbox_.mails()) addresses.push_back(mail.to);
    return addresses;
  }
  mime::ParsedMail Parsed(size_t i) const {
    auto parsed = mime::ParseMail(inbox_.mails().at(i).message);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return *std::move(parsed);
  }
  int64_t Committed(int32_t partition = 0) const {
    return fake_.CommittedOffset("plazo-notifier", topics_.delivery, partition);
  }

  const Topics topics_;
  ManualClock clock_;
  SeededRandom random_;
  kafka::FakeBroker fake_;
  kafka::BreakableBroker broker_;
  FakeLedger ledger_{clock_};
  Inbox inbox_{clock_};
  const Composer composer_{ShippedTemplates(), kKeys};
  observability::Metrics metrics_;
  NotifierMetrics notifier_metrics_{metrics_};
  NotifierOptions options_{.threads = false};
  std::unique_ptr<NotifierService> service_;
};

}  // namespace plazo::notifier
