#include "tests/sla/ticket_history.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "domain/calendar/calendar_fixture.h"
#include "domain/core/proto_time.h"
#include "domain/ids/ids.h"
#include "domain/policy/policy_fixture.h"
#include "domain/sla/clocks.h"
#include "domain/ticket/apply.h"
#include "domain/ticket/decide.h"

namespace plazo::sla {

using namespace core::v1;
using calendar::Must;
using calendar::Split;

namespace {

constexpr int kYear = 2026;

std::string Upper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
  return upper;
}

std::string Lower(std::string_view name, std::string_view prefix) {
  std::string lower(name.substr(prefix.size()));
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return lower;
}

template <typename Enum, typename Parse>
Enum Known(std::string_view prefix, std::string_view word, Parse parse) {
  Enum value{};
  EXPECT_TRUE(parse(std::string(prefix) + Upper(word), &value)) << word;
  return value;
}

Channel ChannelOf(std::string_view word) { return Known<Channel>("CHANNEL_", word, Channel_Parse); }
Impact ImpactOf(std::string_view word) { return Known<Impact>("IMPACT_", word, Impact_Parse); }
Complexity ComplexityOf(std::string_view word) {
  return Known<Complexity>("COMPLEXITY_", word, Complexity_Parse);
}
ClockKind ClockOf(std::string_view word) {
  return Known<ClockKind>("CLOCK_KIND_", word, ClockKind_Parse);
}

Department DepartmentOf(std::string_view word) {
  return Known<Department>("DEPARTMENT_", word, Department_Parse);
}

absl::Duration Length(const std::string& text) {
  absl::Duration length;
  EXPECT_TRUE(absl::ParseDuration(text, &length)) << text;
  return length;
}

void AddMatch(std::string_view condition, policy::v1::Match& match) {
  const size_t equals = condition.find('=');
  const std::string_view field = condition.substr(0, equals);
  const std::string_view word = condition.substr(equals + 1);
  if (field == "impacts") {
    match.add_impacts(ImpactOf(word));
  } else if (field == "channels") {
    match.add_channels(ChannelOf(word));
  } else if (field == "complexities") {
    match.add_complexities(ComplexityOf(word));
  } else if (field == "plans") {
    match.add_plans(std::string(word));
  } else if (field == "departments") {
    match.add_departments(DepartmentOf(word));
  } else if (field == "priorities") {
    match.add_priorities(PRIORITY_HIGH);
  } else {
    ADD_FAILURE() << "what is " << condition;
  }
}

policy::v1::ClockRule Rule(const std::string& text) {
  const std::vector<std::string> words = Split(text, ' ');
  policy::v1::ClockRule rule;
  rule.set_clock(ClockOf(words[0]));
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "pause") {
      rule.set_pause(policy::v1::PAUSE_RULE_WAITING_FOR_CUSTOMER);
      continue;
    }
    const std::string& value = words[i + 1];
    if (words[i] == "warn") *rule.add_warn_after() = ToProto(Length(value));
    if (words[i] == "target") *rule.mutable_target() = ToProto(Length(value));
    if (words[i] == "limit") *rule.mutable_limit() = ToProto(Length(value));
    if (words[i] == "calendar") rule.set_calendar(value);
    if (words[i] == "if") AddMatch(value, *rule.mutable_match());
    ++i;
  }
  return rule;
}

void SetCalendars(const Promises& promises, policy::v1::Policy& policy) {
  policy.clear_calendars();
  const std::pair<const char*, const char*> hours[] = {
      {"office", "mon-fri 09:00-17:00"},
      {"split", "mon-fri 09:00-13:00 15:00-19:00"},
      {"lateshift", "mon-fri 22:00-06:00"},
      {"monthu", "mon 10:00-16:00, thu 10:00-16:00"},
  };
  for (const auto& [name, weekly] : hours) {
    policy::v1::Calendar& calendar = *policy.add_calendars();
    calendar = calendar::Weekly(promises.zone, weekly);
    calendar.set_name(name);
    for (const char* holiday : promises.holidays) calendar::AddHoliday(calendar, holiday);
  }
}

using Verbs = std::map<std::string_view, void (*)(const std::string& argument, Command& command)>;

