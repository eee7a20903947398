#include "tests/cluster/invariants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/apply.h"

namespace plazo::cluster {

using namespace core::v1;

namespace {

const Topics kTopics;

using Place = std::pair<int32_t, int64_t>;  // partition and offset on cmd.inbound

std::string OriginOf(const kafka::Record& record) {
  const std::string* origin = record.FindHeader("x-origin");
  return origin == nullptr ? std::string() : *origin;
}

// topic/partition/offset/index
Place PlaceOf(const kafka::Record& record) {
  const std::string origin = OriginOf(record);
  const size_t third = origin.rfind('/'), second = origin.rfind('/', third - 1),
               first = origin.rfind('/', second - 1);
  EXPECT_EQ(origin.substr(0, first), kTopics.inbound) << origin;
  return {std::stoi(origin.substr(first + 1)), std::stoll(origin.substr(second + 1))};
}

std::string Describe(const Decision& decision) {
  return decision.aggregate() + " " + decision.command() + " version " +
         std::to_string(decision.version());
}

// What one router makes of the commands, one at a time.
struct Replay {
  std::map<std::string, std::vector<kafka::OutRecord>> outputs;  // by topic/partition, no states
  std::map<std::string, kafka::OutRecord> follow_ups;            // by origin
  // Last record of each state topic, partition and key.
  std::map<std::tuple<std::string, int32_t, std::string>, std::optional<std::string>> states;
};

void Sort(std::vector<kafka::BatchOutput::Item> items, Replay& replay) {
  for (kafka::BatchOutput::Item& item : items) {
    kafka::OutRecord& record = item.record;
    if (record.topic == kTopics.inbound) {
      const std::string origin = *kafka::FindHeader(record.headers, "x-origin");
      replay.follow_ups[origin] = std::move(record);
    } else if (record.topic == kTopics.tickets || record.topic == kTopics.directory) {
      replay.states[{record.topic, record.partition, record.key}] = record.value;
    } else {
      replay.outputs[record.topic + "/" + std::to_string(record.partition)].push_back(
          std::move(record));
    }
  }
}

Replay ReplayAll(const Cluster& cluster) {
  // Shared by all that ask: it keeps its compiled policies.
  static router::Router router{Topics(), kPartitions};
  Replay replay;
  for (int32_t lane = 0; lane < kPartitions; ++lane) {
    router.BeginRestore(lane);
    EXPECT_TRUE(router.FinishRestore(lane, kafka::kNoOffset).ok());
    for (const kafka::Record& input : cluster.broker().Records(kTopics.inbound, lane)) {
      Sort(router.Process({&input, 1}, {}).items, replay);
      router.Keep();
    }
  }
  return replay;
}

bool Same(const kafka::OutRecord& expected, const kafka::Record& found) {
  return expected.key == found.key && expected.value == found.value &&
         expected.headers == found.headers;
}

void ExpectOutputs(const Cluster& cluster, const Replay& replay, const std::string& topic) {
  for (int32_t lane = 0; lane < kPartitions; ++lane) {
    const std::string place = topic + "/" + std::to_string(lane);
    const auto it = replay.outputs.find(place);
    const std::vector<kafka::OutRecord> expected =
        it == replay.outputs.end() ? std::vector<kafka::OutRecord>() : it->second;
    const std::vector<kafka::Record> found = cluster.broker().Records(topic, lane);
    ASSERT_EQ(found.size(), expected.size()) << place;
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(Same(expected[i], found[i]))
          << place << "/" << found[i].offset << ": " << OriginOf(found[i]);
    }
  }
}

void ExpectFollowUps(const Cluster& cluster, const Replay& replay) {
  size_t found = 0;
  for (const auto& entry : cluster.commands().entries()) {
    const std::string origin = OriginOf(entry.record);
    if (origin.empty()) continue;  // a service's own
    ++found;
    const auto expected = replay.follow_ups.find(origin);
    ASSERT_NE(expected, replay.follow_ups.end()) << origin;
    EXPECT_TRUE(Same(expected->second, entry.record)) << origin;
  }
  EXPECT_EQ(found, replay.follow_ups.size());
}

void ExpectStates(const Cluster& cluster, const Replay& replay) {
  std::map<std::tuple<std::string, int32_t, std::string>, std::optional<std::string>> found;
  for (const std::string& topic : {kTopics.tickets, kTopics.directory}) {
    for (kafka::Record& record : cluster.broker().Records(topic)) {
      found[{topic, record.partition, record.key}] = std::move(record.value);
    }
  }
  EXPECT_EQ(found.size(), replay.states.size());
  for (const auto& [key, value] : found) {
    const auto expected = replay.states.find(key);
    EXPECT_TRUE(expected != replay.states.end() && expected->second == value)
        << std::get<0>(key) << "/" << std::get<1>(key) << " " << std::get<2>(key);
  }
}

void ExpectUniqueOrigins(const Cluster& cluster) {
  std::set<std::string> seen;
  for (const std::string& topic : kTopics.All()) {
    for (const kafka::Record& record : cluster.broker().Records(topic)) {
      const std::string origin = OriginOf(record);
      if (origin.empty()) continue;
      EXPECT_TRUE(seen.insert(origin).second) << topic << ": " << origin;
    }
  }
}

void ExpectCheckpoints(const Cluster& cluster) {
  for (const auto& [key, state] : cluster.States()) {
    if (!state.has_lane()) continue;
    EXPECT_EQ(state.lane().next_offset(),
              cluster.broker().CommittedOffset(std::string(kRouterGroup), kTopics.inbound,
                                               state.lane().lane()))
        << key;
  }
}

// One decision about a ticket, and the ticket before it.
class Judge {
 public:
  Judge(const Decision& decision, TicketState before)
      : decision_(decision),
        decided_(FromProto(decision.decided_time())),
        state_(std::move(before)) {}

