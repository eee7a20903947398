#include "services/desk/conversations.h"

#include <algorithm>

#include "domain/core/proto_time.h"
#include "domain/core/topics.h"
#include "domain/ids/ids.h"
#include "platform/base/status.h"

namespace plazo::desk {

using core::v1::Decision;
using core::v1::TicketState;
using v1::ConversationEntry;

namespace {

constexpr absl::Duration kPollTimeout = absl::Milliseconds(200);
constexpr absl::Duration kReadTimeout = absl::Seconds(10);
constexpr size_t kMaxPolled = 5000;

int64_t Messages(const std::vector<ConversationEntry>& entries) {
  return std::count_if(entries.begin(), entries.end(), [](const ConversationEntry& entry) {
    return entry.event().has_message_added();
  });
}

std::string TemplateName(core::v1::NotificationKind kind) {
  constexpr std::string_view kPrefix = "NOTIFICATION_KIND_";
  std::string name = core::v1::NotificationKind_Name(kind).substr(kPrefix.size());
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return name;
}

}  // namespace

absl::StatusOr<std::vector<ConversationEntry>> Conversations::Read(
    const TicketState& ticket) const {
  const int32_t partition = kafka::MurmurPartition(ids::TicketKey(ticket.ticket_id()), kPartitions);
  auto entries = timelines_.Read(partition, ticket.ticket_id());
  if (!entries.ok()) return entries.status();
  if (ticket.stub() || Messages(*entries) < ticket.messages()) {
    entries = ReadLog(ticket);
    if (!entries.ok()) return entries.status();
  }
  for (ConversationEntry& entry : *entries) Render(ticket, entry);
  return entries;
}

absl::StatusOr<std::vector<ConversationEntry>> Conversations::ReadLog(
    const TicketState& ticket) const {
  const std::string key = ids::TicketKey(ticket.ticket_id());
  const kafka::TopicPartition partition{topic_, kafka::MurmurPartition(key, kPartitions)};
  auto reader = broker_.MakeReader(kafka::Isolation::kReadCommitted);
  if (!reader.ok()) return Annotate(reader.status(), "log");
  auto start = (*reader)->OffsetsForTime(
      {partition}, absl::ToUnixMillis(FromProto(ticket.opened_time())) - 60'000, kReadTimeout);
  if (!start.ok()) return Annotate(start.status(), "log");
  auto marks = (*reader)->QueryWatermarks(partition, kReadTimeout);
  if (!marks.ok()) return Annotate(marks.status(), "log");
  if (absl::Status assigned = (*reader)->Assign(*start); !assigned.ok()) return assigned;
  std::vector<ConversationEntry> entries;
  const absl::Time deadline = absl::Now() + kReadTimeout;
  while (absl::Now() < deadline) {
    auto polled = (*reader)->Poll(kPollTimeout, kMaxPolled);
    if (!polled.ok()) return Annotate(polled.status(), "log");
    for (const kafka::Record& record : polled->records) {
      Decision decision;
      if (record.key != key || !record.value || !decision.ParseFromString(*record.value)) continue;
      for (ConversationEntry& entry : EntriesOf(decision)) entries.push_back(std::move(entry));
    }
    for (const kafka::PartitionOffset& end : polled->ends) {
      if (end.offset >= marks->high) return entries;
    }
  }
  return Unavailable("the log could not be read to its end in time");
}

std::string Conversations::Render(const TicketState& ticket, ConversationEntry& entry) const {
  if (!entry.automatic()) return {};
  text::Fields fields;
  for (const core::v1::TextField& field : entry.event().message_added().fields()) {
    fields.emplace_back(field.key(), field.value());
  }
  auto rendered =
      templates_.Render(TemplateName(entry.kind()), entry.event().message_added().language(),
                        fields, ticket.tenant());
  if (!rendered.ok()) return {};
  entry.set_text(rendered->body);
  return rendered->subject;
}

}  // namespace plazo::desk
