#pragma once

// Reads what a customer wrote: language, department, team, impact, complexity, and why (F7-F21,
// F33-F35).
//
// The words, the rules and the weights are data (plazo.policy.v1.Lexicon); this class only applies
// them. Only new text counts: quoted mails, forwarded parts and signatures are read only when there
// is nothing else. What the customer chose (department, priority, services) is evidence, not law.
//
// Pure: no I/O, clock or randomness. The same lexicons and message give the same bytes.
// Thread-safety: immutable after Compile(); any number of threads may call Classify().
// Bounds: only the first kMaxBytes of a body and kMaxTokens words are read; any bytes are allowed,
// invalid UTF-8 reads as U+FFFD.

#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plazo/core/v1/types.pb.h"
#include "plazo/policy/v1/lexicon.pb.h"

namespace plazo::classify {

// Teams a classification may name; the policy says which of its teams stands for each.
inline constexpr std::string_view kSupportEngineers = "support-engineers";
inline constexpr std::string_view kBilling = "billing";
inline constexpr std::string_view kDataCentre = "data-centre";
inline constexpr std::string_view kSystemAdministrators = "system-administrators";

// Everything the reading may rest on. The views must live as long as the call.
struct Message {
  core::v1::Channel channel = core::v1::CHANNEL_UNSPECIFIED;
  std::string_view subject;
  std::string_view body;
  // Chosen by the customer (F22); unspecified when the channel has no such choice.
  core::v1::Department chosen_department = core::v1::DEPARTMENT_UNSPECIFIED;
  core::v1::Priority priority = core::v1::PRIORITY_UNSPECIFIED;
  // Kinds of the services concerned, or of all of the customer's services: vps, dedicated, shared,
  // domain ...
  std::vector<std::string_view> service_kinds;
  // The customer's language (ISO 639-1); decides only where the text does not.
  std::string_view language_hint;
};

// A stretch of the text as it was read, for people.
struct SeenText {
  // The normalised words, and what they were taken for: a concept's name, "" = nothing, "quoted" =
  // left out.
  std::string text;
  std::string concept_name;
  // Why it counts less or not at all: "denied", "elsewhere", "past" ...; "" = it counts.
  std::string discounted;
};

class Classifier {
 public:
  static constexpr size_t kMaxBytes = 64 * 1024;
  static constexpr size_t kMaxTokens = 8192;

  // kInvalidArgument names the lexicon and the entry that is wrong, all of them at once.
  static absl::StatusOr<std::unique_ptr<Classifier>> Compile(
      const google::protobuf::RepeatedPtrField<policy::v1::Lexicon>& lexicons);
  ~Classifier();

  // Always answers; `confidence` says how sure it is. `unsure` is left false: the policy's
  // threshold decides it.
  core::v1::Classification Classify(const Message& message) const;

  // The same reading, as the words it was made from, in order.
  std::vector<SeenText> Explain(const Message& message) const;

 private:
  struct Tables;
  explicit Classifier(std::unique_ptr<const Tables> tables);
  std::unique_ptr<const Tables> tables_;
};

}  // namespace plazo::classify
