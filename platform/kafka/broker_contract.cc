#include "platform/kafka/broker_contract.h"

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "platform/base/status.h"

namespace plazo::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kWait = absl::Seconds(20);
constexpr absl::Duration kTurn = absl::Milliseconds(50);

OutRecord Out(const std::string& topic, int32_t partition, const std::string& value) {
  return {.topic = topic, .partition = partition, .key = "k", .value = value};
}

// A group member that notes what happens to it. Starts every partition at `from`.
struct Member {
  Member(Broker& broker, const std::string& group, const std::string& topic,
         const std::string& instance = "", int64_t from = kBeginning)
      : from_(from) {
    auto made = broker.MakeGroupConsumer(
        {.group = group, .instance = instance, .session_timeout = absl::Seconds(10)});
    EXPECT_TRUE(made.ok()) << ToString(made.status());
    consumer = std::move(*made);
    const absl::Status status = consumer->Subscribe(
        {topic}, {.assigned = [this](const auto& given) { return Assigned(given); },
                  .revoked = [this](const auto&) { Gone(revocations); },
                  .lost = [this](const auto&) { Gone(losses); }});
    EXPECT_TRUE(status.ok()) << ToString(status);
  }

  absl::StatusOr<std::vector<PartitionOffset>> Assigned(const std::vector<TopicPartition>& given) {
    ++assignments;
    owned = std::set<TopicPartition>(given.begin(), given.end());
    std::vector<PartitionOffset> positions;
    for (const TopicPartition& each : given)
      positions.push_back({each.topic, each.partition, from_});
    return positions;
  }
  void Gone(int& count) {
    ++count;
    owned.clear();
  }

  absl::Status Poll() {
    auto polled = consumer->Poll(kTurn, 100);
    if (!polled.ok()) return polled.status();
    for (Record& each : polled->records) records.push_back(std::move(each));
    for (PartitionOffset& each : polled->ends) ends.push_back(std::move(each));
    return absl::OkStatus();
  }

  std::vector<std::string> Values() const {
    std::vector<std::string> values;
    for (const Record& each : records) values.push_back(each.value.value_or("-"));
    return values;
  }

  int64_t from_;
  std::set<TopicPartition> owned;
  int assignments = 0;
  int revocations = 0;
  int losses = 0;
  std::vector<Record> records;
  std::vector<PartitionOffset> ends;
  std::unique_ptr<GroupConsumer> consumer;  // last: its destructor calls back
};

template <typename Predicate>
bool PollUntil(std::vector<Member*> members, Predicate predicate) {
  const absl::Time deadline = absl::Now() + kWait;
  while (!predicate()) {
    if (absl::Now() > deadline) return false;
    for (Member* member : members) {
      const absl::Status status = member->Poll();
      if (!status.ok()) return false;
    }
  }
  return true;
}

}  // namespace

void BrokerContract::SetUp() {
  broker_ = GetParam()();
  ASSERT_NE(broker_, nullptr) << "no broker: see PLAZO_TEST_KAFKA";
}

std::string BrokerContract::Unique(const std::string& name) {
  static const uint64_t run = std::random_device{}();
  static int sequence = 0;
  return name + "-" + std::to_string(run) + "-" + std::to_string(++sequence);
}

std::string BrokerContract::NewTopic(int32_t partitions,
                                     std::map<std::string, std::string> config) {
  config["message.timestamp.type"] = "LogAppendTime";
  const std::string name = Unique("topic");
  auto admin = broker_->MakeAdmin();
  EXPECT_TRUE(admin.ok());
  const absl::Status status = (*admin)->CreateTopic({name, partitions, 1, config}, kWait);
  EXPECT_TRUE(status.ok()) << ToString(status);
  return name;
}