  void Run() {
    for (const Event& event : decision_.events()) {
      Look(event);
      ticket::ApplyEvent(state_, event, decided_);
    }
  }

 private:
  const core::v1::Clock* Running(ClockKind kind) const {
    const core::v1::Clock* clock = sla::Find(state_, kind);
    const bool running = clock != nullptr && clock->status() == CLOCK_STATUS_RUNNING;
    EXPECT_TRUE(running) << Where() << ": the clock had ended";  // I7
    return running ? clock : nullptr;
  }

  void Look(const Event& event) {
    switch (event.event_case()) {
      case Event::kClockWarned:
        if (const core::v1::Clock* clock = Running(event.clock_warned().kind())) {
          const int ordinal = event.clock_warned().ordinal();
          ASSERT_LT(ordinal, clock->warn_times_size()) << Where();
          EXPECT_LE(FromProto(clock->warn_times(ordinal)), decided_) << Where();
        }
        break;
      case Event::kClockBreached:
        if (const core::v1::Clock* clock = Running(event.clock_breached().kind())) {
          EXPECT_FALSE(clock->has_breach_time()) << Where() << ": breached twice";
          EXPECT_LE(FromProto(clock->due_time()), decided_) << Where();
        }
        break;
      case Event::kClockStopped:
        if (event.clock_stopped().kind() == CLOCK_KIND_ACKNOWLEDGEMENT) LookAtStop(event);
        break;
      case Event::kTicketEscalated:
        LookAtEscalation();
        break;
      default:
        break;
    }
  }

  // I10: by the relay's time, or at once where the conversation is the channel.
  void LookAtStop(const Event& event) const {
    const auto& events = decision_.events();
    const bool justified = std::any_of(events.begin(), events.end(), [&](const Event& other) {
      const NotificationSettled& settled = other.notification_settled();
      if (settled.outcome() == DELIVERY_OUTCOME_ACCEPTED) {
        return FromProto(settled.relay_time()) == FromProto(event.clock_stopped().stop_time());
      }
      return other.message_added().kind() == NOTIFICATION_KIND_ACKNOWLEDGEMENT &&
             state_.channel() == CHANNEL_CHAT;
    });
    EXPECT_TRUE(justified) << Where();
  }

