#include "services/desk/policies.h"

#include <gtest/gtest.h>

#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"
#include "services/desk/ticket_table.h"

namespace plazo::desk {
namespace {

std::string Bundle(int number) {
  policy::v1::PolicyBundle bundle = policy::TestBundle();
  bundle.mutable_policy()->set_display_name("Acme " + std::to_string(number));
  return policy::Pack(bundle);
}

std::string HashOf(const std::string& bundle) {
  return (*policy::CompiledPolicy::Compile(bundle))->hash();
}

// As the lanes write them.
kafka::Record Record(int32_t lane, const std::string& hash, const std::string* bundle) {
  core::v1::StateRecord state;
  if (bundle != nullptr) state.mutable_policy()->set_bundle(*bundle);
  kafka::Record record;
  record.partition = lane;
  record.key = ids::PolicyKey(hash);
  if (bundle != nullptr) record.value = state.SerializeAsString();
  return record;
}

TEST(Policies, AreKeptUntilTheLastLaneDropsThem) {
  Policies policies;
  TicketTable table(policies);
  const std::string bundle = Bundle(1);
  const std::string hash = HashOf(bundle);
  auto take = [&](const kafka::Record& record) {
    EXPECT_TRUE(table.OnRecords({"state", record.partition}, {&record, 1}).ok());
  };
  EXPECT_TRUE(absl::IsNotFound(policies.Get(hash).status()));
  take(Record(3, hash, &bundle));
  take(Record(7, hash, &bundle));
  ASSERT_TRUE(policies.Get(hash).ok());
  EXPECT_EQ((*policies.Get(hash))->hash(), hash);
  take(Record(3, hash, nullptr));
  EXPECT_TRUE(policies.Get(hash).ok());
  take(Record(7, hash, nullptr));
  EXPECT_TRUE(absl::IsNotFound(policies.Get(hash).status()));
  take(Record(7, "unknown", nullptr));
}

TEST(Policies, CompileOnceAndForgetTheOneAskedForLongestAgo) {
  Policies policies;
  std::vector<std::string> hashes;
  for (int i = 0; i <= static_cast<int>(Policies::kMaxCompiled); ++i) {
    const std::string bundle = Bundle(i);
    hashes.push_back(HashOf(bundle));
    policies.Keep(0, hashes.back(), bundle);
  }
  const auto first = *policies.Get(hashes[0]);
  const auto second = *policies.Get(hashes[1]);
  EXPECT_EQ(*policies.Get(hashes[0]), first);  // now the second waits longest
  for (size_t i = 2; i < hashes.size(); ++i) EXPECT_TRUE(policies.Get(hashes[i]).ok());
  EXPECT_EQ(*policies.Get(hashes[0]), first);
  EXPECT_NE(*policies.Get(hashes[1]), second);
}

}  // namespace
}  // namespace plazo::desk
