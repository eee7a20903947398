#include "tests/cluster/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/policy_file.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "platform/base/zstd.h"
#include "platform/mime/parsed_mail.h"

namespace plazo::cluster {

using namespace core::v1;

namespace {

const std::vector<ids::MarkKey> kKeys = {{"k1", "0123456789abcdef"}};

const text::TemplateSet& ShippedTemplates() {
  static const text::TemplateSet templates =
      *text::TemplateSet::Load({.directory = "templates", .required_kinds = {}});
  return templates;
}

Policy Compile(std::string bundle) {
  auto compiled = policy::CompiledPolicy::Compile(bundle);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return {std::move(bundle), *std::move(compiled)};
}

const cli::PolicyFile& PolicyFileOfA() {
  static const cli::PolicyFile file = [] {
    auto loaded = cli::LoadPolicyFile("policies/introserv.yaml");
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }();
  return file;
}

// Reads everything as one simple technical question.
policy::v1::Lexicon OneSentence() {
  policy::v1::Lexicon lexicon;
  auto* concept_ = lexicon.add_concepts();
  concept_->set_name("slow");
  concept_->add_words("slow");
  auto* intent = lexicon.add_intents();
  intent->set_name("slow");
  intent->set_title("is slow");
  intent->set_department("technical");
  intent->set_team("system-administrators");
  intent->set_impact("medium");
  intent->set_complexity("standard");
  auto* rule = lexicon.add_rules();
  rule->set_intent("slow");
  rule->add_all("slow");
  rule->set_weight(3);
  return lexicon;
}

// Every lane has a `lane` and policies of its own.
std::string StateKey(const kafka::Record& record) {
  const bool of_lane = record.key == ids::kLaneKey || record.key.starts_with("policy/");
  return of_lane ? record.key + "/" + record.topic + "/" + std::to_string(record.partition)
                 : record.key;
}

Mail ReadMail(const notifier::Inbox::Mail& kept) {
  auto parsed = mime::ParseMail(kept.message);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  const auto mark = ids::ReadMark(kKeys, parsed->message_id);
  EXPECT_TRUE(mark) << parsed->message_id;
  Mail mail{.time = kept.time,
            .to = kept.to,
            .message_id = parsed->message_id,
            .notification_id = mark ? mark->notification_id : "",
            .ticket_id = mark ? mark->ticket_id : "",
            .subject = parsed->subject,
            .text = parsed->text};
  return mail;
}

std::string StoryOf(const Event& event) {
  switch (event.event_case()) {
    case Event::kTicketRouted: {
      const TicketRouted& routed = event.ticket_routed();
      std::string text = "routed " + routed.team();
      if (!routed.suggested_team().empty()) text += ", then " + routed.suggested_team();
      return text;
    }
    case Event::kMessageAdded: {
      const MessageAdded& message = event.message_added();
      if (message.visibility() != VISIBILITY_PUBLIC) return "note";
      if (message.kind() == NOTIFICATION_KIND_UNSPECIFIED) return "customer";
      return Word(NotificationKind_Name(message.kind()), "NOTIFICATION_KIND_");
    }
    case Event::kTicketEscalated:
      return "to " + event.ticket_escalated().to_team();
    case Event::kTicketResolved:
      return "is resolved";
    case Event::kTicketClosed:
      return "is closed, " + event.ticket_closed().reason();
    case Event::kTicketReopened:
      return event.ticket_reopened().reason() == "answered" ? "" : "is open again";
    default:
      return {};
  }
}

}  // namespace

const Policy& Introserv() {
  static const Policy policy{PolicyFileOfA().bundle, PolicyFileOfA().compiled};
  return policy;
}

Policy TieredPlans(const std::string& zone, const policy::v1::Holiday& holiday) {
  auto loaded = cli::LoadPolicyFile("policies/tiered-plans.yaml");
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  policy::v1::PolicyBundle bundle = loaded->content;
  policy::v1::Calendar& hours = *bundle.mutable_policy()->mutable_calendars(0);
  if (hours.time_zone() != zone) {
    for (const policy::v1::ZoneTable& table : PolicyFileOfA().content.zones()) {
      if (table.name() == zone) *bundle.add_zones() = table;
    }
  }
  hours.set_time_zone(zone);
  *hours.add_holidays() = holiday;
  return Compile(*ZstdCompress(bundle.SerializeAsString()));
}

const Policy& IntroservReadingLittle() {
  static const Policy policy = [] {
    policy::v1::PolicyBundle bundle = PolicyFileOfA().content;
    bundle.clear_lexicons();
    *bundle.add_lexicons() = OneSentence();
    for (const std::string& language : bundle.policy().languages()) {
      bundle.add_lexicons()->set_language(language);
    }
    bundle.mutable_policy()->clear_saved_answers();
    bundle.mutable_policy()->clear_knowledge_base();
    return Compile(*ZstdCompress(bundle.SerializeAsString()));
  }();
  return policy;
}

absl::Time TuesdayMorning() { return absl::FromUnixSeconds(1'773'133'200); }  // 2026-03-10T09:00Z

std::string Word(const std::string& enum_name, std::string_view prefix) {
  std::string word = enum_name.substr(prefix.size());
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return word;
}

Cluster::Cluster(absl::Time now, const Policy& policy)
    : clock_(now),
      zero_(now),
      fake_(clock_),
      ledger_(clock_),
      relay_(clock_),
      composer_(ShippedTemplates(), kKeys),
      producer_(fake_, {.own_thread = false}),
      decided_(clock_),
      decision_reader_(fake_, clock_, decided_, {.topics = {topics_.decisions}}),
      sender_(producer_, decided_, clock_, topics_),
      commands_(fake_, topics_.inbound),
      decisions_(fake_, topics_.decisions),
      intents_(fake_, topics_.delivery),
      facts_(fake_, topics_.sla),
      tickets_(fake_, topics_.tickets),
      directory_(fake_, topics_.directory) {
  for (const TopicSpec& topic : TopicSpecs(topics_, 1)) {
    fake_.CreateTopic(topic.name, kPartitions, {topic.config.begin(), topic.config.end()});
  }
  StartRouter();
  StartTimer();
  StartNotifier();
  const Decision activated =
      Ask(ActivatePolicy(policy.bundle, policy.compiled->hash(), policy.compiled->tenant()));
  EXPECT_EQ(activated.outcome(), OUTCOME_APPLIED) << activated.message();
}

// --- what people do ---

std::string Cluster::Send(Command command) {
  const std::string id = command.command_id();
  if (!command.has_received_time()) *command.mutable_received_time() = ToProto(clock_.Now());
  sender_.Send(std::move(command), absl::ZeroDuration(), "",
               [](const intake::Submitted& sent) { EXPECT_TRUE(sent.accepted.ok()); });
  producer_.Pump();
  return id;
}

Decision Cluster::Ask(Command command) {
  if (!command.has_received_time()) *command.mutable_received_time() = ToProto(clock_.Now());
  Settle();  // the decisions are read from where they end now
  const auto shared = std::make_shared<std::optional<intake::Submitted>>();
  sender_.Send(std::move(command), absl::Hours(1), "",
               [shared](intake::Submitted sent) { *shared = std::move(sent); });
  Settle();
  EXPECT_TRUE(*shared && (*shared)->accepted.ok() && (*shared)->decision) << "no decision";
  return *shared && (*shared)->decision ? *(*shared)->decision : Decision();
}

std::string Cluster::Open(Customer& customer, const Request& request) {
  const Command command = customer.Open(request);
  const Decision decision = Ask(command);
  EXPECT_EQ(decision.outcome(), OUTCOME_APPLIED) << decision.reason();
  return TicketIdOf(command);
}

// --- time ---

bool Cluster::PumpOnce() {
  producer_.Pump();
  bool did = false;
  for (auto& [ordinal, process] : routers_) did |= process->loop.RunOnce();
  if (after_step_) after_step_();
  if (timer_) did |= timer_->service.RunOnce();
  if (notifier_) did |= notifier_->service.RunOnce();
  did |= decision_reader_.RunOnce();
  return did;
}

void Cluster::Settle() {
  constexpr int kEndless = 20'000;
  int rounds = 0;
  // One round more than nothing happens in: callbacks of the last sends run in it.
  for (int idle = 0; idle < 2 && rounds < kEndless; ++rounds) idle = PumpOnce() ? 0 : idle + 1;
  EXPECT_LT(rounds, kEndless) << "it never comes to rest";
  Read();
}

absl::Time Cluster::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [key, state] : states_) {
    for (const Deadline& deadline : state.ticket().deadlines()) {
      const absl::Time due = FromProto(deadline.due_time());
      if (due > clock_.Now()) next = std::min(next, due);
    }
  }
  return next;
}

void Cluster::Advance(absl::Duration by, absl::Duration step) {
  const absl::Time end = clock_.Now() + by;
  Settle();
  while (clock_.Now() < end) {
    clock_.Set(std::min({end, NextDeadline(), clock_.Now() + step}));
    Settle();
  }
}

// --- processes ---

RouterProcess& Cluster::StartRouter(int ordinal) {
  KillRouter(ordinal);
  routers_[ordinal] = std::make_unique<RouterProcess>(fake_, clock_, ordinal);
  return *routers_[ordinal];
}

void Cluster::KillRouter(int ordinal) {
  const auto found = routers_.find(ordinal);
  if (found == routers_.end()) return;
  found->second->broker.SetDown(true);
  routers_.erase(found);
}

TimerProcess& Cluster::StartTimer() {
  KillTimer();
  timer_ = std::make_unique<TimerProcess>(fake_, clock_, index_);
  return *timer_;
}

void Cluster::KillTimer() {
  if (timer_) timer_->broker.SetDown(true);
  timer_.reset();
}

NotifierProcess& Cluster::StartNotifier() {
  KillNotifier();
  notifier_ = std::make_unique<NotifierProcess>(fake_, clock_, ledger_, composer_, relay_, random_);
  return *notifier_;
}

void Cluster::KillNotifier() {
  if (!notifier_) return;
  notifier_->broker.SetDown(true);
  ledger_.SetOutage(absl::UnavailableError("gone"));
  notifier_.reset();
  ledger_.SetOutage(absl::OkStatus());
}

// --- what is on the log ---

void Cluster::Read() {
  commands_.Pump();
  decisions_.Pump();
  intents_.Pump();
  facts_.Pump();
  tickets_.Pump();
  directory_.Pump();
  const auto take = [this](const TopicLog<StateRecord>& log, size_t& next) {
    for (; next < log.entries().size(); ++next) {
      const Logged<StateRecord>& entry = log.entries()[next];
      if (entry.record.value) {
        states_[StateKey(entry.record)] = entry.value;
      } else {
        states_.erase(StateKey(entry.record));
      }
    }
  };
  take(tickets_, states_read_);
  take(directory_, directory_read_);
}

std::string Cluster::At(absl::Time time) const {
  const int64_t ms = absl::ToInt64Milliseconds(time - zero_);
  const int64_t hours = ms / 3'600'000, minutes = ms / 60'000 % 60, seconds = ms / 1000 % 60;
  char text[40];
  if (hours > 0) {
    std::snprintf(text, sizeof(text), "%d:%02d:%02d", static_cast<int>(hours),
                  static_cast<int>(minutes), static_cast<int>(seconds));
  } else {
    std::snprintf(text, sizeof(text), "%02d:%02d", static_cast<int>(minutes),
                  static_cast<int>(seconds));
  }
  std::string result = text;
  if (ms % 1000 != 0) result += "." + std::to_string(1000 + ms % 1000).substr(1);
  return result;
}

const TicketState& Cluster::Ticket(const std::string& ticket_id) const {
  const auto found = states_.find(ids::TicketKey(ticket_id));
  EXPECT_NE(found, states_.end()) << "no ticket " << ticket_id;
  return found == states_.end() ? TicketState::default_instance() : found->second.ticket();
}

std::vector<Decision> Cluster::DecisionsOn(const std::string& ticket_id) const {
  std::vector<Decision> result;
  for (const Logged<Decision>& entry : decisions_.entries()) {
    if (entry.record.key == ids::TicketKey(ticket_id)) result.push_back(entry.value);
  }
  return result;
}

std::vector<std::string> Cluster::Story(const std::string& ticket_id) const {
  std::vector<std::string> lines;
  for (const Decision& decision : DecisionsOn(ticket_id)) {
    for (const Event& event : decision.events()) {
      const std::string text = StoryOf(event);
      if (!text.empty()) lines.push_back(At(FromProto(decision.decided_time())) + " " + text);
    }
  }
  return lines;
}

std::vector<std::string> Cluster::Facts(const std::string& ticket_id) const {
  std::vector<std::string> lines;
  for (const Logged<SlaFact>& entry : facts_.entries()) {
    const SlaFact& fact = entry.value;
    if (fact.ticket_id() != ticket_id) continue;
    lines.push_back(
        At(FromProto(fact.detected_time())) + " " +
        SlaFactKind_Name(fact.kind()).substr(std::string_view("SLA_FACT_KIND_").size()) + " " +
        Word(ClockKind_Name(fact.clock()), "CLOCK_KIND_"));
  }
  return lines;
}

std::vector<Mail> Cluster::AllMails() const {
  std::map<std::string, NotificationKind> kinds;
  for (const Logged<DeliveryIntent>& entry : intents_.entries()) {
    kinds[entry.value.notification_id()] = entry.value.kind();
  }
  std::vector<Mail> mails;
  for (const notifier::Inbox::Mail& kept : relay_.mails()) {
    Mail& mail = mails.emplace_back(ReadMail(kept));
    mail.kind = kinds[mail.notification_id];
  }
  return mails;
}

std::vector<Mail> Cluster::MailsTo(const std::string& address) const {
  std::vector<Mail> mails = AllMails();
  std::erase_if(mails, [&](const Mail& mail) { return mail.to != address; });
  return mails;
}

std::vector<std::string> Cluster::MailLines(const std::string& address) const {
  std::vector<std::string> lines;
  for (const Mail& mail : MailsTo(address)) {
    lines.push_back(At(mail.time) + " " +
                    Word(NotificationKind_Name(mail.kind), "NOTIFICATION_KIND_"));
  }
  return lines;
}

}  // namespace plazo::cluster
