#include "cli/classify.h"

#include <absl/status/statusor.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/status.h"

namespace plazo::cli {
namespace {

using core::v1::Classification;
using Json = nlohmann::ordered_json;

constexpr int kIoError = 74;  // EX_IOERR

// Owns the text that a Message only points at.
struct Line {
  Json id;
  std::string subject;
  std::string body;
  std::string language;
  std::vector<std::string> services;
  core::v1::Channel channel = core::v1::CHANNEL_UNSPECIFIED;
  core::v1::Department department = core::v1::DEPARTMENT_UNSPECIFIED;
  core::v1::Priority priority = core::v1::PRIORITY_UNSPECIFIED;

  classify::Message AsMessage() const {
    classify::Message message{.channel = channel,
                              .subject = subject,
                              .body = body,
                              .chosen_department = department,
                              .priority = priority,
                              .language_hint = language};
    message.service_kinds.assign(services.begin(), services.end());
    return message;
  }
};

absl::Status FieldError(std::string_view field, std::string_view message) {
  return InvalidArgument(std::string(field).append(": ").append(message));
}

// Absent and null leave `value` alone.
absl::Status ReadText(const Json& object, const char* key, std::string& value) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return absl::OkStatus();
  if (!it->is_string()) return FieldError(key, "must be a string");
  value = it->get<std::string>();
  return absl::OkStatus();
}

template <typename Enum>
struct Word {
  std::string_view word;
  Enum value;
};

template <typename Enum, size_t N>
absl::Status ReadWord(const Json& object, const char* key, const Word<Enum> (&words)[N],
                      Enum& value) {
  std::string text;
  PLAZO_RETURN_IF_ERROR(ReadText(object, key, text));
  if (text.empty()) return absl::OkStatus();
  std::string choices;
  for (const Word<Enum>& word : words) {
    if (word.word == text) {
      value = word.value;
      return absl::OkStatus();
    }
    choices.append(choices.empty() ? "" : ", ").append(word.word);
  }
  return FieldError(key, "\"" + text + "\" is none of " + choices);
}

constexpr Word<core::v1::Channel> kChannels[] = {{"ticket", core::v1::CHANNEL_TICKET},
                                                 {"chat", core::v1::CHANNEL_CHAT},
                                                 {"email", core::v1::CHANNEL_EMAIL},
                                                 {"telephone", core::v1::CHANNEL_TELEPHONE}};
constexpr Word<core::v1::Department> kDepartments[] = {
    {"technical", core::v1::DEPARTMENT_TECHNICAL},
    {"financial", core::v1::DEPARTMENT_FINANCIAL},
    {"billing", core::v1::DEPARTMENT_FINANCIAL},
    {"abuse", core::v1::DEPARTMENT_ABUSE}};
constexpr Word<core::v1::Priority> kPriorities[] = {{"regular", core::v1::PRIORITY_REGULAR},
                                                    {"high", core::v1::PRIORITY_HIGH}};

absl::Status ReadServices(const Json& object, std::vector<std::string>& services) {
  const auto it = object.find("services");
  if (it == object.end() || it->is_null()) return absl::OkStatus();
  if (!it->is_array()) return FieldError("services", "must be a list");
  for (size_t i = 0; i < it->size(); ++i) {
    const std::string path = "services[" + std::to_string(i) + "]";
    const Json& service = (*it)[i];
    std::string kind;
    if (service.is_string()) {
      kind = service.get<std::string>();
    } else if (!service.is_object()) {
      return FieldError(path, "must be a kind of service or an object with one");
    } else if (const absl::Status status = ReadText(service, "kind", kind); !status.ok()) {
      return FieldError(path + ".kind", "must be a string");
    }
    services.push_back(std::move(kind));
  }
  return absl::OkStatus();
}

absl::Status ReadLine(const Json& object, Line& line) {
  PLAZO_RETURN_IF_ERROR(ReadWord(object, "channel", kChannels, line.channel));
  PLAZO_RETURN_IF_ERROR(ReadText(object, "subject", line.subject));
  if (!object.contains("body")) return FieldError("body", "is required");
  PLAZO_RETURN_IF_ERROR(ReadText(object, "body", line.body));
  PLAZO_RETURN_IF_ERROR(ReadWord(object, "department", kDepartments, line.department));
  PLAZO_RETURN_IF_ERROR(ReadWord(object, "priority", kPriorities, line.priority));
  PLAZO_RETURN_IF_ERROR(ReadText(object, "language", line.language));
  return ReadServices(object, line.services);
}

std::string_view DepartmentWord(core::v1::Department department) {
  switch (department) {
    case core::v1::DEPARTMENT_FINANCIAL:
      return "billing";
    case core::v1::DEPARTMENT_ABUSE:
      return "abuse";
    default:
      return "technical";
  }
}

std::string_view ImpactWord(core::v1::Impact impact) {
  switch (impact) {
    case core::v1::IMPACT_HIGH:
      return "high";
    case core::v1::IMPACT_MEDIUM:
      return "medium";
    default:
      return "low";
  }
}

std::string_view ComplexityWord(core::v1::Complexity complexity) {
  switch (complexity) {
    case core::v1::COMPLEXITY_SIMPLE:
      return "simple";
    case core::v1::COMPLEXITY_COMPLEX:
      return "complex";
    case core::v1::COMPLEXITY_NONSTANDARD:
      return "nonstandard";
    default:
      return "standard";
  }
}

Json ToJson(const Classification& read, double unsure_below) {
  Json answer;
  answer["language"] = read.language();
  answer["department"] = DepartmentWord(read.department());
  answer["level"] = read.level();
  answer["team"] = read.team();
  answer["impact"] = ImpactWord(read.impact());
  answer["complexity"] = ComplexityWord(read.complexity());
  answer["escalates"] = read.escalates();
  answer["confidence"] = std::round(read.confidence() * 1000) / 1000;
  answer["unsure"] = read.confidence() < unsure_below;
  answer["intents"] = Json::array();
  for (const std::string& intent : read.intents()) answer["intents"].push_back(intent);
  answer["entities"] = Json::array();
  for (const core::v1::Entity& entity : read.entities()) {
    answer["entities"].push_back(Json{{"kind", entity.kind()}, {"value", entity.value()}});
  }
  answer["reasons"] = Json::array();
  for (const core::v1::ClassificationReason& reason : read.reasons()) {
    answer["reasons"].push_back(reason.field() + ": " + reason.text());
  }
  return answer;
}

// Calls `answer` with each line that can be read, `refuse` with each that cannot.
int ForEachLine(std::istream& in, std::ostream& out, const std::function<void(const Line&)>& answer,
                const std::function<void(const Json& id, const std::string& error)>& refuse) {
  for (std::string text; std::getline(in, text);) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
      refuse(nullptr, "line: must be a JSON object");
    } else {
      Line line;
      if (const auto id = object.find("id"); id != object.end()) line.id = *id;
      const absl::Status status = ReadLine(object, line);
      if (status.ok()) {
        answer(line);
      } else {
        refuse(line.id, std::string(ToStd(status.message())));
      }
    }
    out.flush();
    if (!out) return kIoError;
  }
  return in.bad() ? kIoError : 0;
}

