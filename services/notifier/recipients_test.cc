// Whom a notification is written to (F29), as a table.

#include "services/notifier/recipients.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "domain/policy/policy_fixture.h"

namespace plazo::notifier {
namespace {

using ::google::protobuf::TextFormat;
using ::testing::ElementsAreArray;

const std::vector<ids::MarkKey> kKeys = {{"k1", "0123456789abcdef"}};

constexpr char kCustomer[] = R"pb(
  profile {
    email: "me@home.example"
    notification_addresses {
      type: NOTIFICATION_TYPE_BILLING
      addresses: "money@home.example"
      addresses: "books@home.example"
    }
    notification_addresses { type: NOTIFICATION_TYPE_SUPPORT }
    notification_addresses { type: NOTIFICATION_TYPE_ABUSE addresses: "abuse@home.example" }
  }
)pb";

std::string Bounced(std::initializer_list<const char*> addresses) {
  std::string text = kCustomer;
  for (const char* address : addresses) {
    text += std::string("address_health { bounced: true address: '") + address + "' }";
  }
  return text;
}

struct Row {
  std::string name;
  std::string intent;
  std::vector<std::string> to;
  std::vector<std::string> copies = {};
  std::string customer = kCustomer;  // empty: none
};

std::vector<Row> Rows() {
  const std::string money = "customer { type: NOTIFICATION_TYPE_BILLING }";
  const std::string support = "customer { type: NOTIFICATION_TYPE_SUPPORT }";
  const std::string abuse = "customer { type: NOTIFICATION_TYPE_ABUSE }";
  return {
      {"every address of the type", money, {"money@home.example", "books@home.example"}},
      {"a role address that the customer has set", abuse, {"abuse@home.example"}},
      {"a type without an address: the registered one", support, {"me@home.example"}},
      {"no type: the registered one", "customer {}", {"me@home.example"}},
      {"a notice, where the policy wants it at the registered address",
       "kind: NOTIFICATION_KIND_NOTICE " + money,
       {"me@home.example"}},
      {"bounced: the next one", money, {"books@home.example"}, {}, Bounced({"MONEY@home.example"})},
      {"all of the type bounced: the registered one",
       money,
       {"me@home.example"},
       {},
       Bounced({"money@home.example", "books@home.example"})},
      {"all bounced: nobody", support, {}, {}, Bounced({"me@home.example"})},
      {"bounced once, well again",
       support,
       {"me@home.example"},
       {},
       std::string(kCustomer) + "address_health { address: 'me@home.example' }"},
      {"a customer who is not known: nobody", support, {}, {}, ""},
      {"a customer who has gone: nobody",
       support,
       {},
       {},
       std::string(kCustomer) + "deleted: true"},
      {"participants get a copy, the customer none",
       support + "participants: 'friend@x.example' participants: 'Me@Home.Example'",
       {"me@home.example"},
       {"friend@x.example"}},
      {"without the customer nobody gets a copy",
       support + "participants: 'friend@x.example'",
       {},
       {},
       Bounced({"me@home.example"})},
      {"an unverified sender", "address: 'who@else.example'", {"who@else.example"}},
      {"management", "staff: 'management'", {"boss@acme.example", "deputy@acme.example"}},
      {"a team", "staff: 'second'", {"team@acme.example"}},
      {"a team without addresses: nobody", "staff: 'first'", {}},
      {"a team nobody knows: nobody", "staff: 'ninth'", {}},
      {"nobody named: nobody", "", {}},
      {"our own address: nobody", "address: 'Help@ACME.example'", {}},
      {"another address of ours: nobody", "address: 'billing@acme.example'", {}},
      {"a Reply-To of ours: nobody",
       "address: '" + ids::ReplyLocalPart(kKeys[0], "t1") + "@acme.example'",
       {}},
      {"a line end: nobody", R"(address: 'a@b.example\r\nRCPT TO:<c@d.example>')", {}},
      {"no address at all: nobody", "address: 'nobody'", {}},
  };
}

class RecipientsTable : public ::testing::TestWithParam<Row> {};

TEST_P(RecipientsTable, Row) {
  const Row& row = GetParam();
  SCOPED_TRACE(row.name);
  policy::v1::Policy policy = policy::TestPolicy();
  policy.mutable_mail()->add_own_addresses("billing@acme.example");
  policy.mutable_mail()->add_own_addresses("boss@acme.example");
  policy.mutable_management()->add_addresses("deputy@acme.example");
  policy.mutable_management()->add_addresses("help@acme.example");
  policy.mutable_notices()->set_mail_copy(policy::v1::NOTICE_COPY_REGISTERED_ADDRESS);
  policy.mutable_teams(1)->add_addresses("team@acme.example");
  core::v1::DeliveryIntent intent;
  core::v1::CustomerState customer;
  ASSERT_TRUE(TextFormat::ParseFromString(row.intent, &intent));
  ASSERT_TRUE(TextFormat::ParseFromString(row.customer, &customer));
  const Recipients recipients =
      RecipientsOf(intent, row.customer.empty() ? nullptr : &customer, policy, kKeys);
  EXPECT_THAT(recipients.to, ElementsAreArray(row.to));
  EXPECT_THAT(recipients.copies, ElementsAreArray(row.copies));
}

INSTANTIATE_TEST_SUITE_P(F29, RecipientsTable, ::testing::ValuesIn(Rows()),
                         [](const auto& info) { return "Row" + std::to_string(info.index); });

}  // namespace
}  // namespace plazo::notifier
