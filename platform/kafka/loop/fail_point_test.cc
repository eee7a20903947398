// Compiled with fail points whatever the build says of them.
#ifndef PLAZO_FAIL_POINTS
#define PLAZO_FAIL_POINTS 1
#endif

#include "platform/base/fail_point.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace plazo {
namespace {

int PassMany() {
  for (int i = 0; i < 5; ++i) {
    PLAZO_FAIL_POINT("a");
    PLAZO_FAIL_POINT("b");
  }
  return 7;
}

void RunWith(const char* plan) {
  setenv("PLAZO_FAIL_AT", plan, 1);
  std::exit(PassMany());
}

TEST(FailPointDeathTest, KillsAtTheNamedPoint) {
  EXPECT_EXIT(RunWith("a"), ::testing::ExitedWithCode(137), "fail point a reached");
}

TEST(FailPointDeathTest, KillsAtTheNthHit) {
  EXPECT_EXIT(RunWith("b:5"), ::testing::ExitedWithCode(137), "fail point b reached");
  EXPECT_EXIT(RunWith("b:6"), ::testing::ExitedWithCode(7), "");
}

TEST(FailPointDeathTest, LetsOthersPass) {
  EXPECT_EXIT(RunWith("c"), ::testing::ExitedWithCode(7), "");
  EXPECT_EXIT(RunWith(""), ::testing::ExitedWithCode(7), "");
}

TEST(FailPointTest, ReadsItsPlan) {
  EXPECT_EQ(fail_point::ParsePlan("x.y:3").hits, 3);
  EXPECT_EQ(fail_point::ParsePlan("x.y:3").name, "x.y");
  EXPECT_EQ(fail_point::ParsePlan("x.y").hits, 1);
  EXPECT_EQ(fail_point::ParsePlan("x.y:z").hits, 1);
}

}  // namespace
}  // namespace plazo
