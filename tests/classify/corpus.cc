#include "tests/classify/corpus.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "platform/config/config.h"

namespace plazo::classify {
namespace {

int TeamIndex(const std::string& label) {
  if (label == "L1") return 0;
  if (label == "L2-billing") return 1;
  if (label == "L2-datacentre") return 2;
  return label == "L3-sysadmin" ? 3 : -1;
}

core::v1::Channel ChannelOf(const std::string& name) {
  if (name == "chat") return core::v1::CHANNEL_CHAT;
  if (name == "email") return core::v1::CHANNEL_EMAIL;
  return name == "ticket" ? core::v1::CHANNEL_TICKET : core::v1::CHANNEL_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<std::vector<LabelledMessage>> LoadMessages(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(path);
  std::vector<LabelledMessage> messages;
  for (std::string line; std::getline(in, line);) {
    const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_discarded())
      return absl::InvalidArgumentError(path + ": not JSON: " + line.substr(0, 60));
    LabelledMessage m{.id = json["id"],
                      .language = json["lang"],
                      .channel = ChannelOf(json["channel"]),
                      .subject = json.value("subject", ""),
                      .body = json["body"],
                      .escalates = json["escalates"],
                      .split = json.value("split", "")};
    m.answers = {AnswerIndex(kDepartment, std::string(json["department"])), TeamIndex(json["team"]),
                 AnswerIndex(kImpact, std::string(json["impact"])),
                 AnswerIndex(kComplexity, std::string(json["complexity"]))};
    if (json.contains("hard") && json["hard"].is_string()) m.hard = json["hard"];
    for (const auto& field : json["unsure"]) {
      for (size_t f = 0; f <= kFields; ++f) {
        if (field == std::string(kScoredNames[f])) m.unsure[f] = true;
      }
    }
    messages.push_back(std::move(m));
  }
  return messages;
}

absl::StatusOr<std::vector<LabelledMessage>> LoadPhrasings(
    const std::string& path,
    const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons) {
  std::map<std::string, std::array<int, kFields>> answers;
  for (const policy::v1::Lexicon& lexicon : lexicons) {
    for (const policy::v1::Intent& intent : lexicon.intents()) {
      answers[intent.name()] = {
          AnswerIndex(kDepartment, intent.department()), AnswerIndex(kTeam, intent.team()),
          AnswerIndex(kImpact, intent.impact()), AnswerIndex(kComplexity, intent.complexity())};
    }
  }
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(path);
  std::vector<LabelledMessage> messages;
  std::map<std::string, int> ordinals;
  for (std::string line; std::getline(in, line);) {
    const size_t tab = line.find('\t');
    const std::string intent = line.substr(0, tab);
    if (tab == std::string::npos || !answers.contains(intent)) {
      return absl::InvalidArgumentError(path + ": no such intent: " + line.substr(0, 60));
    }
    const std::string text = line.substr(tab + 1);
    const size_t bar = text.find(" | ");
    LabelledMessage m{.id = "phrasing-" + intent + std::to_string(++ordinals[intent]),
                      .language = std::filesystem::path(path).stem().string(),
                      .channel = core::v1::CHANNEL_TICKET,
                      .subject = bar == std::string::npos ? "" : text.substr(0, bar),
                      .body = bar == std::string::npos ? text : text.substr(bar + 3),
                      .answers = answers[intent]};
    m.escalates = m.answers[kTeam] != 0;
    messages.push_back(std::move(m));
  }
  return messages;
}

absl::StatusOr<google::protobuf::RepeatedPtrField<policy::v1::Lexicon>> LoadLexicons(
    const std::string& folder, bool model) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  google::protobuf::RepeatedPtrField<policy::v1::Lexicon> lexicons;
  for (const std::string& path : paths) {
    if (!model && path.ends_with("model.yaml")) continue;
    const config::ConfigErrors errors = config::LoadYamlFile(path, lexicons.Add());
    if (!errors.ok()) return errors.ToStatus();
  }
  return lexicons;
}

std::array<int, kFields> AnswersOf(const core::v1::Classification& got) {
  const int department = got.department() == core::v1::DEPARTMENT_FINANCIAL ? 1
                         : got.department() == core::v1::DEPARTMENT_ABUSE   ? 2
                                                                            : 0;
  return {department, AnswerIndex(kTeam, got.team()), static_cast<int>(got.impact()) - 1,
          static_cast<int>(got.complexity()) - 1};
}

void Tally::Add(const LabelledMessage& message, const core::v1::Classification& got) {
  const std::array<int, kFields> answers = AnswersOf(got);
  const auto count = [&](size_t field, bool is_right) {
    ++all[field];
    right[field] += is_right ? 1 : 0;
  };
  for (size_t f = 0; f < kFields; ++f) {
    if (!message.unsure[f]) count(f, answers[f] == message.answers[f]);
  }
  if (!message.unsure[kFields]) count(kFields, got.escalates() == message.escalates);
  count(kFields + 1, got.language() == message.language);
}

std::string Tally::Row() const {
  std::string row;
  for (size_t f = 0; f < kScored; ++f) {
    char cell[64];
    std::snprintf(cell, sizeof cell, "%s%5.1f (%d/%d)", f == 0 ? "" : " | ", Share(f) * 100,
                  right[f], all[f]);
    row += cell;
  }
  return row;
}

}  // namespace plazo::classify