Delivered BrokerContract::Send(const std::string& topic, int32_t partition,
                               const std::string& value) {
  auto producer = broker_->MakeIdempotentProducer({});
  EXPECT_TRUE(producer.ok());
  std::optional<absl::StatusOr<Delivered>> result;
  EXPECT_TRUE((*producer)
                  ->Produce(Out(topic, partition, value),
                            [&](absl::StatusOr<Delivered> report) { result = std::move(report); })
                  .ok());
  const absl::Time deadline = absl::Now() + kWait;
  while (!result && absl::Now() < deadline) (*producer)->Poll(kTurn);
  EXPECT_TRUE(result && result->ok());
  return result && result->ok() ? **result : Delivered{};
}

std::vector<Record> BrokerContract::ReadAll(const TopicPartition& partition, Isolation isolation) {
  std::vector<Record> records;
  auto reader = broker_->MakeReader(isolation);
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->Assign({{partition.topic, partition.partition, kBeginning}}).ok());
  const absl::Time deadline = absl::Now() + kWait;
  while (absl::Now() < deadline) {
    auto polled = (*reader)->Poll(kTurn, 1000);
    EXPECT_TRUE(polled.ok()) << ToString(polled.status());
    if (!polled.ok()) return records;
    std::ranges::move(polled->records, std::back_inserter(records));
    if (!polled->ends.empty()) return records;
  }
  ADD_FAILURE() << "the end was never reported";
  return records;
}

std::vector<std::string> BrokerContract::ReadValues(const TopicPartition& partition,
                                                    Isolation isolation) {
  std::vector<std::string> values;
  for (const Record& each : ReadAll(partition, isolation))
    values.push_back(each.value.value_or("-"));
  return values;
}

std::unique_ptr<TransactionalProducer> BrokerContract::NewTransactional(
    const std::string& id, const std::string& topic, absl::Duration transaction_timeout) {
  auto producer =
      broker_->MakeTransactionalProducer({.id = id, .transaction_timeout = transaction_timeout});
  EXPECT_TRUE(producer.ok());
  const absl::Status status = (*producer)->Init({topic}, kWait);
  EXPECT_TRUE(status.ok()) << ToString(status);
  return std::move(*producer);
}

TEST_P(BrokerContract, TopicsAreMadeListedConfiguredAndDeleted) {
  const std::string name = NewTopic(3, {{"retention.ms", "86400000"}});
  auto admin = *broker_->MakeAdmin();
  EXPECT_EQ(admin->CreateTopic({name, 3, 1, {}}, kWait).code(), absl::StatusCode::kAlreadyExists);
  auto topics = admin->ListTopics(kWait);
  ASSERT_TRUE(topics.ok());
  EXPECT_EQ((*topics)[name], 3);
  const std::map<std::string, std::string> first = {{"message.timestamp.type", "LogAppendTime"},
                                                    {"retention.ms", "86400000"}};
  EXPECT_EQ(*admin->TopicConfig(name, kWait), first);
  const std::map<std::string, std::string> second = {{"cleanup.policy", "compact"}};
  EXPECT_TRUE(admin->SetTopicConfig(name, second, kWait).ok());
  // A broker answers from what it has replayed of the metadata: the change shows a moment later.
  const absl::Time deadline = absl::Now() + kWait;
  while (*admin->TopicConfig(name, kWait) != second && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(*admin->TopicConfig(name, kWait), second);
  EXPECT_TRUE(admin->DeleteTopic(name, kWait).ok());
  EXPECT_EQ(admin->DeleteTopic(name, kWait).code(), absl::StatusCode::kNotFound);
}

TEST_P(BrokerContract, ARecordReadsAsItWasWritten) {
  const std::string topic = NewTopic(5);
  auto producer = *broker_->MakeIdempotentProducer({});
  const OutRecord full{.topic = topic,
                       .key = "ticket-17",
                       .value = std::string("a\0b", 3),
                       .headers = {{"ce_id", "1"}, {"empty", ""}}};
  const OutRecord tombstone{.topic = topic, .key = "ticket-17"};
  const OutRecord empty{.topic = topic, .key = "ticket-17", .value = ""};
  std::vector<Delivered> reports;
  for (const OutRecord& each : {full, tombstone, empty}) {
    ASSERT_TRUE(producer
                    ->Produce(each,
                              [&](absl::StatusOr<Delivered> report) {
                                ASSERT_TRUE(report.ok()) << ToString(report.status());
                                reports.push_back(*report);
                              })
                    .ok());
  }
  for (int i = 0; i < 400 && reports.size() < 3; ++i) producer->Poll(kTurn);
  ASSERT_EQ(reports.size(), 3U);
  const int32_t partition = MurmurPartition("ticket-17", 5);
  const std::vector<Record> records = ReadAll({topic, partition});
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].key, full.key);
  EXPECT_EQ(records[0].value, full.value);
  EXPECT_EQ(records[0].headers, full.headers);
  EXPECT_EQ(records[1].value, std::nullopt);
  EXPECT_EQ(records[2].value, "");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(records[i].offset, static_cast<int64_t>(i));
    EXPECT_EQ(reports[i].partition, partition);
    EXPECT_EQ(reports[i].offset, records[i].offset);
    EXPECT_EQ(reports[i].timestamp_ms, records[i].timestamp_ms);
    EXPECT_NEAR(static_cast<double>(records[i].timestamp_ms),
                static_cast<double>(absl::ToUnixMillis(absl::Now())), 60'000);
  }
}