void OpenAs(const std::string& how, Command& command) {
  OpenTicket& open = *command.mutable_open_ticket();
  open.mutable_content()->set_body("the key is lost");
  open.set_channel(CHANNEL_TICKET);
  if (how == "high") {
    open.set_priority(PRIORITY_HIGH);
  } else if (how == "stranger") {
    open.set_channel(CHANNEL_EMAIL);
    command.mutable_customer()->Clear();
    command.mutable_customer()->set_trust(SENDER_TRUST_UNVERIFIED);
    command.mutable_customer()->set_reply_address("eve@else.example");
  } else if (!how.empty()) {
    open.set_channel(ChannelOf(how));
  }
}

void WriteBy(const std::string& channel, Command& command) {
  AddCustomerMessage& message = *command.mutable_add_customer_message();
  message.set_channel(channel.empty() ? CHANNEL_TICKET : ChannelOf(channel));
  message.mutable_content()->set_body("more");
}

const Verbs& CustomerVerbs() {
  static const Verbs verbs = {
      {"open", OpenAs},
      {"write", WriteBy},
      {"robot",
       [](const std::string&, Command& command) {
         WriteBy("email", command);
         command.mutable_add_customer_message()->mutable_mail()->set_auto_reply_reason("away");
       }},
      {"plan",
       [](const std::string& plan, Command& command) {
         WriteBy("", command);
         command.mutable_customer()->set_plan(plan);
       }},
      {"confirm", [](const std::string&,
                     Command& command) { command.mutable_confirm_resolution()->set_solved(true); }},
      {"deny", [](const std::string&, Command& command) { command.mutable_confirm_resolution(); }},
  };
  return verbs;
}

void Reply(const std::string&, Command& command) {
  command.mutable_reply()->mutable_content()->set_body("the answer");
}

const Verbs& AgentVerbs() {
  static const Verbs verbs = {
      {"reply", Reply},
      {"ask",
       [](const std::string& argument, Command& command) {
         Reply(argument, command);
         command.mutable_reply()->set_wait_for_customer(true);
       }},
      {"automatic",
       [](const std::string& argument, Command& command) {
         Reply(argument, command);
         command.mutable_reply()->set_automatic(true);
       }},
      {"wait", [](const std::string&, Command& command) { command.mutable_wait_for_customer(); }},
      {"note",
       [](const std::string&, Command& command) {
         command.mutable_add_note()->mutable_content()->set_body("hm");
       }},
      {"estimate",
       [](const std::string& length, Command& command) {
         *command.mutable_give_estimate()->mutable_remaining() = ToProto(Length(length));
       }},
      {"impact",
       [](const std::string& word, Command& command) {
         command.mutable_set_impact()->set_impact(ImpactOf(word));
       }},
      {"complexity",
       [](const std::string& word, Command& command) {
         command.mutable_set_impact()->set_complexity(ComplexityOf(word));
       }},
      {"transfer",
       [](const std::string& word, Command& command) {
         command.mutable_transfer()->set_department(DepartmentOf(word));
       }},
      {"to",
       [](const std::string& team, Command& command) {
         command.mutable_escalate()->set_team(team);
         command.mutable_escalate()->set_cause("special");
       }},
      {"promote", [](const std::string&, Command& command) { command.mutable_promote_chat(); }},
      {"resolve",
       [](const std::string&, Command& command) {
         command.mutable_resolve()->mutable_summary()->set_body("done");
       }},
      {"close", [](const std::string&, Command& command) { command.mutable_close(); }},
      {"reopen", [](const std::string&, Command& command) { command.mutable_reopen(); }},
      {"merge", [](const std::string& into,
                   Command& command) { command.mutable_merge()->set_into_ticket_id(into); }},
      {"acknowledge",
       [](const std::string&, Command& command) { command.mutable_acknowledge_breach(); }},
  };
  return verbs;
}

}  // namespace

struct History::Step {
  absl::Time time;
  std::string ticket = "t1";
  std::string verb;
  std::string argument;
  absl::Time asked = absl::InfinitePast();
  std::string reason;
};

