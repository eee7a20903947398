#include "cli/verify/evidence_files.h"

#include <absl/strings/ascii.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "platform/base/file.h"
#include "platform/base/status.h"

namespace plazo::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

bool ParseJson(const std::string& text, Struct& object) {
  return google::protobuf::util::JsonStringToMessage(text, &object).ok();
}

const Value& Member(const Struct& object, const std::string& name) {
  static const Value none;
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? none : found->second;
}

// The Message-ID of a mail, without brackets; empty when it has none. A header may be folded.
std::string MessageIdOf(const std::string& mail) {
  std::istringstream lines(mail);
  std::string found;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) break;
    const bool folded = line[0] == ' ' || line[0] == '\t';
    if (!folded) {
      if (inside) break;
      inside = absl::AsciiStrToLower(line.substr(0, 11)) == "message-id:";
      if (inside) line.erase(0, 11);
    }
    if (inside) found += line;
  }
  const size_t open = found.find('<'), close = found.find('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return found.substr(open + 1, close - open - 1);
}

absl::StatusOr<KeptMail> ReadMail(const std::filesystem::path& facts) {
  std::filesystem::path path = facts;
  path.replace_extension(".eml");
  const auto envelope = ReadFile(facts.string());
  if (!envelope.ok()) return envelope.status();
  const auto content = ReadFile(path.string());
  if (!content.ok()) return content.status();
  Struct object;
  if (!ParseJson(*envelope, object)) return InvalidArgument(facts.string() + ": is no JSON");
  KeptMail mail;
  mail.name = path.filename().string();
  mail.message_id = MessageIdOf(*content);
  const Value& time = Member(object, "accept_time_ms");
  if (time.number_value() > 0) {
    mail.accept_time = absl::FromUnixMillis(static_cast<int64_t>(time.number_value()));
  }
  for (const Value& address : Member(object, "to").list_value().values()) {
    mail.recipients.push_back(address.string_value());
  }
  return mail;
}

}  // namespace

absl::StatusOr<std::vector<KeptMail>> ReadInbox(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator files(folder, error);
  if (error) return absl::NotFoundError(folder + ": " + error.message());
  std::vector<std::filesystem::path> facts;
  for (const auto& file : files) {
    const std::string name = file.path().filename().string();
    if (file.path().extension() == ".json" && name[0] != '.') facts.push_back(file.path());
  }
  std::sort(facts.begin(), facts.end());
  std::vector<KeptMail> mails;
  for (const std::filesystem::path& path : facts) {
    auto mail = ReadMail(path);
    if (!mail.ok()) return mail.status();
    mails.push_back(*std::move(mail));
  }
  return mails;
}

absl::StatusOr<std::vector<JournalEntry>> ReadJournal(const std::string& path) {
  const auto content = ReadFile(path, size_t{1} << 30);
  if (!content.ok()) return content.status();
  std::vector<JournalEntry> journal;
  size_t number = 0;
  for (size_t at = 0; at < content->size();) {
    const size_t end = content->find('\n', at);
    if (end == std::string::npos) break;
    Struct object;
    ++number;
    if (!ParseJson(content->substr(at, end - at), object)) {
      return InvalidArgument(path + ":" + std::to_string(number) + ": is no JSON");
    }
    at = end + 1;
    journal.push_back(
        {Member(object, "request_id").string_value(), Member(object, "command_id").string_value(),
         Member(object, "what").string_value(), Member(object, "accepted").bool_value()});
  }
  return journal;
}

}  // namespace plazo::cli