TEST_P(BrokerContract, ATooLargeRecordIsReportedAndTheNextOneIsWritten) {
  const std::string topic = NewTopic(1, {{"max.message.bytes", "2000"}});
  auto producer = *broker_->MakeIdempotentProducer({});
  std::vector<absl::StatusCode> codes;
  // Not compressible, or the limit would not be met.
  std::string noise(4000, '\0');
  std::mt19937 random(7);
  for (char& each : noise) each = static_cast<char>(random());
  for (const std::string& value : {noise, std::string("small")}) {
    ASSERT_TRUE(producer
                    ->Produce(Out(topic, 0, value),
                              [&](const absl::StatusOr<Delivered>& r) {
                                codes.push_back(r.status().code());
                              })
                    .ok());
    const size_t want = codes.size() + 1;
    for (int i = 0; i < 400 && codes.size() < want; ++i) producer->Poll(kTurn);
  }
  EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kInvalidArgument, absl::StatusCode::kOk));
  EXPECT_THAT(ReadValues({topic, 0}), ElementsAre("small"));
}

TEST_P(BrokerContract, ATransactionIsSeenWhenItIsCommittedAndNotBefore) {
  const std::string topic = NewTopic(2);
  auto producer = NewTransactional(Unique("id"), topic);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, "a")).ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 1, "b")).ok());
  const auto report = producer->Flush(kWait);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->delivered, 2U);
  EXPECT_EQ(report->failed, 0U);
  Send(topic, 0, "after");

  EXPECT_THAT(ReadValues({topic, 0}), IsEmpty());  // "after" is behind the last stable offset, too
  EXPECT_THAT(ReadValues({topic, 0}, Isolation::kReadUncommitted), ElementsAre("a", "after"));
  auto stable = *broker_->MakeReader(Isolation::kReadCommitted);
  auto all = *broker_->MakeReader(Isolation::kReadUncommitted);
  EXPECT_EQ(stable->QueryWatermarks({topic, 0}, kWait)->high, 0);
  EXPECT_EQ(all->QueryWatermarks({topic, 0}, kWait)->high, 2);

  ASSERT_TRUE(producer->Commit(kWait).ok());
  EXPECT_THAT(ReadValues({topic, 0}), ElementsAre("a", "after"));
  EXPECT_THAT(ReadValues({topic, 1}), ElementsAre("b"));
  EXPECT_EQ(stable->QueryWatermarks({topic, 0}, kWait)->high, 3) << "the marker takes an offset";
}

