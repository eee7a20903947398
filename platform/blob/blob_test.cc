// One contract, run against the directory and the fake.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "platform/base/file.h"
#include "platform/blob/directory_blob_store.h"
#include "platform/blob/fake/memory_blob_store.h"

namespace plazo::blob {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMax = 1 << 20;
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// A store and the way to spoil a blob in it.
struct Subject {
  std::string folder;  // empty for the fake
  std::unique_ptr<BlobStore> store;
  std::function<void(std::string_view id, std::string_view bytes)> damage;
};

std::string NewFolder() {
  char name[] = "/tmp/plazo-blob-XXXXXX";
  return mkdtemp(name);
}

std::string PathOf(const std::string& folder, std::string_view id) {
  return folder + "/" + std::string(id.substr(0, 2)) + "/" + std::string(id.substr(2, 2)) + "/" +
         std::string(id);
}

Subject InFolder() {
  Subject subject;
  subject.folder = NewFolder();
  auto store = DirectoryBlobStore::At({.root = subject.folder + "/", .max_blob_size = kMax});
  EXPECT_TRUE(store.ok()) << store.status();
  subject.store = *std::move(store);
  subject.damage = [folder = subject.folder](std::string_view id, std::string_view bytes) {
    std::ofstream(PathOf(folder, id), std::ios::trunc) << bytes;
  };
  return subject;
}

Subject InMemory() {
  Subject subject;
  auto store = std::make_unique<MemoryBlobStore>(kMax);
  subject.damage = [raw = store.get()](std::string_view id, std::string_view bytes) {
    raw->Damage(id, std::string(bytes));
  };
  subject.store = std::move(store);
  return subject;
}

class BlobContract : public ::testing::TestWithParam<Subject (*)()> {
 protected:
  BlobContract() : subject_(GetParam()()), store_(*subject_.store) {}
  ~BlobContract() override {
    if (!subject_.folder.empty()) fs::remove_all(subject_.folder);
  }
  Subject subject_;
  BlobStore& store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, BlobContract, ::testing::Values(InFolder, InMemory));

TEST_P(BlobContract, GivesBackWhatWasPut) {
  const auto info = store_.Put("abc");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->id, kAbc);
  EXPECT_EQ(info->size, 3u);
  EXPECT_EQ(*store_.Get(info->id), "abc");
  EXPECT_EQ(store_.Stat(info->id)->size, 3u);
  EXPECT_EQ(store_.Put("abc")->id, kAbc) << "a repeat is harmless";
}

TEST_P(BlobContract, KeepsNothingAndAnyBytes) {
  for (const std::string& content :
       {std::string(), std::string("\0\xff\n", 3), std::string(kMax, 'x')}) {
    const auto info = store_.Put(content);
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(*store_.Get(info->id), content);
  }
}

