#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>
#include <google/protobuf/text_format.h>

#include <memory>

#include "cli/log_commands.h"
#include "cli/log_scan.h"
#include "cli/record_text.h"
#include "platform/base/status.h"
#include "platform/kafka/producer.h"
#include "plazo/core/v1/command.pb.h"

namespace plazo::cli {
namespace {

struct LetterArguments {
  std::vector<std::string> letters;  // partition/offset
  std::string error;
  bool all = false, dry_run = false;
  int64_t max = 0;
};

std::string NameOf(const kafka::Record& record) {
  return std::to_string(record.partition) + "/" + std::to_string(record.offset);
}

std::string HeaderOf(const kafka::Record& record, std::string_view name) {
  const std::string* value = record.FindHeader(name);
  return value == nullptr ? "" : *value;
}

bool Wanted(const kafka::Record& record, const LetterArguments& arguments) {
  if (!arguments.letters.empty() &&
      std::count(arguments.letters.begin(), arguments.letters.end(), NameOf(record)) == 0) {
    return false;
  }
  return HeaderOf(record, "x-error").find(arguments.error) != std::string::npos;
}

absl::StatusOr<std::vector<kafka::Record>> Find(const Session& session, kafka::Broker& broker,
                                                const LetterArguments& arguments) {
  ScanOptions options;
  options.topic = session.topics().dead_letters;
  options.call_timeout = session.CallTimeout();
  std::vector<kafka::Record> found;
  PLAZO_RETURN_IF_ERROR(Scan(broker, options, [&](kafka::Record& record) {
    if (Wanted(record, arguments)) found.push_back(std::move(record));
    return arguments.max == 0 || static_cast<int64_t>(found.size()) < arguments.max;
  }));
  if (arguments.letters.size() > found.size()) {
    return absl::NotFoundError("not among the dead letters, or named twice: " +
                               std::to_string(arguments.letters.size() - found.size()));
  }
  return found;
}

// Where a letter came from, and so where it may go once more.
struct Origin {
  std::string topic;
  int32_t partition = kafka::kPartitionByKey;
};

absl::StatusOr<Origin> OriginOf(const Topics& topics, const kafka::Record& letter) {
  const std::string text = HeaderOf(letter, "x-origin");
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  Origin origin;
  if (parts[0] == "intake") return Origin{topics.inbound};
  if (parts.size() < 3 || !absl::SimpleAtoi(parts[1], &origin.partition) ||
      (parts[0] != topics.inbound && parts[0] != topics.delivery)) {
    return absl::FailedPreconditionError(NameOf(letter) + " does not say where it came from");
  }
  origin.topic = parts[0];
  return origin;
}

absl::StatusOr<kafka::OutRecord> Again(const Topics& topics, const kafka::Record& letter) {
  auto origin = OriginOf(topics, letter);
  if (!origin.ok()) return origin.status();
  const auto value = DecodeValue(topics, letter);
  if (value == nullptr) {
    return absl::FailedPreconditionError(NameOf(letter) +
                                         " cannot be read: it would only come back");
  }
  kafka::OutRecord record;
  record.topic = origin->topic;
  record.partition = origin->partition;
  record.key = letter.key;
  record.value = letter.value;
  // Intake puts aside under the command's id what has not been in the log yet.
  if (const auto* command = dynamic_cast<const core::v1::Command*>(value.get())) {
    record.key = command->aggregate();
    if (record.key != letter.key) record.partition = kafka::kPartitionByKey;
  }
  for (const kafka::Header& header : letter.headers) {
    if (header.key != "x-error" && header.key != "x-origin") record.headers.push_back(header);
  }
  record.headers.push_back({"x-replay-of", letter.topic + "/" + NameOf(letter)});
  return record;
}

int List(Session& session, const LetterArguments& arguments) {
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const auto letters = Find(session, **broker, arguments);
  if (!letters.ok()) return session.Fail(letters.status());
  const Topics topics = session.topics();
  for (const kafka::Record& letter : *letters) {
    if (session.json) {
      session.out << RecordJson(topics, letter) << "\n";
      continue;
    }
    session.out << absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixMillis(letter.timestamp_ms),
                                    absl::LocalTimeZone())
                << "  " << NameOf(letter) << "  " << letter.key << "  " << ValueText(topics, letter)
                << "  from " << HeaderOf(letter, "x-origin") << "\n";
  }
  return 0;
}

int Show(Session& session, const LetterArguments& arguments) {
  if (session.json) return List(session, arguments);
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const auto letters = Find(session, **broker, arguments);
  if (!letters.ok()) return session.Fail(letters.status());
  for (const kafka::Record& letter : *letters) {
    session.out << NameOf(letter) << " key " << letter.key << "\n";
    for (const kafka::Header& header : letter.headers) {
      session.out << header.key << ": " << absl::CHexEscape(header.value) << "\n";
    }
    std::string text;
    if (const auto value = DecodeValue(session.topics(), letter)) {
      google::protobuf::TextFormat::PrintToString(*value, &text);
    } else {
      text = absl::CHexEscape(letter.value.value_or("")) + "\n";
    }
    session.out << "\n" << text << "\n";
  }
  return 0;
}

int Replay(Session& session, const LetterArguments& arguments) {
  if (arguments.letters.empty() && arguments.error.empty() && !arguments.all) {
    return session.Misuse("name letters, an --error, or --all");
  }
  auto broker = session.OpenKafka();
  if (!broker.ok()) return session.Fail(broker.status());
  const auto letters = Find(session, **broker, arguments);
  if (!letters.ok()) return session.Fail(letters.status());
  kafka::Producer producer(**broker, {});
  int exit = 0;
  for (const kafka::Record& letter : *letters) {
    auto record = Again(session.topics(), letter);
    if (!record.ok()) {
      exit = session.Fail(record.status());
      continue;
    }
    if (arguments.dry_run) {
      session.out << NameOf(letter) << " would go to " << record->topic << "\n";
      continue;
    }
    const std::string topic = record->topic;
    const auto sent = producer.SendAndWait(*std::move(record), session.CallTimeout());
    if (!sent.ok()) return session.Fail(Annotate(sent.status(), NameOf(letter)));
    session.out << NameOf(letter) << " is now " << topic << "/" << sent->partition << "/"
                << sent->offset << "\n";
  }
  return exit;
}

}  // namespace

void AddDeadLetters(const Command& root, Session& session) {
  const Command dlq = root.Sub("dlq", "records that could not be dealt with, and quarantined mail");
  const std::string error_help = "only those whose error contains this";
  auto list = std::make_shared<LetterArguments>();
  dlq.Sub("list", "one a line: time, partition/offset, key, error, what, from where")
      .Text("--error", &list->error, error_help)
      .Number("-n,--max", &list->max, "end after so many; 0 = never")
      .Run([&session, list] { return List(session, *list); });
  auto show = std::make_shared<LetterArguments>();
  dlq.Sub("show", "letters with their headers and all they hold")
      .Texts("LETTER", &show->letters, "partition/offset", {.required = true})
      .Run([&session, show] { return Show(session, *show); });
  auto replay = std::make_shared<LetterArguments>();
  dlq.Sub("replay",
          "sends letters to where they came from, once more; what was decided before "
          "stays decided")
      .Texts("LETTER", &replay->letters, "partition/offset")
      .Text("--error", &replay->error, error_help)
      .Flag("--all", &replay->all, "every letter")
      .Flag("--dry-run", &replay->dry_run, "only tell")
      .Run([&session, replay] { return Replay(session, *replay); });
}

}  // namespace plazo::cli