PolicyPtr History::Compile(const Promises& promises) {
  policy::v1::PolicyBundle bundle = policy::TestBundle();
  policy::v1::Policy& policy = *bundle.mutable_policy();
  SetCalendars(promises, policy);
  policy.set_time_zone(promises.zone);
  *bundle.mutable_zones(0) =
      calendar::TableOf(promises.table_of != nullptr ? promises.table_of : promises.zone);
  bundle.mutable_zones(0)->set_name(promises.zone);
  policy.clear_clocks();
  for (const std::string& rule : Split(promises.clocks, ';')) *policy.add_clocks() = Rule(rule);
  policy.mutable_management()->set_reminders(2);
  policy.mutable_teams(0)->add_addresses("first@acme.example");
  for (policy::v1::Plan& plan : *policy.mutable_plans()) {
    plan.clear_channels();
    for (const char* word : {"ticket", "email", "chat"}) plan.add_channels(ChannelOf(word));
  }
  policy.mutable_lifecycle()->mutable_close_after()->set_seconds(20 * 86400);
  policy.mutable_lifecycle()->mutable_reopen_within()->set_seconds(20 * 86400);
  policy.mutable_lifecycle()->mutable_shrink_after()->set_seconds(300 * 86400);
  policy.mutable_lifecycle()->mutable_forget_after()->set_seconds(400 * 86400);
  policy.mutable_delivery()->mutable_stuck_after()->set_seconds(20 * 86400);
  auto compiled = policy::CompiledPolicy::Compile(policy::Pack(bundle));
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return compiled.ok() ? *compiled : nullptr;
}

History::History(const Promises& promises)
    : zone_(calendar::ZoneOf(promises.zone)), now_(absl::InfinitePast()) {
  const PolicyPtr policy = Compile(promises);
  shelf_.active["acme"] = policy;
  shelf_.by_hash[policy->hash()] = policy;
}

absl::Time History::At(std::string_view day, std::string_view clock) const {
  const auto date = Must(calendar::ParseLocalDate(day));
  const int64_t local = calendar::DayOf(absl::CivilDay(kYear, static_cast<int>(date.month()),
                                                       static_cast<int>(date.day()))) *
                            calendar::kSecondsPerDay +
                        Must(calendar::ParseTimeOfDay(clock));
  return absl::FromUnixSeconds(zone_.Opens(local));
}

std::string History::Text(absl::Time time) const {
  std::string text = calendar::FormatInstant(time, zone_).substr(5, 14);  // 03-13T10:00:00
  text[5] = ' ';
  return text.ends_with(":00") ? text.substr(0, 11) : text;
}

History::Step History::Read(std::string_view text) const {
  std::vector<std::string> words = Split(text, ' ');
  Step step;
  step.time = At(words[0], words[1]);
  words.erase(words.begin(), words.begin() + 2);
  if (words.size() > 2 && words[words.size() - 2] == "=") {
    step.reason = words.back();
    words.resize(words.size() - 2);
  }
  if (words.size() > 2 && words[words.size() - 2].starts_with("@")) {
    step.asked = At(words[words.size() - 2].substr(1), words.back());
    words.resize(words.size() - 2);
  } else {
    step.asked = step.time;
  }
  if (words[0] == "t1" || words[0] == "t2") {
    step.ticket = words[0];
    words.erase(words.begin());
  }
  step.verb = words[0];
  if (words.size() > 1) step.argument = words[1];
  return step;
}

Command History::Make(const Step& step) {
  Command command;
  command.set_request_id("request-" + std::to_string(++commands_));
  *command.mutable_received_time() = ToProto(step.asked);
  if (step.verb == "fire") {
    command.mutable_timer_fired()->set_deadline_id(step.argument);
    *command.mutable_timer_fired()->mutable_due_time() = ToProto(step.asked);
  } else if (const auto found = CustomerVerbs().find(step.verb); found != CustomerVerbs().end()) {
    command.mutable_actor()->set_kind(ACTOR_KIND_CUSTOMER);
    command.mutable_actor()->set_id("ana");
    command.mutable_customer()->set_customer_id("ana");
    command.mutable_customer()->set_language("en");
    command.mutable_customer()->set_trust(SENDER_TRUST_AUTHENTICATED);
    found->second(step.argument, command);
  } else if (const auto by_agent = AgentVerbs().find(step.verb); by_agent != AgentVerbs().end()) {
    command.mutable_actor()->set_kind(ACTOR_KIND_AGENT);
    command.mutable_actor()->set_id("bea");
    by_agent->second(step.argument, command);
  } else {
    ADD_FAILURE() << "what is " << step.verb;
  }
  return command;
}

