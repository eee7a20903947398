#include "platform/kafka/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace plazo::kafka {
namespace {

// From the tests of Kafka's Java client (UtilsTest.testMurmur2), which give the signed hash; the
// partitioner takes its lower 31 bits.
TEST(MurmurPartitionTest, AgreesWithTheJavaClient) {
  const std::pair<const char*, int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  constexpr int32_t kPrime = 1'000'003;
  for (const auto& [key, hash] : vectors) {
    EXPECT_EQ(MurmurPartition(key, kPrime), (hash & 0x7fffffff) % kPrime) << key;
    EXPECT_EQ(MurmurPartition(key, 24), (hash & 0x7fffffff) % 24) << key;
  }
}

TEST(MurmurPartitionTest, StaysInRangeForAnyBytes) {
  for (int length = 0; length < 9; ++length) {
    const int32_t partition = MurmurPartition(std::string(static_cast<size_t>(length), '\xff'), 24);
    EXPECT_GE(partition, 0);
    EXPECT_LT(partition, 24);
  }
}

TEST(RecordTest, FindsTheLastHeaderOfAName) {
  Record record;
  record.headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  ASSERT_NE(record.FindHeader("a"), nullptr);
  EXPECT_EQ(*record.FindHeader("a"), "3");
  EXPECT_EQ(record.FindHeader("c"), nullptr);
}

TEST(OutRecordTest, SizeCountsKeyValueAndHeaders) {
  OutRecord small{.topic = "t", .key = "k"};
  OutRecord large = small;
  large.value = std::string(1000, 'x');
  large.headers = {{"name", std::string(100, 'y')}};
  EXPECT_GE(large.SizeBound(), small.SizeBound() + 1104);
  EXPECT_LT(large.SizeBound(), small.SizeBound() + 1150);
}

}  // namespace
}  // namespace plazo::kafka