TEST_P(BrokerContract, TheEndIsReportedBehindTheMarker) {
  const std::string topic = NewTopic(1);
  auto producer = NewTransactional(Unique("id"), topic);
  auto reader = *broker_->MakeReader(Isolation::kReadCommitted);
  ASSERT_TRUE(reader->Assign({{topic, 0, kBeginning}}).ok());
  int64_t end = -1;
  const auto read_until = [&](int64_t want) {
    const absl::Time deadline = absl::Now() + kWait;
    while (end < want && absl::Now() < deadline) {
      auto polled = reader->Poll(kTurn, 100);
      ASSERT_TRUE(polled.ok());
      for (const PartitionOffset& each : polled->ends) end = each.offset;
    }
  };
  read_until(0);
  EXPECT_EQ(end, 0);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, "a")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  ASSERT_TRUE(producer->Commit(kWait).ok());
  read_until(2);
  EXPECT_EQ(end, 2);
}

TEST_P(BrokerContract, InitDiscardsWhatAFormerLifeLeftOpen) {
  const std::string topic = NewTopic(1);
  const std::string id = Unique("id");
  {
    auto dead = NewTransactional(id, topic);
    ASSERT_TRUE(dead->Begin().ok());
    ASSERT_TRUE(dead->Produce(Out(topic, 0, "lost")).ok());
    ASSERT_TRUE(dead->Flush(kWait).ok());
  }
  auto producer = NewTransactional(id, topic);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, "kept")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  ASSERT_TRUE(producer->Commit(kWait).ok());
  EXPECT_THAT(ReadValues({topic, 0}), ElementsAre("kept"));
  EXPECT_THAT(ReadValues({topic, 0}, Isolation::kReadUncommitted), ElementsAre("lost", "kept"));
}

TEST_P(BrokerContract, ASecondProducerFencesTheFirst) {
  const std::string topic = NewTopic(1);
  const std::string id = Unique("id");
  auto first = NewTransactional(id, topic);
  ASSERT_TRUE(first->Begin().ok());
  ASSERT_TRUE(first->Produce(Out(topic, 0, "first")).ok());
  ASSERT_TRUE(first->Flush(kWait).ok());
  auto second = NewTransactional(id, topic);
  const absl::Status status = first->Commit(kWait);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ErrorKindOf(status), ErrorKind::kFenced) << ToString(status);
  EXPECT_THAT(ReadValues({topic, 0}), IsEmpty());
}

TEST_P(BrokerContract, WhatAFencedProducerWritesIsCountedAsFailed) {
  const std::string topic = NewTopic(1);
  const std::string id = Unique("id");
  auto first = NewTransactional(id, topic);
  auto second = NewTransactional(id, topic);
  ASSERT_TRUE(first->Begin().ok());
  const absl::Status produced = first->Produce(Out(topic, 0, "first"));
  const auto report = first->Flush(kWait);
  if (produced.ok() && report.ok()) {
    EXPECT_EQ(report->delivered, 0U);
    EXPECT_EQ(report->failed, 1U);
    EXPECT_FALSE(report->first_error.ok());
  }
  EXPECT_FALSE(first->Commit(kWait).ok());
  EXPECT_THAT(ReadValues({topic, 0}), IsEmpty());
}

TEST_P(BrokerContract, AFailedDeliveryIsCountedAndForbidsTheCommit) {
  const std::string topic = NewTopic(1, {{"max.message.bytes", "2000"}});
  auto producer = NewTransactional(Unique("id"), topic);
  std::string noise(4000, '\0');
  std::mt19937 random(7);
  for (char& each : noise) each = static_cast<char>(random());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, "small")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, noise)).ok());
  const auto report = producer->Flush(kWait);
  ASSERT_TRUE(report.ok()) << ToString(report.status());
  EXPECT_EQ(report->delivered, 1U);
  EXPECT_EQ(report->failed, 1U);
  EXPECT_FALSE(producer->Commit(kWait).ok());
  EXPECT_THAT(ReadValues({topic, 0}), IsEmpty());
}