Effects History::Decide(const std::string& ticket_id, Command command) {
  command.set_tenant("acme");
  command.set_aggregate(ids::TicketKey(ticket_id));
  if (command.command_id().empty()) {
    command.set_command_id("command-" + std::to_string(++commands_));
  }
  const auto found = tickets_.find(ticket_id);
  const Context context{lane_, 24, shelf_, now_};
  Effects effects =
      ticket::Decide(context, found == tickets_.end() ? nullptr : &found->second, command);
  if (effects.decision.outcome() == OUTCOME_APPLIED && !effects.decision.events().empty()) {
    ticket::Apply(tickets_[ticket_id], effects.decision);
  }
  Tell(ticket_id, effects);
  undelivered_.insert(undelivered_.end(), effects.intents.begin(), effects.intents.end());
  for (const FollowUp& follow_up : effects.follow_ups) {
    Decide(std::string(*ids::AfterPrefix(follow_up.command.aggregate(), "ticket")),
           follow_up.command);
  }
  return effects;
}

void History::Tell(const std::string& ticket_id, const Effects& effects) {
  for (const SlaFact& fact : effects.facts) {
    std::string text = Text(FromProto(fact.detected_time())) + " ";
    if (ticket_id != "t1") text += ticket_id + " ";
    text += SlaFactKind_Name(fact.kind()).substr(std::string_view("SLA_FACT_KIND_").size()) + " " +
            Lower(ClockKind_Name(fact.clock()), "CLOCK_KIND_");
    if (fact.has_elapsed()) text += " in " + absl::FormatDuration(FromProto(fact.elapsed()));
    if (fact.kind() == SLA_FACT_KIND_BREACHED && FromProto(fact.due_time()) != now_) {
      text += " due " + Text(FromProto(fact.due_time()));
    }
    if (fact.by_reclassification()) text += " by reclassification";
    facts_.push_back(std::move(text));
  }
  for (const DeliveryIntent& intent : effects.intents) {
    if (intent.has_customer()) continue;
    staff_mails_.push_back(Text(now_) + " " +
                           Lower(NotificationKind_Name(intent.kind()), "NOTIFICATION_KIND_"));
  }
}

void History::Deliver(const std::vector<DeliveryIntent>& intents, absl::Time relay_time) {
  for (const DeliveryIntent& intent : intents) {
    Command command;
    DeliveryReported& report = *command.mutable_delivery_reported();
    report.set_notification_id(intent.notification_id());
    report.set_attempt(intent.attempt());
    report.set_outcome(DELIVERY_OUTCOME_ACCEPTED);
    *report.mutable_relay_time() = ToProto(relay_time);
    Decide(intent.ticket_id(), command);
  }
}

bool History::FireNext(absl::Time until) {
  const Deadline* next = nullptr;
  std::string ticket_id;
  for (const auto& [id, ticket] : tickets_) {
    for (const Deadline& deadline : ticket.deadlines()) {
      if (FromProto(deadline.due_time()) > until) continue;
      if (next != nullptr && FromProto(next->due_time()) <= FromProto(deadline.due_time())) {
        continue;
      }
      next = &deadline;
      ticket_id = id;
    }
  }
  if (next == nullptr) return false;
  now_ = std::max(now_, FromProto(next->due_time()));
  Command command;
  command.mutable_timer_fired()->set_deadline_id(next->id());
  *command.mutable_timer_fired()->mutable_due_time() = next->due_time();
  const Effects effects = Decide(ticket_id, command);
  EXPECT_EQ(effects.decision.reason(), "");
  return true;
}

void History::FireUntil(absl::Time time) {
  if (held_) return;
  Deliver(std::exchange(undelivered_, {}), now_);
  while (FireNext(time)) Deliver(std::exchange(undelivered_, {}), now_);
}

void History::Do(std::string_view text) {
  SCOPED_TRACE(std::string(text));
  const Step step = Read(text);
  FireUntil(step.time - absl::Nanoseconds(1));
  ASSERT_LE(now_, step.time);
  now_ = step.time;
  if (step.verb == "hold" || step.verb == "go") {
    held_ = step.verb == "hold";
  } else if (step.verb == "mail") {
    Deliver(std::exchange(undelivered_, {}), step.asked);
  } else if (step.verb == "policy") {
    shelf_.active["acme"] = next_;
    shelf_.by_hash[next_->hash()] = next_;
  } else if (step.verb != "end") {
    const Effects effects = Decide(step.ticket, Make(step));
    EXPECT_EQ(effects.decision.reason(), step.reason) << effects.decision.message();
  }
  if (step.verb == "end" || step.verb == "go") FireUntil(now_);
}

}  // namespace plazo::sla
