#include "cli/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plazo/intake/v1/agent.pb.h"
#include "plazo/intake/v1/customer.pb.h"
#include "plazo/intake/v1/email.pb.h"
#include "plazo/intake/v1/ticket.pb.h"

namespace plazo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

TEST(FieldsTest, SetsWordsNumbersAndBlocks) {
  intake::v1::ReplyRequest reply;
  EXPECT_TRUE(SetField(reply, "body", "hello").ok());
  EXPECT_TRUE(SetField(reply, "agent.id", "ana").ok());
  EXPECT_TRUE(SetField(reply, "expected_version", "7").ok());
  EXPECT_TRUE(SetField(reply, "wait_for_customer", "true").ok());
  EXPECT_EQ(reply.body(), "hello");
  EXPECT_EQ(reply.agent().id(), "ana");
  EXPECT_EQ(reply.expected_version(), 7);
  EXPECT_TRUE(reply.wait_for_customer());
}

TEST(FieldsTest, TakesEnumsByTheirShortNames) {
  intake::v1::SetImpactRequest request;
  EXPECT_TRUE(SetField(request, "impact", "high").ok());
  EXPECT_EQ(request.impact(), core::v1::IMPACT_HIGH);
  EXPECT_TRUE(SetField(request, "impact", "IMPACT_LOW").ok());
  EXPECT_EQ(request.impact(), core::v1::IMPACT_LOW);
  EXPECT_EQ(ErrorOf(SetField(request, "impact", "huge")),
            "impact: must be one of low, medium, high");
  EXPECT_FALSE(SetField(request, "impact", "").ok());
}

TEST(FieldsTest, NamesEnumsWithAndWithoutPrefix) {
  EXPECT_EQ(ShortName(core::v1::CLOCK_KIND_FIRST_RESPONSE), "first_response");
  EXPECT_EQ(ShortName(core::v1::CLOCK_KIND_UNSPECIFIED), "");
  EXPECT_EQ(ShortName(intake::v1::ACCEPTED_NEW), "accepted_new");
  const auto* field = FindField(*intake::v1::SubmitTicketRequest::descriptor(), "department");
  EXPECT_THAT(Choices(*field), ElementsAre("technical", "financial", "abuse"));
}

TEST(FieldsTest, ReadsDurationsAndTimes) {
  intake::v1::GiveEstimateRequest estimate;
  EXPECT_TRUE(SetField(estimate, "remaining", "2h30m").ok());
  EXPECT_EQ(estimate.remaining().seconds(), 9000);
  EXPECT_EQ(ErrorOf(SetField(estimate, "remaining", "soon")),
            "remaining: must be a duration such as 2h30m");
  intake::v1::SubmitTicketRequest submit;
  EXPECT_TRUE(SetField(submit, "problem_start_time", "2026-03-01T09:00:00+01:00").ok());
  EXPECT_EQ(submit.problem_start_time().seconds(), 1772352000);
  EXPECT_THAT(ErrorOf(SetField(submit, "problem_start_time", "yesterday")),
              HasSubstr("problem_start_time: must be a time"));
}

TEST(FieldsTest, AddsElementsToLists) {
  intake::v1::UpsertCustomerRequest upsert;
  EXPECT_TRUE(SetField(upsert, "customer.other_emails", "a@b.example").ok());
  EXPECT_TRUE(SetField(upsert, "customer.other_emails", "c@d.example").ok());
  EXPECT_THAT(upsert.customer().other_emails(), ElementsAre("a@b.example", "c@d.example"));
  EXPECT_TRUE(SetField(upsert, "customer.services",
                       "name=web1,kind=vps,ip_addresses=192.0.2.1,ip_addresses=192.0.2.2")
                  .ok());
  ASSERT_EQ(upsert.customer().services_size(), 1);
  EXPECT_EQ(upsert.customer().services(0).name(), "web1");
  EXPECT_THAT(upsert.customer().services(0).ip_addresses(), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(ErrorOf(SetField(upsert, "customer.services", "web1")),
            "services: must be key=value,key=value");
  EXPECT_EQ(ErrorOf(SetField(upsert, "customer.services", "size=1")),
            "services: there is no field size");
}

TEST(FieldsTest, SelectsTheElementOfAList) {
  intake::v1::SetNotificationAddressesRequest request;
  for (const char* address : {"a@b.example", "c@d.example"}) {
    EXPECT_TRUE(SetField(request, "addresses[type=billing].addresses", address).ok());
  }
  EXPECT_TRUE(SetField(request, "addresses[type=abuse].addresses", "").ok());
  ASSERT_EQ(request.addresses_size(), 2);
  EXPECT_EQ(request.addresses(0).type(), core::v1::NOTIFICATION_TYPE_BILLING);
  EXPECT_THAT(request.addresses(0).addresses(), ElementsAre("a@b.example", "c@d.example"));
  EXPECT_EQ(request.addresses(1).type(), core::v1::NOTIFICATION_TYPE_ABUSE);
  EXPECT_EQ(request.addresses(1).addresses_size(), 0);
  EXPECT_FALSE(SetField(request, "addresses[type=other].addresses", "x").ok());
}

TEST(FieldsTest, RefusesWhatIsNotThere) {
  intake::v1::ReplyRequest reply;
  EXPECT_EQ(ErrorOf(SetField(reply, "nonsense", "x")), "there is no field nonsense");
  EXPECT_EQ(ErrorOf(SetField(reply, "expected_version", "x")),
            "expected_version: must be a number");
  EXPECT_EQ(ErrorOf(SetField(reply, "wait_for_customer", "yes")),
            "wait_for_customer: must be true or false");
  EXPECT_EQ(FindField(*intake::v1::ReplyRequest::descriptor(), "agent.nonsense"), nullptr);
  EXPECT_NE(FindField(*intake::v1::ReplyRequest::descriptor(), "agent.id"), nullptr);
}

}  // namespace
}  // namespace plazo::cli