TEST_P(BrokerContract, AnOpenTransactionEndsWithItsTimeout) {
  const std::string topic = NewTopic(1);
  auto producer = NewTransactional(Unique("id"), topic, absl::Seconds(1));
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 0, "late")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  Send(topic, 0, "after");
  auto reader = *broker_->MakeReader(Isolation::kReadCommitted);
  ASSERT_TRUE(reader->Assign({{topic, 0, kBeginning}}).ok());
  std::vector<std::string> values;
  const absl::Time deadline = absl::Now() + kWait;
  while (values.empty() && absl::Now() < deadline) {
    auto polled = reader->Poll(kTurn, 100);
    ASSERT_TRUE(polled.ok());
    for (const Record& each : polled->records) values.push_back(*each.value);
  }
  EXPECT_THAT(values, ElementsAre("after"));
  EXPECT_FALSE(producer->Commit(kWait).ok());
}

TEST_P(BrokerContract, OffsetsMoveWithTheTransactionAndAreUnstableWhileItIsOpen) {
  const std::string in = NewTopic(1);
  const std::string out = NewTopic(1);
  const std::string group = Unique("group");
  Send(in, 0, "x");
  Member member(*broker_, group, in);
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.records.size() == 1; }));
  auto offsets = *broker_->MakeGroupOffsets(group);
  EXPECT_EQ((*offsets->Committed({{in, 0}}, kWait))[0].offset, kNoOffset);

  const std::string id = Unique("id");
  auto producer = NewTransactional(id, out);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(out, 0, "y")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  const auto metadata = member.consumer->Metadata();
  ASSERT_TRUE(metadata.ok());
  absl::Status status = producer->SendOffsets({{in, 0, 1}}, *metadata, kWait);
  ASSERT_TRUE(status.ok()) << ToString(status);

  const auto unstable = offsets->Committed({{in, 0}}, absl::Milliseconds(500));
  ASSERT_FALSE(unstable.ok());
  EXPECT_EQ(ErrorKindOf(unstable.status()), ErrorKind::kRetriable);
  ASSERT_TRUE(producer->Commit(kWait).ok());
  EXPECT_EQ((*offsets->Committed({{in, 0}}, kWait))[0].offset, 1);

  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(out, 0, "z")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  ASSERT_TRUE(producer->SendOffsets({{in, 0, 2}}, *metadata, kWait).ok());
  producer.reset();
  producer = NewTransactional(id, out);
  EXPECT_EQ((*offsets->Committed({{in, 0}}, kWait))[0].offset, 1) << "aborted offsets are void";
}

TEST_P(BrokerContract, OffsetsOfAnOldGenerationAreFenced) {
  const std::string in = NewTopic(2);
  const std::string out = NewTopic(1);
  const std::string group = Unique("group");
  Member first(*broker_, group, in);
  ASSERT_TRUE(PollUntil({&first}, [&] { return first.owned.size() == 2; }));
  const auto old = first.consumer->Metadata();
  ASSERT_TRUE(old.ok());
  Member second(*broker_, group, in);
  ASSERT_TRUE(PollUntil({&first, &second},
                        [&] { return first.owned.size() == 1 && second.owned.size() == 1; }));
  auto producer = NewTransactional(Unique("id"), out);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(out, 0, "y")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  const absl::Status status = producer->SendOffsets({{in, 0, 1}}, *old, kWait);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ErrorKindOf(status), ErrorKind::kFenced) << ToString(status);
}

