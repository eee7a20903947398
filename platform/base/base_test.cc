#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "platform/base/crc32c.h"
#include "platform/base/encoding.h"
#include "platform/base/fake/manual_clock.h"
#include "platform/base/fake/seeded_random.h"
#include "platform/base/file.h"
#include "platform/base/sha256.h"
#include "platform/base/string_map.h"
#include "platform/base/zstd.h"

namespace plazo {
namespace {

TEST(Sha256, FitsThePublishedVectors) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, InPiecesEqualsAtOnce) {
  Sha256Hasher hasher;
  hasher.Update("a");
  hasher.Update("");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Finish(), Sha256("abc"));
}

// RFC 4231, cases 2 and 6.
TEST(HmacSha256, FitsThePublishedVectors) {
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(HmacSha256("", "x").size(), kSha256Size);
}

TEST(ConstantTimeEqual, ComparesLengthAndContent) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual("mark", "mark"));
  EXPECT_FALSE(ConstantTimeEqual("mark", "mork"));
  EXPECT_FALSE(ConstantTimeEqual("mark", "mar"));
}

// RFC 4648 section 10, lower case, without padding.
TEST(Base32, FitsThePublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "my"},
                                                         {"fo", "mzxq"},
                                                         {"foo", "mzxw6"},
                                                         {"foob", "mzxw6yq"},
                                                         {"fooba", "mzxw6ytb"},
                                                         {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(Base32(plain), encoded);
    EXPECT_EQ(FromBase32(encoded), plain);
  }
  EXPECT_EQ(FromBase32("MZXW6"), "foo");
  EXPECT_EQ(Base32(std::string(10, '\xff')).size(), 16u);
}

TEST(Base32, RefusesWhatNoEncoderWrites) {
  EXPECT_EQ(FromBase32("mz1w"), std::nullopt) << "foreign character";
  EXPECT_EQ(FromBase32("m"), std::nullopt) << "spare character";
  EXPECT_EQ(FromBase32("mz"), std::nullopt) << "stray bits";
  EXPECT_EQ(FromBase32("my======"), std::nullopt) << "padding";
}

TEST(Hex, GoesBothWaysAndIsStrict) {
  EXPECT_EQ(Hex(std::string("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(FromHex("00FF10"), std::string("\x00\xff\x10", 3));
  EXPECT_EQ(FromHex("0"), std::nullopt);
  EXPECT_EQ(FromHex("0g"), std::nullopt);
}

TEST(Utf8, KnowsValidFromInvalid) {
  for (const char* good :
       {"", "plain", "\xc3\xb1", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xff", "\xc3(", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << Hex(bad);
  }
}

// RFC 3720 B.4.
TEST(Crc32c, FitsThePublishedVectors) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), 0xe3069283u);
}

TEST(Zstd, RestoresWhatItCompressed) {
  for (const std::string& content : {std::string(), std::string("x"), std::string(1 << 20, 'a')}) {
    const auto frame = ZstdCompress(content);
    ASSERT_TRUE(frame.ok());
    const auto back = ZstdDecompress(*frame, content.size());
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, content);
  }
}

TEST(Zstd, StopsAtTheBoundAndRefusesDamage) {
  const std::string frame = *ZstdCompress(std::string(10 << 20, 'a'));
  EXPECT_EQ(ZstdDecompress(frame, (10 << 20) - 1).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ZstdDecompress(frame, 0).status().code(), absl::StatusCode::kResourceExhausted);
  for (size_t cut = 0; cut < frame.size(); cut += 7) {
    EXPECT_EQ(ZstdDecompress(frame.substr(0, cut), 20 << 20).status().code(),
              absl::StatusCode::kInvalidArgument)
        << cut;
  }
  EXPECT_EQ(ZstdDecompress(frame + "x", 20 << 20).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ZstdDecompress("no frame at all", 100).status().code(),
            absl::StatusCode::kInvalidArgument);
}

class FileTest : public testing::Test {
 protected:
  FileTest() {
    char name[] = "/tmp/plazo-file-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FileTest, WritesReplacesAndReads) {
  const std::string path = folder_ + "/a";
  ASSERT_TRUE(WriteFileAtomically(path, "one").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "two!").ok());
  EXPECT_EQ(*ReadFile(path), "two!");
  EXPECT_EQ(*ReadFile(path, 4), "two!");
  EXPECT_EQ(ReadFile(path, 3).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1)
      << "a temporary file was left";
}

TEST_F(FileTest, ErrorsNameThePath) {
  const auto missing = ReadFile(folder_ + "/none");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(missing.status().ToString().find("/none"), std::string::npos);
  EXPECT_EQ(WriteFileAtomically(folder_ + "/no/such/folder", "x").code(),
            absl::StatusCode::kNotFound);
}

TEST(StringMap, IsSearchedWithViews) {
  StringMap<int> map{{"one", 1}};
  EXPECT_TRUE(map.contains(std::string_view("one")));
  EXPECT_EQ(map.find(std::string_view("two")), map.end());
}

TEST(ManualClock, MovesBothTimesTogetherAndOnlyWhenTold) {
  ManualClock clock(int64_t{1000});
  const absl::Duration before = clock.Monotonic();
  EXPECT_EQ(clock.NowMs(), 1000);
  clock.Advance(absl::Minutes(2));
  EXPECT_EQ(clock.NowMs(), 121000);
  EXPECT_EQ(clock.Monotonic() - before, absl::Minutes(2));
}

TEST(Random, SeededRepeatsAndSystemDoesNot) {
  SeededRandom a(7), b(7);
  EXPECT_EQ(a.Bytes(20), b.Bytes(20));
  SystemRandom system;
  EXPECT_NE(system.Bytes(16), system.Bytes(16));
  const double unit = system.Unit();
  EXPECT_GE(unit, 0.0);
  EXPECT_LT(unit, 1.0);
}

}  // namespace
}  // namespace plazo
