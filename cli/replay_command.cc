#include "cli/replay_command.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <memory>

#include "cli/log_scan.h"
#include "cli/policy_file.h"
#include "cli/replay/comparison.h"
#include "cli/replay/world.h"
#include "platform/base/status.h"
#include "platform/config/duration.h"

namespace plazo::cli {
namespace {

struct ReplayArguments {
  std::string policy, lexicons, from, to, handling = "10m";
};

// A stretch of time from two options: RFC 3339, or 10m for ten minutes ago.
struct Stretch {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
};

absl::StatusOr<int64_t> ParseMoment(const std::string& text, absl::Time now, int64_t otherwise) {
  if (text.empty()) return otherwise;
  const auto start = ParseScanStart(text, now);
  if (!start.ok()) return start.status();
  if (start->kind != ScanStart::Kind::kTime) return InvalidArgument("not a time: " + text);
  return start->value;
}

// The two worlds side by side, lane after lane.
class Replay {
 public:
  Replay(kafka::Broker& broker, const Session& session, const PolicyFile& policy,
         const calendar::Zone& zone, Stretch stretch)
      : broker_(broker),
        session_(session),
        stretch_(stretch),
        topics_(session.topics()),
        recorded_(topics_, policy.compiled->tenant(), nullptr, zone),
        other_(topics_, policy.compiled->tenant(), &policy, zone) {}

  absl::Status Run() {
    const absl::Time began = absl::Now();
    for (int32_t lane = 0; lane < kPartitions; ++lane) PLAZO_RETURN_IF_ERROR(RunLane(lane));
    run.seconds = absl::ToDoubleSeconds(absl::Now() - began);
    run.reading_seconds = run.seconds - absl::ToDoubleSeconds(deciding_);
    run.outputs_before = recorded_.Finish();
    run.outputs_after = other_.Finish();
    return absl::OkStatus();
  }

  Comparison comparison;
  ReplayRun run;

 private:
  absl::Status RunLane(int32_t lane) {
    recorded_.BeginLane(lane);
    other_.BeginLane(lane);
    ScanOptions options;
    options.topic = topics_.inbound;
    options.partitions = {lane};
    options.call_timeout = session_.CallTimeout();
    std::map<int32_t, int64_t> begins;
    PLAZO_RETURN_IF_ERROR(Scan(
        broker_, options,
        [this](const kafka::Record& record) {
          if (record.timestamp_ms > stretch_.to_ms) return false;
          const absl::Time began = absl::Now();
          Take(record);
          deciding_ += absl::Now() - began;
          return true;
        },
        &begins));
    if (begins[lane] > 0) {
      run.notes.push_back("lane " + std::to_string(lane) +
                          ": the first commands are gone; tickets from then are left out");
    }
    const absl::Time began = absl::Now();
    recorded_.RunUntil(stretch_.to_ms);
    other_.RunUntil(stretch_.to_ms);
    Compare(recorded_.EndLane(), other_.EndLane());
    deciding_ += absl::Now() - began;
    return absl::OkStatus();
  }

  void Take(const kafka::Record& record) {
    core::v1::Command command;
    if (!record.value || !command.ParseFromString(*record.value) ||
        command.aggregate() != record.key)
      return;
    ++run.commands;
    recorded_.Replay(command, record.timestamp_ms);
    other_.Replay(command, record.timestamp_ms);
  }

  void Compare(const std::map<std::string, TicketOutcome>& before,
               const std::map<std::string, TicketOutcome>& after) {
    for (const auto& [key, ticket] : before) {
      const auto found = after.find(key);
      if (found == after.end() || ticket.opened_ms < stretch_.from_ms || ticket.case_number.empty())
        continue;
      comparison.Add(ticket, found->second);
    }
  }

  kafka::Broker& broker_;
  const Session& session_;
  const Stretch stretch_;
  const Topics topics_;
  World recorded_, other_;
  absl::Duration deciding_;
};

absl::StatusOr<calendar::Zone> ZoneOf(const PolicyFile& policy) {
  for (const policy::v1::ZoneTable& zone : policy.content.zones()) {
    if (zone.name() == policy.content.policy().time_zone()) return calendar::Zone::Compile(zone);
  }
  return Internal("the bundle lacks the zone " + policy.content.policy().time_zone());
}

int RunReplay(Session& session, const ReplayArguments& arguments) {
  const absl::Time now = absl::Now();
  const auto from = ParseMoment(arguments.from, now, 0);
  const auto to = ParseMoment(arguments.to, now, absl::ToUnixMillis(now));
  if (!from.ok() || !to.ok())
    return session.Misuse("--from, --to: a time in RFC 3339, or 10m for ten minutes ago");
  const auto handling = config::ParseDuration(arguments.handling);
  if (!handling) return session.Misuse("--handling: must be a duration");
  PolicyFileOptions options;
  options.lexicon_folder = arguments.lexicons;
  options.tenant = session.tenant;
  const auto policy = LoadPolicyFile(arguments.policy, options);
  if (!policy.ok()) return session.Fail(policy.status());
  const auto zone = ZoneOf(*policy);
  if (!zone.ok()) return session.Fail(zone.status());
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());

  Replay replay(**broker, session, *policy, *zone, {*from, *to});
  if (absl::Status s = replay.Run(); !s.ok()) return session.Fail(s);
  if (replay.comparison.tickets == 0) {
    replay.run.notes.push_back("no ticket of tenant " + policy->compiled->tenant() +
                               " in that time");
  }
  session.out << (session.json ? ReplayJson(replay.comparison, replay.run, *handling) + "\n"
                               : ReplayText(replay.comparison, replay.run, *handling));
  return 0;
}

}  // namespace

void AddReplay(const Command& root, Session& session) {
  auto arguments = std::make_shared<ReplayArguments>();
  root.Sub("replay",
           "what if: decides what was asked for again under another policy, touches nothing")
      .Text("--policy", &arguments->policy, "the other policy, a YAML file; taken for --tenant",
            {.required = true})
      .Text("--lexicons", &arguments->lexicons, "its folder of lexicons; none = the one beside it")
      .Text("--from", &arguments->from,
            "only tickets opened since: a time in RFC 3339, or 10m for ten minutes ago")
      .Text("--to", &arguments->to, "how far; likewise")
      .Text("--handling", &arguments->handling, "how long one answer keeps a person busy")
      .Footer(
          "Both runs, as recorded and under the other policy, keep what people did. Timers fire "
          "on\n"
          "time and mails reach the relay after 2 s in both: what differs is the policies' doing.")
      .Run([&session, arguments] { return RunReplay(session, *arguments); });
}

}  // namespace plazo::cli