TEST_P(BlobContract, WritesAndReadsInPieces) {
  auto writer = *store_.Create();
  ASSERT_TRUE(writer->Append("a").ok());
  ASSERT_TRUE(writer->Append("").ok());
  EXPECT_EQ(store_.Stat(kAbc).status().code(), absl::StatusCode::kNotFound)
      << "not there before Commit";
  ASSERT_TRUE(writer->Append("bc").ok());
  ASSERT_EQ(writer->Commit()->id, kAbc);
  EXPECT_EQ(writer->Append("d").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(writer->Commit().status().code(), absl::StatusCode::kFailedPrecondition);

  auto reader = *store_.Open(kAbc);
  EXPECT_EQ(reader->size(), 3u);
  EXPECT_EQ(*reader->Read(2), "ab");
  EXPECT_EQ(*reader->Read(2), "c");
  EXPECT_EQ(*reader->Read(2), "");
  EXPECT_EQ(*reader->Read(2), "");
}

TEST_P(BlobContract, AWriterThatIsDroppedLeavesNothing) {
  { ASSERT_TRUE((*store_.Create())->Append("abc").ok()); }
  EXPECT_EQ(store_.Get(kAbc).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(subject_.folder.empty() || fs::is_empty(subject_.folder + "/tmp"));
}

TEST_P(BlobContract, RefusesWhatIsTooLarge) {
  EXPECT_EQ(store_.Put(std::string(kMax + 1, 'x')).status().code(),
            absl::StatusCode::kResourceExhausted);
  auto writer = *store_.Create();
  ASSERT_TRUE(writer->Append(std::string(kMax, 'x')).ok());
  EXPECT_EQ(writer->Append("y").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(writer->Commit().status().code(), absl::StatusCode::kResourceExhausted)
      << "no blob cut short";
  ASSERT_TRUE(store_.Put("abc").ok());
  EXPECT_EQ(*store_.Get(kAbc, 3), "abc");
  EXPECT_EQ(store_.Get(kAbc, 2).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_P(BlobContract, TakesNothingButIds) {
  for (const std::string& id :
       {std::string(), std::string("abc"), std::string("../../etc/passwd"), std::string(64, '/'),
        std::string(64, 'G'), std::string(64, 'A'), std::string(kAbc) + "/", std::string(65, 'a'),
        "../" + std::string(61, 'a'), std::string(63, 'a') + std::string(1, '\0')}) {
    EXPECT_EQ(store_.Get(id).status().code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_EQ(store_.Stat(id).status().code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_EQ(store_.Remove(id).code(), absl::StatusCode::kInvalidArgument) << id;
  }
}

TEST_P(BlobContract, TellsDamage) {
  ASSERT_TRUE(store_.Put("abc").ok());
  subject_.damage(kAbc, "abd");
  EXPECT_EQ(store_.Get(kAbc).status().code(), absl::StatusCode::kDataLoss);
  subject_.damage(kAbc, "");
  EXPECT_EQ(store_.Get(kAbc).status().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(store_.Put("abc").ok());
  EXPECT_EQ(*store_.Get(kAbc), "abc") << "putting it again heals it";
}

TEST_P(BlobContract, RemovesAndForgets) {
  ASSERT_TRUE(store_.Put("abc").ok());
  EXPECT_TRUE(store_.Remove(kAbc).ok());
  EXPECT_EQ(store_.Get(kAbc).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store_.Remove(kAbc).ok());
}

TEST_P(BlobContract, ServesManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 20; ++i) {
        const std::string content = "shared " + std::to_string(i);
        const auto info = store_.Put(content);
        ASSERT_TRUE(info.ok()) << info.status();
        ASSERT_EQ(*store_.Get(info->id), content);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

class DirectoryTest : public ::testing::Test {
 protected:
  ~DirectoryTest() override { fs::remove_all(folder_); }
  const std::string folder_ = NewFolder();
};

TEST_F(DirectoryTest, BlobsLieInShardFoldersAndOutliveTheStore) {
  ASSERT_TRUE((*DirectoryBlobStore::At({.root = folder_ + "/deep/er"}))->Put("abc").ok());
  EXPECT_EQ(*ReadFile(folder_ + "/deep/er/ba/78/" + std::string(kAbc)), "abc");
  EXPECT_EQ(
      *(*DirectoryBlobStore::At({.root = folder_ + "/deep/er", .read_only = true}))->Get(kAbc),
      "abc");
}

TEST_F(DirectoryTest, AReadOnlyStoreChangesNothing) {
  auto store = *DirectoryBlobStore::At({.root = folder_ + "/none", .read_only = true});
  EXPECT_EQ(store->Put("abc").status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(store->Remove(kAbc).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(store->Get(kAbc).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ + "/none"));
}

TEST_F(DirectoryTest, StraysOfACrashAreRemovedAfterADay) {
  fs::create_directories(folder_ + "/tmp");
  for (const char* name : {"old", "young"})
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/tmp/" + name, "x").ok());
  fs::last_write_time(folder_ + "/tmp/old",
                      fs::file_time_type::clock::now() - std::chrono::hours(25));
  ASSERT_TRUE(DirectoryBlobStore::At({.root = folder_}).ok());
  EXPECT_FALSE(fs::exists(folder_ + "/tmp/old"));
  EXPECT_TRUE(fs::exists(folder_ + "/tmp/young"));
}

TEST_F(DirectoryTest, AFolderThatCannotBeMadeIsNamed) {
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/file", "x").ok());
  const auto store = DirectoryBlobStore::At({.root = folder_ + "/file/blobs"});
  EXPECT_FALSE(store.ok());
  EXPECT_THAT(store.status().ToString(), ::testing::HasSubstr("/file/blobs"));
  EXPECT_EQ(DirectoryBlobStore::At({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MemoryBlobStore, MakesOutages) {
  MemoryBlobStore store;
  store.SetOutage(absl::UnavailableError("disk"));
  EXPECT_EQ(store.Put("abc").status().code(), absl::StatusCode::kUnavailable);
  store.SetOutage(absl::OkStatus());
  EXPECT_TRUE(store.Put("abc").ok());
  EXPECT_EQ(store.count(), 1u);
}

}  // namespace
}  // namespace plazo::blob
