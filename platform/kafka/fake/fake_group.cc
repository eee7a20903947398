#include <algorithm>
#include <utility>

#include "platform/base/status.h"
#include "platform/kafka/fake/fake_cluster.h"

namespace plazo::kafka {
namespace {

constexpr char kSeparator = '\n';

}  // namespace

std::string FakeCluster::Join(const GroupConsumerOptions& options,
                              const std::vector<std::string>& topics) {
  absl::MutexLock lock(&mutex_);
  Group& group = groups_[options.group];
  DropExpired(group);
  const std::string id = "member-" + std::to_string(next_member_++);
  Member member;
  member.instance = options.instance;
  member.topics = topics;
  member.session_timeout = options.session_timeout;

  for (auto& [old_id, old] : group.members) {
    if (options.instance.empty() || old.instance != options.instance || old.fenced) continue;
    // The static member is back (or a second process has its id): it takes over what it had,
    // without a rebalance.
    const bool same_topics = old.topics == topics;
    member.assigned = old.assigned;
    member.joined = old.joined;
    old.fenced = true;
    old.assigned.clear();
    const bool gone = old.left.has_value();
    if (gone) group.members.erase(old_id);
    group.members[id] = std::move(member);
    if (!same_topics) Prepare(group);
    AssignIfJoined(group);
    Changed();
    return id;
  }
  group.members[id] = std::move(member);
  Prepare(group);
  Changed();
  return id;
}

// Starts a rebalance: everybody has to give up what it holds and join.
void FakeCluster::Prepare(Group& group) {
  group.preparing = true;
  for (auto& [id, member] : group.members) member.joined = member.left.has_value();
}

void FakeCluster::AssignIfJoined(Group& group) {
  if (!group.preparing) return;
  for (const auto& [id, member] : group.members) {
    if (!member.fenced && !member.joined) return;
  }
  group.preparing = false;
  ++group.generation;
  std::set<std::string> topics;
  for (auto& [id, member] : group.members) {
    member.assigned.clear();
    if (!member.fenced) topics.insert(member.topics.begin(), member.topics.end());
  }
  for (const std::string& topic : topics) AssignRange(group, topic);
  Changed();
}

void FakeCluster::AssignRange(Group& group, const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  // Kafka sorts static members by their instance ids, so that a restart does not move partitions.
  std::vector<std::pair<std::string, Member*>> takers;
  for (auto& [id, member] : group.members) {
    if (member.fenced || std::ranges::count(member.topics, topic) == 0) continue;
    takers.push_back({member.instance.empty() ? id : member.instance, &member});
  }
  std::ranges::sort(takers, {}, &std::pair<std::string, Member*>::first);
  const size_t partitions = found->second.partitions.size();
  const size_t each = partitions / takers.size();
  const size_t more = partitions % takers.size();
  size_t next = 0;
  for (size_t i = 0; i < takers.size(); ++i) {
    for (size_t n = each + (i < more ? 1 : 0); n > 0; --n, ++next) {
      takers[i].second->assigned.push_back({topic, static_cast<int32_t>(next)});
    }
  }
}

void FakeCluster::DropExpired(Group& group) {
  const size_t dropped = std::erase_if(group.members, [&](const auto& member) {
    const auto& left = member.second.left;
    return left && clock_.Monotonic() - *left > member.second.session_timeout;
  });
  if (dropped == 0) return;
  Prepare(group);
  Changed();
}

FakeCluster::Step FakeCluster::Next(const std::string& group_name, const std::string& id) {
  absl::MutexLock lock(&mutex_);
  Group& group = groups_[group_name];
  DropExpired(group);
  const auto found = group.members.find(id);
  if (found == group.members.end() || found->second.fenced) return {Step::Kind::kFenced, {}};
  Member& member = found->second;
  if (group.preparing) {
    if (member.holds_generation >= 0 && !member.revoking) {
      member.revoking = true;  // its generation is good for commits until it comes back for more
      return {Step::Kind::kRevoke, member.assigned};
    }
    if (std::exchange(member.revoking, false)) member.holds_generation = -1;
    if (!member.joined) {
      member.joined = true;
      AssignIfJoined(group);
    }
  }
  if (!group.preparing && member.holds_generation != group.generation) {
    member.holds_generation = group.generation;
    return {Step::Kind::kAssign, member.assigned};
  }
  return {};
}

GroupMetadata FakeCluster::Metadata(const std::string& group, const std::string& member) {
  absl::MutexLock lock(&mutex_);
  const auto& members = groups_[group].members;
  const auto found = members.find(member);
  const int64_t generation = found == members.end() ? -1 : found->second.holds_generation;
  return {group + kSeparator + member + kSeparator + std::to_string(generation)};
}

absl::Status FakeCluster::CheckMember(const GroupMetadata& metadata, std::string& group_name) {
  const std::string& text = metadata.opaque;
  const size_t first = text.find(kSeparator);
  const size_t second = text.find(kSeparator, first + 1);
  if (second == std::string::npos) return InvalidArgument("not group metadata");
  group_name = text.substr(0, first);
  const std::string id = text.substr(first + 1, second - first - 1);
  Group& group = groups_[group_name];
  const auto found = group.members.find(id);
  if (found == group.members.end()) return Error(ErrorKind::kFenced, "unknown member " + id);
  if (found->second.fenced) return FencedInstanceError("fenced instance " + found->second.instance);
  if (text.substr(second + 1) != std::to_string(group.generation)) {
    return Error(ErrorKind::kFenced, "illegal generation of " + id);
  }
  return absl::OkStatus();
}

void FakeCluster::Leave(const std::string& group_name, const std::string& id) {
  absl::MutexLock lock(&mutex_);
  Group& group = groups_[group_name];
  const auto found = group.members.find(id);
  if (found == group.members.end()) return;
  Member& member = found->second;
  if (!member.instance.empty() && !member.fenced) {
    member.left = clock_.Monotonic();
    member.joined = true;  // the broker keeps its place while its session lasts
    member.holds_generation = -1;
    AssignIfJoined(group);
  } else {
    const bool fenced = member.fenced;
    group.members.erase(found);
    if (!fenced) Prepare(group);
    AssignIfJoined(group);
  }
  Changed();
}

void FakeCluster::ExpireSessions() {
  absl::MutexLock lock(&mutex_);
  for (auto& [name, group] : groups_) {
    const size_t dropped = std::erase_if(
        group.members, [](const auto& member) { return member.second.left.has_value(); });
    if (dropped > 0) Prepare(group);
  }
  Changed();
}

void FakeCluster::MoveOffset(const std::string& group, const PartitionOffset& offset) {
  absl::MutexLock lock(&mutex_);
  groups_[group].offsets[offset.Partition()] = offset.offset;
  Changed();
}

absl::Status FakeCluster::Commit(const GroupMetadata& metadata,
                                 const std::vector<PartitionOffset>& offsets) {
  absl::MutexLock lock(&mutex_);
  std::string group;
  PLAZO_RETURN_IF_ERROR(CheckMember(metadata, group));
  for (const PartitionOffset& each : offsets) {
    groups_[group].offsets[each.Partition()] = each.offset;
  }
  return absl::OkStatus();
}

std::optional<int64_t> FakeCluster::Committed(const std::string& group,
                                              const TopicPartition& partition) {
  absl::MutexLock lock(&mutex_);
  ExpireTransactions();
  for (const auto& [id, producer] : producers_) {
    for (const auto& [holder, offset] : producer.transaction.offsets) {
      if (holder == group && offset.Partition() == partition) return std::nullopt;
    }
  }
  const auto& offsets = groups_[group].offsets;
  const auto found = offsets.find(partition);
  return found == offsets.end() ? kNoOffset : found->second;
}

}  // namespace plazo::kafka
