#include "platform/smtp/relay_breaker.h"

#include <gtest/gtest.h>

namespace plazo::smtp {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1772532000);
using State = RelayBreaker::State;

TEST(RelayBreaker, OpensAfterFailuresInARowOnly) {
  RelayBreaker breaker({.failures_to_open = 3, .first_back_off = absl::Seconds(1)});
  breaker.OnUnreachable(kStart);
  breaker.OnUnreachable(kStart);
  breaker.OnReachable();
  breaker.OnUnreachable(kStart);
  breaker.OnUnreachable(kStart);
  EXPECT_EQ(breaker.state(kStart), State::kClosed);
  EXPECT_TRUE(breaker.Allow(kStart));
  breaker.OnUnreachable(kStart);
  EXPECT_EQ(breaker.state(kStart), State::kOpen);
  EXPECT_FALSE(breaker.Allow(kStart + absl::Milliseconds(999)));
  EXPECT_EQ(breaker.retry_time(kStart), kStart + absl::Seconds(1));
}

TEST(RelayBreaker, OneProbeThenClosedOrTwiceAsLong) {
  RelayBreaker breaker({.failures_to_open = 1,
                        .first_back_off = absl::Seconds(1),
                        .max_back_off = absl::Seconds(3)});
  breaker.OnUnreachable(kStart);
  absl::Time now = kStart + absl::Seconds(1);
  EXPECT_EQ(breaker.state(now), State::kHalfOpen);
  EXPECT_TRUE(breaker.Allow(now));
  EXPECT_FALSE(breaker.Allow(now));
  breaker.OnUnreachable(now);
  EXPECT_FALSE(breaker.Allow(now + absl::Milliseconds(1999)));
  now += absl::Seconds(2);
  EXPECT_TRUE(breaker.Allow(now));
  breaker.OnUnreachable(now);
  EXPECT_FALSE(breaker.Allow(now + absl::Milliseconds(2999)));
  now += absl::Seconds(3);  // the cap
  EXPECT_TRUE(breaker.Allow(now));
  breaker.OnReachable();
  EXPECT_EQ(breaker.state(now), State::kClosed);
  breaker.OnUnreachable(now);
  EXPECT_TRUE(breaker.Allow(now + absl::Seconds(1))) << "the back-off starts anew";
}

TEST(RelayBreaker, LateFailuresOfOtherWorkersDoNotProlongIt) {
  RelayBreaker breaker({.failures_to_open = 1, .first_back_off = absl::Seconds(1)});
  breaker.OnUnreachable(kStart);
  breaker.OnUnreachable(kStart + absl::Milliseconds(900));
  EXPECT_TRUE(breaker.Allow(kStart + absl::Seconds(1)));
}

TEST(RelayBreaker, AProbeThatNeverReportsIsAFailure) {
  RelayBreaker breaker({.failures_to_open = 1,
                        .first_back_off = absl::Seconds(1),
                        .probe_timeout = absl::Seconds(10)});
  breaker.OnUnreachable(kStart);
  EXPECT_TRUE(breaker.Allow(kStart + absl::Seconds(1)));
  EXPECT_FALSE(breaker.Allow(kStart + absl::Seconds(10)));
  EXPECT_FALSE(breaker.Allow(kStart + absl::Seconds(11)));
  EXPECT_TRUE(breaker.Allow(kStart + absl::Seconds(13)));
}

}  // namespace
}  // namespace plazo::smtp
