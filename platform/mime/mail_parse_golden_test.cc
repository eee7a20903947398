// Every testdata/*.eml against testdata/*.json, through what `plazoctl mail parse` prints.
// PLAZO_UPDATE_GOLDEN=1 rewrites the expectations; look at the difference before committing it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/mail_parse.h"

namespace plazo::mime {
namespace {

namespace fs = std::filesystem;

const fs::path kTestData = "platform/mime/testdata";

std::vector<fs::path> Mails() {
  std::vector<fs::path> mails;
  for (const fs::directory_entry& entry : fs::directory_iterator(kTestData)) {
    if (entry.path().extension() == ".eml") mails.push_back(entry.path());
  }
  std::sort(mails.begin(), mails.end());
  return mails;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

nlohmann::ordered_json Parse(const fs::path& mail) {
  std::ostringstream out;
  EXPECT_EQ(cli::MailParse({mail.string()}, out), 0);
  return nlohmann::ordered_json::parse(out.str());
}

TEST(MailParseGolden, EveryMailReadsAsExpected) {
  const bool update = std::getenv("PLAZO_UPDATE_GOLDEN") != nullptr;
  ASSERT_GE(Mails().size(), 35u);
  for (const fs::path& mail : Mails()) {
    fs::path golden = mail;
    golden.replace_extension(".json");
    const std::string actual = Parse(mail).dump(2) + "\n";
    if (update) std::ofstream(golden, std::ios::binary) << actual;
    EXPECT_EQ(actual, ReadAll(golden)) << mail;
  }
}

TEST(MailParseGolden, LineEndsOfTheFileMakeNoDifference) {
  for (const fs::path& mail : Mails()) {
    std::string crlf;
    for (const char c : ReadAll(mail)) crlf.append(c == '\n' ? "\r\n" : std::string(1, c));
    const fs::path copy = fs::path(testing::TempDir()) / "crlf.eml";
    std::ofstream(copy, std::ios::binary) << crlf;
    const nlohmann::ordered_json expected = Parse(mail);
    const nlohmann::ordered_json actual = Parse(copy);
    for (const char* field :
         {"from", "cc", "subject", "references", "text", "visible_reply", "bounce", "error"}) {
      EXPECT_EQ(actual[field], expected[field]) << mail << " " << field;
    }
  }
}

TEST(MailParse, DirectoryCannotBeRead) {
  std::ostringstream out;
  EXPECT_EQ(cli::MailParse({kTestData.string()}, out), 66);
  EXPECT_EQ(nlohmann::json::parse(out.str())["error"], "cannot read file");
}

TEST(MailParse, MissingFileIsReportedInItsLineAndInTheExitCode) {
  std::ostringstream out;
  EXPECT_EQ(
      cli::MailParse({"platform/mime/testdata/none.eml", (kTestData / "plain.eml").string()}, out),
      66);
  std::istringstream lines(out.str());
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["error"], "cannot read file");
  std::getline(lines, line);
  EXPECT_TRUE(nlohmann::json::parse(line)["error"].is_null());
}

}  // namespace
}  // namespace plazo::mime
