#include "platform/kafka/loop/poison_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

namespace plazo::kafka {
namespace {

class PoisonFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/plazo-poison-XXXXXX";
    dir_ = mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<PoisonFile> Life() {
    auto file = std::make_unique<PoisonFile>();
    EXPECT_TRUE(file->Open(dir_ + "/poison").ok());
    return file;
  }
  static std::vector<Record> Inputs(int64_t first, int64_t last, int32_t lane = 0) {
    std::vector<Record> inputs;
    for (int64_t offset = first; offset <= last; ++offset) {
      inputs.push_back({.topic = "in", .partition = lane, .offset = offset});
    }
    return inputs;
  }

  std::string dir_;
};

TEST_F(PoisonFileTest, ADeathOutsideTheProcessorAccusesNobody) {
  auto life = Life();
  const auto inputs = Inputs(10, 20);
  life->Enter(inputs);
  life->Leave();
  life = Life();
  EXPECT_EQ(life->Together(inputs), inputs.size());
  EXPECT_EQ(life->MarkOf(inputs[0]), InputMark::kNone);
}

TEST_F(PoisonFileTest, AfterADeathTheInputsGoOneByOneUntilTheSecondFindsTheCulprit) {
  auto life = Life();
  auto inputs = Inputs(10, 14);
  life->Enter(inputs);
  life = Life();  // died over 10..14
  for (int64_t offset = 10; offset < 13; ++offset) {
    const auto rest = Inputs(offset, 20);
    EXPECT_EQ(life->Together(rest), 1U);
    EXPECT_EQ(life->MarkOf(rest[0]), InputMark::kNone);
    life->Enter(Inputs(offset, offset));
    life->Leave();
    life->Passed(0, offset + 1);
  }
  life->Enter(Inputs(13, 13));
  life = Life();  // died again, over 13 alone
  const auto rest = Inputs(13, 20);
  EXPECT_EQ(life->Together(rest), 1U);
  EXPECT_EQ(life->MarkOf(rest[0]), InputMark::kUndecidable);
  EXPECT_EQ(life->MarkOf(rest[1]), InputMark::kNone);
  life->Enter(Inputs(13, 13));
  life->Leave();
  EXPECT_EQ(life->MarkOf(rest[0]), InputMark::kUndecidable) << "until it is committed";
  life->Passed(0, 14);
  life->Passed(0, 15);
  const auto behind = Inputs(15, 20);
  EXPECT_EQ(life->Together(behind), behind.size());
}

TEST_F(PoisonFileTest, OtherLanesAreNotSuspected) {
  auto life = Life();
  life->Enter(Inputs(10, 14));
  life = Life();
  EXPECT_EQ(life->Together(Inputs(10, 14, 1)), 5U);
  auto mixed = Inputs(10, 12, 1);
  for (const Record& each : Inputs(12, 13)) mixed.push_back(each);
  EXPECT_EQ(life->Together(mixed), 3U) << "up to the first suspect";
}

TEST_F(PoisonFileTest, AShorterTextLeavesNothingOfALongerOne) {
  auto life = Life();
  auto inputs = Inputs(1'000'000, 1'000'004);
  for (int32_t lane = 1; lane < 8; ++lane) {
    for (const Record& each : Inputs(5, 6, lane)) inputs.push_back(each);
  }
  life->Enter(inputs);
  life->Leave();
  life->Enter(Inputs(1, 1, 9));
  life = Life();
  EXPECT_EQ(life->Together(inputs), inputs.size());
  EXPECT_EQ(life->Together(Inputs(1, 2, 9)), 1U);
}

TEST_F(PoisonFileTest, RubbishInTheFileIsIgnored) {
  std::ofstream(dir_ + "/poison") << "what\n1 2\n";
  auto life = Life();
  EXPECT_EQ(life->Together(Inputs(1, 5, 1)), 5U);
}

TEST_F(PoisonFileTest, AFileThatCannotBeOpenedIsAnError) {
  PoisonFile file;
  EXPECT_FALSE(file.Open(dir_ + "/no/such/dir").ok());
  EXPECT_EQ(file.Together(Inputs(1, 5)), 5U);
}

}  // namespace
}  // namespace plazo::kafka
