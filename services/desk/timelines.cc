#include "services/desk/timelines.h"

#include "domain/ids/ids.h"
#include "platform/base/status.h"

namespace plazo::desk {

using core::v1::Decision;
using core::v1::Event;
using v1::ConversationEntry;

namespace {

// KEYS[1] position, KEYS[2..] timelines. ARGV[1] expected position ("" = none), ARGV[2] next
// position, then triples: index of the timeline in KEYS, score (offset), member. Returns "ok", or
// the position that is there instead ("" = none), and then changes nothing.
const redis::Script kAppend{"desk_append", R"lua(
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then return 'at:' .. stored end
for i = 3, #ARGV, 3 do
  redis.call('ZADD', KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2])
end
redis.call('SET', KEYS[1], ARGV[2])
return 'ok'
)lua"};

constexpr size_t kOrdinalDigits = 4;

std::string Member(size_t ordinal, const ConversationEntry& entry) {
  std::string digits = std::to_string(ordinal);
  digits.insert(0, kOrdinalDigits - std::min(kOrdinalDigits, digits.size()), '0');
  return digits + entry.SerializeAsString();
}

bool IsForPeople(const Event& event) {
  switch (event.event_case()) {
    case Event::kTicketOpened:
    case Event::kTicketRouted:
    case Event::kTicketAssigned:
    case Event::kTicketEscalated:
    case Event::kTicketTransferred:
    case Event::kImpactSet:
    case Event::kEstimateGiven:
    case Event::kCustomerAwaited:
    case Event::kApprovalRequested:
    case Event::kApprovalDecided:
    case Event::kChatPromoted:
    case Event::kTicketResolved:
    case Event::kTicketClosed:
    case Event::kTicketReopened:
    case Event::kTicketMerged:
    case Event::kCallLogged:
    case Event::kClockWarned:
    case Event::kClockBreached:
    case Event::kBreachWithdrawn:
    case Event::kBreachAcknowledged:
    case Event::kNotificationDeferred:
    case Event::kNotificationSettled:
      return true;
    default:
      return false;
  }
}

void FillMessage(const core::v1::MessageAdded& message, ConversationEntry& entry) {
  entry.set_entry_id(message.message_id());
  *entry.mutable_author() = message.author();
  entry.set_channel(message.channel());
  entry.set_visibility(message.visibility());
  entry.set_text(message.content().body());
  *entry.mutable_attachments() = message.content().attachments();
  entry.set_automatic(message.automatic());
  entry.set_kind(message.kind());
}

}  // namespace

std::vector<ConversationEntry> EntriesOf(const Decision& decision) {
  std::vector<ConversationEntry> entries;
  for (const Event& event : decision.events()) {
    const bool message = event.has_message_added();
    if (!message && !IsForPeople(event)) continue;
    ConversationEntry& entry = entries.emplace_back();
    *entry.mutable_time() = decision.decided_time();
    *entry.mutable_event() = event;
    if (message) {
      FillMessage(event.message_added(), entry);
      continue;
    }
    const auto* field =
        event.GetReflection()->GetOneofFieldDescriptor(event, Event::descriptor()->oneof_decl(0));
    entry.set_entry_id(
        ids::DerivedId(decision.command_id(), field->name(), static_cast<int64_t>(entries.size())));
    *entry.mutable_author() = decision.actor();
    entry.set_visibility(core::v1::VISIBILITY_INTERNAL);
    entry.set_event_name(field->message_type()->name());
  }
  return entries;
}

Timelines::Timelines(const redis::Endpoints& redis, const Clock& clock, std::string key_prefix,
                     Start start)
    : redis_(redis), clock_(clock), prefix_(std::move(key_prefix)), start_(std::move(start)) {}

std::string Timelines::NextKey(int32_t partition) const {
  return prefix_ + "plazo:{d" + std::to_string(partition) + "}:next";
}

std::string Timelines::TicketKey(int32_t partition, std::string_view ticket_id) const {
  return prefix_ + "plazo:{d" + std::to_string(partition) + "}:t:" + std::string(ticket_id);
}

absl::StatusOr<std::optional<int64_t>> Timelines::Stored(int32_t partition) const {
  auto reply = redis_.For(partition).Command({"GET", NextKey(partition)});
  if (!reply.ok()) return reply.status();
  if (reply->is_nil()) return std::optional<int64_t>();
  auto next = reply->AsInteger();
  if (!next.ok()) return next.status();
  return std::optional<int64_t>(*next);
}

void Timelines::SetRebuilding(int32_t partition, bool rebuilding) {
  absl::MutexLock lock(&mutex_);
  rebuilding_[partition] = rebuilding;
}

