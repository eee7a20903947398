#pragma once

// The labelled messages and the shipped lexicons, for the tools and tests that examine the
// classifier.

#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain/classify/classifier.h"
#include "domain/classify/rules.h"

namespace plazo::classify {

struct LabelledMessage {
  std::string id;
  std::string language;
  core::v1::Channel channel = core::v1::CHANNEL_UNSPECIFIED;
  std::string subject;
  std::string body;
  // As indexes of kAnswers.
  std::array<int, kFields> answers = {};
  bool escalates = false;
  // By field, and escalates last: the label may be argued about and is not scored.
  std::array<bool, kFields + 1> unsure = {};
  // Kind of difficulty; empty = plain.
  std::string hard;
  // tune, held; empty where the file has no such split.
  std::string split;

  Message AsMessage() const { return {.channel = channel, .subject = subject, .body = body}; }
};

// One JSON object a line, with the keys of tests/data/messages_*.jsonl.
absl::StatusOr<std::vector<LabelledMessage>> LoadMessages(const std::string& path);

// One message a line, `intent<TAB>subject | body` (the subject may be missing), labelled as the
// intent says. `language` is the file's name without its folder and ending.
absl::StatusOr<std::vector<LabelledMessage>> LoadPhrasings(
    const std::string& path,
    const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons);

// All of policies/lexicon/, in the order of their names; `model` = false leaves out the trained
// weights.
absl::StatusOr<google::protobuf::RepeatedPtrField<policy::v1::Lexicon>> LoadLexicons(
    const std::string& folder, bool model = true);

// Counts of right answers: by field (escalates, language last) of what is scored.
inline constexpr size_t kScored = kFields + 2;
inline constexpr std::array<std::string_view, kScored> kScoredNames = {
    "department", "team", "impact", "complexity", "escalates", "language"};
struct Tally {
  std::array<int, kScored> right = {};
  std::array<int, kScored> all = {};
  void Add(const LabelledMessage& message, const core::v1::Classification& got);
  double Share(size_t field) const {
    return all[field] == 0 ? 1 : static_cast<double>(right[field]) / all[field];
  }
  std::string Row() const;
};

std::array<int, kFields> AnswersOf(const core::v1::Classification& got);

}  // namespace plazo::classify