  // I19
  void LookAtEscalation() const {
    int told = 0;
    for (const Event& other : decision_.events()) {
      const MessageAdded& message = other.message_added();
      if (message.kind() != NOTIFICATION_KIND_ESCALATED) continue;
      ++told;
      EXPECT_EQ(message.visibility(), VISIBILITY_PUBLIC) << Where();
      for (const char* key : {"reason", "next_step"}) {
        const auto& fields = message.fields();
        EXPECT_TRUE(std::any_of(
            fields.begin(), fields.end(),
            [&](const TextField& field) { return field.key() == key && !field.value().empty(); }))
            << Where() << ": no " << key;
      }
    }
    EXPECT_EQ(told, 1) << Where();
  }

  std::string Where() const { return Describe(decision_); }

  const Decision& decision_;
  const absl::Time decided_;
  TicketState state_;
};

using Deadlines = std::vector<std::tuple<int64_t, std::string, std::string>>;

// I6: what a firing was, when it was news.
void LookAtFiring(const Decision& decision, const Command& command,
                  std::set<std::tuple<std::string, std::string, int64_t>>& news) {
  if (!command.has_timer_fired() || !decision.reason().empty()) return;
  const absl::Time due = FromProto(command.timer_fired().due_time());
  EXPECT_LE(due, FromProto(decision.decided_time())) << Describe(decision) << ": before its time";
  EXPECT_TRUE(news.insert({decision.aggregate(), command.timer_fired().deadline_id(),
                           absl::ToUnixMillis(due)})
                  .second)
      << Describe(decision) << ": " << command.timer_fired().deadline_id() << " was news twice";
}

// Asked for, and a deadline is armed at which they are asked for again.
std::set<std::string> WaitingNotifications(const Cluster& cluster) {
  std::set<std::string> waiting;
  for (const auto& [key, state] : cluster.States()) {
    for (const Deadline& deadline : state.ticket().deadlines()) {
      if (!deadline.notification_id().empty()) waiting.insert(deadline.notification_id());
    }
  }
  return waiting;
}

}  // namespace

void ExpectOneDecisionPerCommand(const Cluster& cluster) {
  std::map<Place, int> decisions;
  for (const auto& entry : cluster.decisions().entries()) ++decisions[PlaceOf(entry.record)];
  for (const auto& entry : cluster.commands().entries()) {
    const Place place{entry.record.partition, entry.record.offset};
    EXPECT_EQ(decisions[place], 1)
        << entry.record.key << " at " << place.first << "/" << place.second;
  }
  EXPECT_EQ(decisions.size(), cluster.commands().entries().size());
}

void ExpectOutputsOfOneReplay(const Cluster& cluster) {
  const Replay replay = ReplayAll(cluster);
  for (const std::string& topic :
       {kTopics.decisions, kTopics.delivery, kTopics.sla, kTopics.dead_letters}) {
    ExpectOutputs(cluster, replay, topic);
  }
  ExpectFollowUps(cluster, replay);
  ExpectStates(cluster, replay);
  ExpectUniqueOrigins(cluster);
  ExpectCheckpoints(cluster);
}

void ExpectStatesAreTheFold(const Cluster& cluster) {
  std::map<std::string, TicketState> folded;
  std::map<std::string, int64_t> versions;
  for (const auto& entry : cluster.decisions().entries()) {
    const Decision& decision = entry.value;
    const std::string& key = decision.aggregate();
    if (decision.events().empty() || key.starts_with("policy/")) continue;
    EXPECT_EQ(decision.version(), ++versions[key]) << Describe(decision);
    if (ids::AfterPrefix(key, "ticket")) ticket::Apply(folded[key], decision);
  }
  for (const auto& [key, ticket] : folded) {
    const auto state = cluster.States().find(key);
    ASSERT_NE(state, cluster.States().end()) << key;
    EXPECT_EQ(ticket.SerializeAsString(), state->second.ticket().SerializeAsString()) << key;
  }
}

