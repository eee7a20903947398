#include "cli/verify/evidence_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace plazo::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EvidenceFilesTest : public ::testing::Test {
 protected:
  EvidenceFilesTest() : folder_(::testing::TempDir() + "plazo-evidence") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~EvidenceFilesTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << content;
  }

  const std::string folder_;
};

TEST_F(EvidenceFilesTest, ReadsMailsOfAnInbox) {
  Write("1.eml", "Subject: x\r\nMESSAGE-Id:\r\n <n.a.b.k1.mac@c.example>\r\nTo: x\r\n\r\nbody\r\n");
  Write(
      "1.json",
      R"({"from": "a@b.example", "to": ["c@d.example", "e@f.example"], "accept_time_ms": 1800000000123})");
  Write("2.eml", "Subject: Message-ID: <no>\r\n\r\nMessage-ID: <neither>\r\n");
  Write("2.json", R"({"to": []})");
  Write(".3.json", "not finished");
  const auto mails = ReadInbox(folder_);
  ASSERT_TRUE(mails.ok()) << mails.status();
  ASSERT_THAT(*mails, SizeIs(2));
  EXPECT_EQ((*mails)[0].name, "1.eml");
  EXPECT_EQ((*mails)[0].message_id, "n.a.b.k1.mac@c.example");
  EXPECT_THAT((*mails)[0].recipients, ElementsAre("c@d.example", "e@f.example"));
  EXPECT_EQ((*mails)[0].accept_time, absl::FromUnixMillis(1800000000123));
  EXPECT_EQ((*mails)[1].message_id, "");
  EXPECT_EQ((*mails)[1].accept_time, absl::InfinitePast());
}

TEST_F(EvidenceFilesTest, SaysWhatIsNotThere) {
  EXPECT_EQ(ReadInbox(folder_ + "/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*ReadInbox(folder_), IsEmpty());
  Write("1.json", "{}");
  EXPECT_FALSE(ReadInbox(folder_).ok());  // its mail is gone
}

TEST_F(EvidenceFilesTest, ReadsAJournalUpToALineThatWasCutOff) {
  Write("j", R"({"request_id":"r1","what":"ticket","accepted":true,"command_id":"c1"}
{"request_id":"r2","what":"mail","accepted":false,"command_id":""}
{"request_id":"r3","wh)");
  const auto journal = ReadJournal(folder_ + "/j");
  ASSERT_TRUE(journal.ok()) << journal.status();
  ASSERT_THAT(*journal, SizeIs(2));
  EXPECT_EQ((*journal)[0].command_id, "c1");
  EXPECT_TRUE((*journal)[0].accepted);
  EXPECT_FALSE((*journal)[1].accepted);
  Write("k", "nonsense\n");
  EXPECT_EQ(std::string(ReadJournal(folder_ + "/k").status().message()),
            folder_ + "/k:1: is no JSON");
}

}  // namespace
}  // namespace plazo::cli
