// Thousands of broken variants of the mails in testdata: none may crash, hang or give text that is
// no valid UTF-8. PLAZO_MUTATION_SEED and PLAZO_MUTATION_ROUNDS repeat a run or make it longer.

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "platform/mime/charset.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::mime {
namespace {

std::vector<std::string> Corpus() {
  std::vector<std::string> corpus;
  for (const auto& entry : std::filesystem::directory_iterator("platform/mime/testdata")) {
    if (entry.path().extension() != ".eml") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  std::sort(corpus.begin(), corpus.end());
  return corpus;
}

long FromEnvironment(const char* name, long fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : std::atol(value);
}

class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, unsigned seed)
      : corpus_(std::move(corpus)), random_(seed) {}

  std::string Next() {
    std::string mail = corpus_[Below(corpus_.size())];
    for (std::size_t i = 1 + Below(8); i > 0; --i) MutateOnce(mail);
    return mail;
  }

 private:
  void MutateOnce(std::string& mail) {
    if (mail.empty()) return;
    const std::size_t at = Below(mail.size());
    const std::size_t length = std::min(mail.size() - at, 1 + Below(40));
    switch (Below(7)) {
      case 0:
        mail[at] = static_cast<char>(Below(256));
        break;
      case 1:
        mail.erase(at, length);
        break;
      case 2:
        mail.insert(at, mail.substr(at, length));
        break;
      case 3:
        mail.resize(at);
        break;
      case 4: {
        const std::string& other = corpus_[Below(corpus_.size())];
        const std::size_t from = Below(other.size() + 1);
        mail.insert(at, other.substr(from, 1 + Below(300)));
        break;
      }
      case 5: {
        static constexpr const char* kTokens[] = {
            "\n",   "\r",     "\n\n", "\n--",     "\"",        "<",
            ">",    "=?",     "?=",   "?q?",      "?B?",       ";",
            ":",    ",",      "(",    ")",        "\\",        "&#",
            "<!--", "<a ",    "='",   "=",        "%00",       "*0*=",
            "\t",   "\x1b$B", "+AAA", "\xff\xfe", "boundary=", "Content-Type: multipart/mixed",
            "utf-7"};
        mail.insert(at, kTokens[Below(std::size(kTokens))]);
        break;
      }
      default:
        mail.insert(at, std::string(1 + Below(2000), mail[at]));
    }
  }

  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  const std::vector<std::string> corpus_;
  std::mt19937 random_;
};

void ExpectSane(const ParsedMail& mail) {
  for (const std::string* text :
       {&mail.text, &mail.html, &mail.visible_reply, &mail.subject, &mail.from.name,
        &mail.from.address, &mail.message_id, &mail.reply_to, &mail.bounce.recipient,
        &mail.auto_reply_reason, &mail.bounce.original_message_id,
        &mail.feedback_report.source_ip}) {
    ASSERT_TRUE(IsValidUtf8(*text));
    ASSERT_EQ(text->find('\0'), std::string::npos);
  }
  for (const std::string* line :
       {&mail.subject, &mail.from.name, &mail.from.address, &mail.message_id}) {
    ASSERT_EQ(line->find_first_of("\r\n"), std::string::npos);
  }
  for (const Attachment& attachment : mail.attachments) {
    ASSERT_FALSE(attachment.filename.empty());
    ASSERT_TRUE(IsValidUtf8(attachment.filename) && IsValidUtf8(attachment.content_type));
    ASSERT_EQ(attachment.filename.find_first_of("/\\\r\n"), std::string::npos);
  }
  ASSERT_EQ(mail.text.empty(), mail.visible_reply.empty());
}

TEST(Mutation, NothingCrashesHangsOrLeavesUtf8) {
  const auto seed = static_cast<unsigned>(
      FromEnvironment("PLAZO_MUTATION_SEED", std::random_device()() & 0xffffff));
  const long rounds = FromEnvironment("PLAZO_MUTATION_ROUNDS", 4000);
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %u\n", seed);
  Mutator mutator(Corpus(), seed);
  long parsed = 0;
  double slowest = 0;
  for (long round = 0; round < rounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    const std::string bytes = mutator.Next();
    const std::clock_t begin = std::clock();  // CPU time: the machine may be busy
    const absl::StatusOr<ParsedMail> mail = ParseMail(bytes);
    slowest = std::max(slowest, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    if (!mail.ok()) {
      ASSERT_FALSE(mail.status().message().empty());
      continue;
    }
    ++parsed;
    ASSERT_NO_FATAL_FAILURE(ExpectSane(*mail));
  }
  EXPECT_GT(parsed, rounds / 2);
  EXPECT_LT(slowest, 0.5) << "a mail of a few kilobytes";
}

}  // namespace
}  // namespace plazo::mime
