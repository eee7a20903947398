// The contract on a real cluster: PLAZO_TEST_KAFKA=host:port. Without one this fails; it never
// passes unrun.

#include "platform/kafka/librdkafka_broker.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "platform/base/status.h"
#include "platform/kafka/broker_contract.h"

namespace plazo::kafka {
namespace {

std::unique_ptr<Broker> MakeReal() {
  const char* servers = std::getenv("PLAZO_TEST_KAFKA");
  if (servers == nullptr || *servers == '\0') return nullptr;
  auto broker = LibrdkafkaBroker::Make({.bootstrap_servers = servers, .client_id = "contract"});
  EXPECT_TRUE(broker.ok()) << ToString(broker.status());
  return broker.ok() ? std::move(*broker) : nullptr;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Real, BrokerContract, ::testing::Values(&MakeReal));

TEST(LibrdkafkaBrokerTest, RefusesAnUnknownProperty) {
  const auto broker = LibrdkafkaBroker::Make(
      {.bootstrap_servers = "127.0.0.1:1", .properties = {{"no.such.property", "1"}}});
  EXPECT_EQ(broker.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace plazo::kafka
