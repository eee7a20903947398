#include "cli/topics_commands.h"

#include <absl/time/clock.h>

#include <map>
#include <memory>

#include "platform/base/status.h"
#include "platform/observability/json_line.h"

namespace plazo::cli {
namespace {

constexpr absl::Duration kCall = absl::Seconds(20);
constexpr absl::Duration kPause = absl::Milliseconds(100);

absl::Status ApplyOne(kafka::Admin& admin, const TopicSpec& wanted, int replicas,
                      const std::map<std::string, int32_t>& present, std::ostream& out) {
  const std::map<std::string, std::string> config(wanted.config.begin(), wanted.config.end());
  const auto found = present.find(wanted.name);
  if (found == present.end()) {
    const absl::Status made = admin.CreateTopic(
        {.name = wanted.name, .partitions = kPartitions, .replication = replicas, .config = config},
        kCall);
    if (made.ok()) {
      out << wanted.name << " created\n";
      return made;
    }
    if (made.code() != absl::StatusCode::kAlreadyExists) return Annotate(made, wanted.name);
  } else if (found->second != kPartitions) {
    return absl::FailedPreconditionError(wanted.name + " has " + std::to_string(found->second) +
                                         " partitions, not " + std::to_string(kPartitions));
  }
  const auto has = admin.TopicConfig(wanted.name, kCall);
  if (!has.ok()) return Annotate(has.status(), wanted.name);
  if (*has == config) {
    out << wanted.name << " is as it should be\n";
    return absl::OkStatus();
  }
  PLAZO_RETURN_IF_ERROR(Annotate(admin.SetTopicConfig(wanted.name, config, kCall), wanted.name));
  out << wanted.name << " configured\n";
  return absl::OkStatus();
}

// A topic that was made is known to every broker only some time later.
absl::Status AwaitTopics(kafka::Admin& admin, const Topics& topics, absl::Time deadline) {
  for (;;) {
    std::string missing;
    const auto present = admin.ListTopics(kCall);
    for (const std::string& name : topics.All()) {
      if (!present.ok()) break;
      const auto found = present->find(name);
      if (found == present->end() || found->second != kPartitions) missing = name;
    }
    if (present.ok() && missing.empty()) return absl::OkStatus();
    if (absl::Now() >= deadline) {
      return present.ok() ? absl::DeadlineExceededError(missing + " is still not there")
                          : present.status();
    }
    absl::SleepFor(kPause);
  }
}

int List(Session& session) {
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  auto admin = (*broker)->MakeAdmin();
  if (!admin.ok()) return session.Fail(admin.status());
  const auto present = (*admin)->ListTopics(session.CallTimeout());
  if (!present.ok()) return session.Fail(Annotate(present.status(), session.kafka));
  int exit = 0;
  for (const std::string& name : session.topics().All()) {
    const auto found = present->find(name);
    const int32_t partitions = found == present->end() ? 0 : found->second;
    if (partitions != kPartitions) exit = ToInt(runtime::ExitCode::kDataError);
    if (session.json) {
      observability::JsonLine line;
      line.AddString("topic", name);
      line.AddInteger("partitions", partitions);
      session.out << line.Take() << "\n";
    } else if (partitions == 0) {
      session.out << name << " is missing\n";
    } else {
      session.out << name << " " << partitions << " partitions\n";
    }
  }
  return exit;
}

int Apply(Session& session, int64_t replicas) {
  if (replicas < 1 || replicas > 9) return session.Misuse("--replicas: must be 1 to 9");
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const absl::Status applied = ApplyTopics(**broker, session.topics(),
                                           {.replicas = static_cast<int>(replicas)}, session.out);
  return applied.ok() ? 0 : session.Fail(applied);
}

}  // namespace

absl::Status ApplyTopics(kafka::Broker& broker, const Topics& topics, const TopicsOptions& options,
                         std::ostream& out) {
  const absl::Time deadline = absl::Now() + options.timeout;
  auto admin = broker.MakeAdmin();
  if (!admin.ok()) return admin.status();
  const auto present = (*admin)->ListTopics(kCall);
  if (!present.ok()) return present.status();
  for (const TopicSpec& spec : TopicSpecs(topics, options.replicas)) {
    PLAZO_RETURN_IF_ERROR(ApplyOne(**admin, spec, options.replicas, *present, out));
  }
  return AwaitTopics(**admin, topics, deadline);
}

void AddTopics(const Command& root, Session& session) {
  const Command topics = root.Sub("topics", "the topics of the log");
  topics.Sub("list", "what is there; exit code 65 when something is missing").Run([&session] {
    return List(session);
  });
  auto replicas = std::make_shared<int64_t>(1);
  topics.Sub("apply", "makes what is missing, sets what differs, waits until all is there")
      .Number("--replicas", replicas.get(), "copies of each partition: 1 for one broker, else 3")
      .Run([&session, replicas] { return Apply(session, *replicas); });
}

}  // namespace plazo::cli
