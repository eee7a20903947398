#include "services/notifier/serial_queue.h"

#include <gtest/gtest.h>

#include "services/notifier/watermark.h"

namespace plazo::notifier {
namespace {

constexpr absl::Duration kNow = absl::Seconds(100);

TEST(SerialQueueTest, JobsOfOneKeyComeOneAtATimeInOrder) {
  SerialQueue queue;
  queue.Add(1, {"a"});
  queue.Add(2, {"a"});
  EXPECT_EQ(queue.Take(kNow), 1);
  EXPECT_EQ(queue.Take(kNow), std::nullopt);
  queue.Finish(1);
  EXPECT_EQ(queue.Take(kNow), 2);
}

TEST(SerialQueueTest, OthersDoNotWait) {
  SerialQueue queue;
  queue.Add(1, {"a", "x"});
  queue.Add(2, {"a", "y"});
  queue.Add(3, {"b", "z"});
  EXPECT_EQ(queue.Take(kNow), 1);
  EXPECT_EQ(queue.Take(kNow), 3);
  EXPECT_EQ(queue.Take(kNow), std::nullopt);
}

TEST(SerialQueueTest, AJobWaitsForAllOfItsKeys) {
  SerialQueue queue;
  queue.Add(1, {"a"});
  queue.Add(2, {"b"});
  queue.Add(3, {"a", "b"});
  queue.Add(4, {"b"});
  EXPECT_EQ(queue.Take(kNow), 1);
  EXPECT_EQ(queue.Take(kNow), 2);
  queue.Finish(2);
  EXPECT_EQ(queue.Take(kNow), std::nullopt);  // 4 stands behind 3, which waits for 1
  queue.Finish(1);
  EXPECT_EQ(queue.Take(kNow), 3);
  queue.Finish(3);
  EXPECT_EQ(queue.Take(kNow), 4);
  queue.Finish(4);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.Depth("b"), 0U);
}

TEST(SerialQueueTest, APostponedJobKeepsItsPlace) {
  SerialQueue queue;
  queue.Add(1, {"a"});
  queue.Add(2, {"a"});
  queue.Add(3, {"b"});
  EXPECT_EQ(queue.Take(kNow), 1);
  queue.Postpone(1, kNow + absl::Seconds(1));
  EXPECT_EQ(queue.Take(kNow), 3);
  EXPECT_EQ(queue.Take(kNow), std::nullopt);
  EXPECT_EQ(queue.NextTurn(), kNow + absl::Seconds(1));
  EXPECT_EQ(queue.Take(kNow + absl::Seconds(1)), 1);
  queue.Finish(1);
  EXPECT_EQ(queue.Take(kNow), 2);
}

TEST(SerialQueueTest, OnlyAJobThatIsNotTakenCanBeRemoved) {
  SerialQueue queue;
  queue.Add(1, {"a"});
  queue.Add(2, {"a"});
  queue.Add(3, {"a"});
  EXPECT_TRUE(queue.Remove(2));
  EXPECT_EQ(queue.Take(kNow), 1);
  EXPECT_FALSE(queue.Remove(1));
  EXPECT_FALSE(queue.Remove(2));
  queue.Finish(1);
  EXPECT_EQ(queue.Take(kNow), 3);
}

TEST(SerialQueueTest, TheOneBehindARemovedJobMovesUp) {
  SerialQueue queue;
  queue.Add(1, {"a"});
  queue.Add(2, {"a"});
  EXPECT_TRUE(queue.Remove(1));
  EXPECT_EQ(queue.Take(kNow), 2);
  EXPECT_EQ(queue.Depth("a"), 1U);
}

TEST(WatermarkTest, StandsBeforeTheFirstThatIsNotSettled) {
  Watermark mark;
  EXPECT_EQ(mark.Next(), std::nullopt);
  for (const int64_t offset : {5, 6, 9}) mark.Take(offset);
  EXPECT_EQ(mark.Next(), 5);
  mark.Settle(6);
  EXPECT_EQ(mark.Next(), 5);
  mark.Settle(5);
  EXPECT_EQ(mark.Next(), 9);
  EXPECT_FALSE(mark.Idle());
  mark.Settle(7);  // was never taken
  mark.Settle(9);
  EXPECT_EQ(mark.Next(), 10);
  EXPECT_TRUE(mark.Idle());
}

}  // namespace
}  // namespace plazo::notifier