void ExpectSoundDecisions(const Cluster& cluster) {
  std::map<Place, const Command*> commands;
  for (const auto& entry : cluster.commands().entries()) {
    commands[{entry.record.partition, entry.record.offset}] = &entry.value;
  }
  std::set<std::tuple<std::string, std::string, int64_t>> news;
  std::map<std::string, TicketState> tickets;
  for (const auto& entry : cluster.decisions().entries()) {
    const auto command = commands.find(PlaceOf(entry.record));
    ASSERT_NE(command, commands.end()) << OriginOf(entry.record);
    LookAtFiring(entry.value, *command->second, news);
    if (!ids::AfterPrefix(entry.record.key, "ticket")) continue;
    TicketState& ticket = tickets[entry.record.key];
    Judge(entry.value, ticket).Run();
    ticket::Apply(ticket, entry.value);
  }
}

void ExpectIndexEqualsStates(const Cluster& cluster) {
  std::map<int32_t, Deadlines> armed;
  for (const auto& [key, state] : cluster.States()) {
    for (const Deadline& deadline : state.ticket().deadlines()) {
      const int64_t due = absl::ToUnixMillis(FromProto(deadline.due_time()));
      armed[kafka::MurmurPartition(key, kPartitions)].emplace_back(due, key, deadline.id());
      EXPECT_GT(FromProto(deadline.due_time()), cluster.Now())
          << key << ": " << deadline.id() << " has come and is still armed";
    }
  }
  for (int32_t lane = 0; lane < kPartitions; ++lane) {
    Deadlines indexed;
    for (const sla_timer::DueDeadline& due : cluster.index().Members(lane)) {
      indexed.emplace_back(due.due_ms, due.aggregate, due.id);
    }
    std::sort(indexed.begin(), indexed.end());
    std::sort(armed[lane].begin(), armed[lane].end());
    EXPECT_EQ(indexed, armed[lane]) << "lane " << lane;
  }
}

void ExpectMailsOfDecisions(const Cluster& cluster, const Allowed& allowed) {
  std::map<std::string, DeliveryOutcome> outcomes;
  std::set<std::string> doubtful;
  for (const auto& entry : cluster.decisions().entries()) {
    for (const Event& event : entry.value.events()) {
      if (event.has_notification_requested()) {
        outcomes[event.notification_requested().notification().intent().notification_id()];
      } else if (event.has_notification_settled()) {
        outcomes[event.notification_settled().notification_id()] =
            event.notification_settled().outcome();
      } else if (event.notification_deferred().in_doubt()) {
        doubtful.insert(event.notification_deferred().notification_id());
      }
    }
  }
  const std::set<std::string> waiting = WaitingNotifications(cluster);
  std::map<std::string, std::map<std::string, int>> copies;  // by notification and address
  std::map<std::string, std::set<std::string>> message_ids;
  for (const Mail& mail : cluster.AllMails()) {
    EXPECT_TRUE(outcomes.contains(mail.notification_id)) << "nobody decided " << mail.subject;
    ++copies[mail.notification_id][mail.to];
    message_ids[mail.notification_id].insert(mail.message_id);
  }
  for (const auto& [id, outcome] : outcomes) {
    EXPECT_TRUE(outcome != DELIVERY_OUTCOME_UNSPECIFIED || waiting.contains(id))
        << id << " was given up without a word";
    EXPECT_TRUE(outcome != DELIVERY_OUTCOME_ACCEPTED || copies.contains(id)) << id;
    EXPECT_LE(message_ids[id].size(), 1u) << id;
    if (allowed.repeated_mail || doubtful.contains(id)) continue;
    for (const auto& [to, count] : copies[id]) EXPECT_EQ(count, 1) << id << " " << to;
  }
}

void ExpectInvariants(const Cluster& cluster, const Allowed& allowed) {
  ExpectOneDecisionPerCommand(cluster);
  ExpectOutputsOfOneReplay(cluster);
  ExpectStatesAreTheFold(cluster);
  ExpectSoundDecisions(cluster);
  ExpectIndexEqualsStates(cluster);
  ExpectMailsOfDecisions(cluster, allowed);
}

}  // namespace plazo::cluster