TEST_P(BrokerContract, MembersShareTheTopicInRanges) {
  const std::string topic = NewTopic(4);
  const std::string group = Unique("group");
  Member first(*broker_, group, topic);
  ASSERT_TRUE(PollUntil({&first}, [&] { return first.owned.size() == 4; }));
  {
    Member second(*broker_, group, topic);
    ASSERT_TRUE(PollUntil({&first, &second},
                          [&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
    EXPECT_EQ(first.revocations, 1);
    std::set<TopicPartition> all = first.owned;
    all.insert(second.owned.begin(), second.owned.end());
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(first.owned.rbegin()->partition - first.owned.begin()->partition, 1) << "neighbours";
  }
  ASSERT_TRUE(PollUntil({&first}, [&] { return first.owned.size() == 4; }));
  EXPECT_EQ(first.losses, 0);
}

TEST_P(BrokerContract, ARecordPolledBeforeARebalanceIsNotReturnedAfterIt) {
  const std::string topic = NewTopic(2);
  const std::string group = Unique("group");
  for (int i = 0; i < 20; ++i) Send(topic, i % 2, std::to_string(i));
  Member first(*broker_, group, topic);
  ASSERT_TRUE(PollUntil({&first}, [&] { return first.records.size() == 20; }));
  first.records.clear();
  Member second(*broker_, group, topic);
  ASSERT_TRUE(PollUntil({&first, &second},
                        [&] { return first.records.size() == 10 && second.records.size() == 10; }))
      << first.records.size() << " " << second.records.size();
  for (const Record& each : first.records) EXPECT_TRUE(first.owned.contains(each.Partition()));
}

TEST_P(BrokerContract, ConsumptionBeginsWhereTheAssignmentSays) {
  const std::string topic = NewTopic(1);
  for (const char* value : {"0", "1", "2", "3"}) Send(topic, 0, value);
  Member member(*broker_, Unique("group"), topic, "", /*from=*/2);
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.records.size() == 2; }));
  EXPECT_THAT(member.Values(), ElementsAre("2", "3"));

  member.records.clear();
  ASSERT_TRUE(member.consumer->Assign({{topic, 0, 1}}).ok());
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.records.size() == 3; }));
  EXPECT_THAT(member.Values(), ElementsAre("1", "2", "3"));

  // Left out: owned, but not fetched; and back again.
  member.records.clear();
  ASSERT_TRUE(member.consumer->Assign({}).ok());
  Send(topic, 0, "4");
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.records, IsEmpty());
  ASSERT_TRUE(member.consumer->Assign({{topic, 0, 4}}).ok());
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.records.size() == 1; }));
  EXPECT_THAT(member.Values(), ElementsAre("4"));
}

TEST_P(BrokerContract, AnOffsetBehindTheEndIsAFatalErrorNotASilentReset) {
  const std::string topic = NewTopic(1);
  Send(topic, 0, "x");
  auto reader = *broker_->MakeReader(Isolation::kReadCommitted);
  ASSERT_TRUE(reader->Assign({{topic, 0, 17}}).ok());
  const absl::Time deadline = absl::Now() + kWait;
  absl::Status status;
  while (status.ok() && absl::Now() < deadline) status = reader->Poll(kTurn, 10).status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(ErrorKindOf(status), ErrorKind::kFatal) << ToString(status);
}

TEST_P(BrokerContract, AStaticMemberFindsItsPartitionsAfterARestart) {
  const std::string topic = NewTopic(4);
  const std::string group = Unique("group");
  Member stays(*broker_, group, topic, "a");
  auto restarts = std::make_unique<Member>(*broker_, group, topic, "b");
  ASSERT_TRUE(PollUntil({&stays, restarts.get()},
                        [&] { return stays.owned.size() == 2 && restarts->owned.size() == 2; }));
  const std::set<TopicPartition> before = restarts->owned;
  const int assignments = stays.assignments;
  restarts.reset();
  restarts = std::make_unique<Member>(*broker_, group, topic, "b");
  ASSERT_TRUE(PollUntil({&stays, restarts.get()}, [&] { return restarts->owned.size() == 2; }));
  EXPECT_EQ(restarts->owned, before);
  EXPECT_EQ(stays.assignments, assignments) << "nobody else was disturbed";
}

TEST_P(BrokerContract, OfTwoProcessesWithOneStaticIdTheOlderIsFenced) {
  const std::string topic = NewTopic(2);
  const std::string group = Unique("group");
  Member older(*broker_, group, topic, "a");
  ASSERT_TRUE(PollUntil({&older}, [&] { return older.owned.size() == 2; }));
  Member newer(*broker_, group, topic, "a");
  absl::Status status;
  const absl::Time deadline = absl::Now() + kWait;
  while (status.ok() && absl::Now() < deadline) {
    ASSERT_TRUE(newer.Poll().ok());
    status = older.Poll();
  }
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(IsFencedInstance(status)) << ToString(status);
  EXPECT_EQ(ErrorKindOf(status), ErrorKind::kFenced);
  ASSERT_TRUE(PollUntil({&newer}, [&] { return newer.owned.size() == 2; }));
}