// Replaces what is no UTF-8 instead of throwing.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int ClassifyLines(const classify::Classifier& classifier, double unsure_below, std::istream& in,
                  std::ostream& out) {
  return ForEachLine(
      in, out,
      [&](const Line& line) {
        Json answer;
        answer["id"] = line.id;
        answer.update(ToJson(classifier.Classify(line.AsMessage()), unsure_below));
        out << Dump(answer) << '\n';
      },
      [&](const Json& id, const std::string& error) {
        out << Dump(Json{{"id", id}, {"error", error}}) << '\n';
      });
}

int ClassifyExplain(const classify::Classifier& classifier, double unsure_below, std::istream& in,
                    std::ostream& out) {
  return ForEachLine(
      in, out,
      [&](const Line& line) {
        const classify::Message message = line.AsMessage();
        out << "message " << Dump(line.id) << "\n ";
        for (const classify::SeenText& seen : classifier.Explain(message)) {
          out << ' ' << seen.text;
          if (seen.concept_name.empty()) continue;
          out << " [" << seen.concept_name << (seen.discounted.empty() ? "" : ", ")
              << seen.discounted << ']';
        }
        const Classification read = classifier.Classify(message);
        out << "\n  " << read.language() << ", " << DepartmentWord(read.department()) << ", level "
            << read.level() << " (" << read.team() << "), impact " << ImpactWord(read.impact())
            << ", " << ComplexityWord(read.complexity()) << (read.escalates() ? ", escalates" : "")
            << ", confidence " << std::round(read.confidence() * 100) / 100
            << (read.confidence() < unsure_below ? ", unsure: level 1 reviews" : "") << '\n';
        for (const core::v1::ClassificationReason& reason : read.reasons()) {
          out << "  - " << reason.field() << ": " << reason.text() << " (" << reason.weight()
              << ")\n";
        }
      },
      [&](const Json& id, const std::string& error) {
        out << "message " << Dump(id) << ": " << error << '\n';
      });
}

}  // namespace plazo::cli