absl::StatusOr<std::vector<kafka::PartitionOffset>> Timelines::OnAssigned(
    std::span<const kafka::TopicPartition> partitions) {
  std::vector<kafka::PartitionOffset> starts;
  assigned_.assign(partitions.begin(), partitions.end());
  for (const kafka::TopicPartition& partition : partitions) {
    SetRebuilding(partition.partition, true);
    auto stored = Stored(partition.partition);
    if (!stored.ok()) return stored.status();
    int64_t offset = stored->value_or(kafka::kBeginning);
    if (!*stored) {
      auto start = start_(partition);
      if (!start.ok()) return start.status();
      offset = *start;
    }
    believed_[partition.partition] = *stored;
    starts.push_back({partition.topic, partition.partition, offset});
  }
  return starts;
}

absl::StatusOr<bool> Timelines::InStep(const kafka::TopicPartition& partition) {
  const int32_t p = partition.partition;
  auto stored = Stored(p);
  if (!stored.ok()) return stored.status();
  std::optional<int64_t>& believed = believed_[p];
  if (*stored == believed) return true;
  if (*stored && (!believed || **stored > *believed)) {
    believed = *stored;  // another desk was quicker
    return true;
  }
  // Wiped, or an older copy came back: go on from there.
  SetRebuilding(p, true);
  int64_t offset = stored->value_or(kafka::kBeginning);
  if (!*stored) {
    auto start = start_(partition);
    if (!start.ok()) return start.status();
    offset = *start;
  }
  believed = *stored;
  projector_->MoveTo(partition, offset);
  return false;
}

absl::Status Timelines::OnRecords(const kafka::TopicPartition& partition,
                                  std::span<const kafka::Record> records) {
  const int32_t p = partition.partition;
  auto in_step = InStep(partition);
  if (!in_step.ok() || !*in_step) return in_step.status();
  std::optional<int64_t>& believed = believed_[p];
  const int64_t next = records.back().offset + 1;
  if (believed && *believed >= next) return absl::OkStatus();
  std::vector<std::string> keys = {NextKey(p)};
  std::vector<std::string> args = {believed ? std::to_string(*believed) : "", std::to_string(next)};
  std::map<std::string, size_t> index;
  for (const kafka::Record& record : records) {
    if (believed && record.offset < *believed) continue;
    Decision decision;
    const auto ticket_id = ids::AfterPrefix(record.key, "ticket");
    if (!ticket_id || !record.value || !decision.ParseFromString(*record.value)) continue;
    const std::string key = TicketKey(p, *ticket_id);
    size_t ordinal = 0;
    for (const ConversationEntry& entry : EntriesOf(decision)) {
      auto [it, added] = index.try_emplace(key, keys.size() + 1);
      if (added) keys.push_back(key);
      args.push_back(std::to_string(it->second));
      args.push_back(std::to_string(record.offset));
      args.push_back(Member(ordinal++, entry));
    }
  }
  auto reply = redis_.For(p).Eval(kAppend, std::move(keys), std::move(args));
  if (!reply.ok()) return reply.status();
  auto said = reply->AsString();
  if (!said.ok()) return said.status();
  if (*said != "ok") return Unavailable("another desk was quicker");
  believed = next;
  return absl::OkStatus();
}

void Timelines::OnIdle() {
  if (clock_.Monotonic() < next_check_) return;
  next_check_ = clock_.Monotonic() + absl::Seconds(1);
  for (const kafka::TopicPartition& partition : assigned_) {
    if (!InStep(partition).ok()) return;
  }
}

void Timelines::OnCaughtUp(const kafka::TopicPartition& partition) {
  SetRebuilding(partition.partition, false);
}

absl::StatusOr<std::vector<ConversationEntry>> Timelines::Read(int32_t partition,
                                                               const std::string& ticket_id) const {
  {
    absl::MutexLock lock(&mutex_);
    auto it = rebuilding_.find(partition);
    if (it == rebuilding_.end() || it->second) return Unavailable("timelines are being rebuilt");
  }
  auto reply =
      redis_.For(partition).Command({"ZRANGE", TicketKey(partition, ticket_id), "0", "-1"});
  if (!reply.ok()) return reply.status();
  auto members = reply->AsStrings();
  if (!members.ok()) return members.status();
  std::vector<ConversationEntry> entries;
  for (const std::string& member : *members) {
    ConversationEntry entry;
    if (member.size() > kOrdinalDigits && entry.ParseFromString(member.substr(kOrdinalDigits))) {
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace plazo::desk