TEST_P(BrokerContract, GroupCommitsAreReadBack) {
  const std::string topic = NewTopic(2);
  const std::string group = Unique("group");
  Member member(*broker_, group, topic);
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.owned.size() == 2; }));
  ASSERT_TRUE(member.consumer->Commit({{topic, 1, 7}}).ok());
  auto offsets = *broker_->MakeGroupOffsets(group);
  const auto committed = offsets->Committed({{topic, 0}, {topic, 1}}, kWait);
  ASSERT_TRUE(committed.ok());
  EXPECT_THAT(*committed, UnorderedElementsAre(PartitionOffset{topic, 0, kNoOffset},
                                               PartitionOffset{topic, 1, 7}));
}

TEST_P(BrokerContract, LagIsTheDistanceToTheStableEnd) {
  const std::string topic = NewTopic(2);
  const std::string group = Unique("group");
  for (int i = 0; i < 3; ++i) Send(topic, 0, "x");
  Member member(*broker_, group, topic);
  ASSERT_TRUE(PollUntil({&member}, [&] { return member.owned.size() == 2; }));
  ASSERT_TRUE(member.consumer->Commit({{topic, 0, 1}}).ok());
  const auto rows = Lag(*broker_, group, topic, kWait);
  ASSERT_TRUE(rows.ok()) << ToString(rows.status());
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].committed, 1);
  EXPECT_EQ((*rows)[0].end, 3);
  EXPECT_EQ((*rows)[0].lag, 2);
  EXPECT_EQ((*rows)[1].committed, kNoOffset);
  EXPECT_EQ((*rows)[1].lag, 0);
  EXPECT_EQ(Lag(*broker_, group, Unique("none"), kWait).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(BrokerContract, OffsetsAreFoundByTime) {
  const std::string topic = NewTopic(2);
  const Delivered first = Send(topic, 0, "x");
  auto reader = *broker_->MakeReader(Isolation::kReadCommitted);
  const auto at = reader->OffsetsForTime({{topic, 0}, {topic, 1}}, first.timestamp_ms, kWait);
  ASSERT_TRUE(at.ok()) << ToString(at.status());
  EXPECT_THAT(*at,
              UnorderedElementsAre(PartitionOffset{topic, 0, 0}, PartitionOffset{topic, 1, kEnd}));
  const auto after = reader->OffsetsForTime({{topic, 0}}, first.timestamp_ms + 1, kWait);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ((*after)[0].offset, kEnd);
}

TEST_P(BrokerContract, BeginningsAndEndsOfManyPartitionsAreAskedAtOnce) {
  const std::string topic = NewTopic(3);
  Send(topic, 0, "x");
  Send(topic, 2, "x");
  auto producer = NewTransactional(Unique("id"), topic);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(Out(topic, 2, "open")).ok());
  ASSERT_TRUE(producer->Flush(kWait).ok());
  const std::vector<TopicPartition> all = {{topic, 0}, {topic, 1}, {topic, 2}};
  const auto ask = [&](Isolation isolation, int64_t which) {
    auto reader = *broker_->MakeReader(isolation);
    const auto answer = reader->OffsetsForTime(all, which, kWait);
    EXPECT_TRUE(answer.ok()) << ToString(answer.status());
    std::vector<int64_t> offsets;
    for (const PartitionOffset& each : *answer) offsets.push_back(each.offset);
    return offsets;
  };
  EXPECT_THAT(ask(Isolation::kReadCommitted, kEnd), ElementsAre(1, 0, 1));
  EXPECT_THAT(ask(Isolation::kReadUncommitted, kEnd), ElementsAre(1, 0, 2));
  EXPECT_THAT(ask(Isolation::kReadCommitted, kBeginning), ElementsAre(0, 0, 0));
}

}  // namespace plazo::kafka
