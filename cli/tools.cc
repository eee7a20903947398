#include "cli/tools.h"

#include <memory>

#include "cli/calendar_eval.h"
#include "cli/classify.h"
#include "cli/mail_parse.h"
#include "cli/policy_file.h"

namespace plazo::cli {
namespace {

struct ClassifyArguments {
  std::string policy, lexicons;
  bool explain = false;
};

int Classify(Session& session, const ClassifyArguments& arguments) {
  PolicyFileOptions options;
  options.lexicon_folder = arguments.lexicons;
  const auto file = LoadPolicyFile(arguments.policy, options);
  if (!file.ok()) return session.Fail(file.status());
  const auto& classifier = file->compiled->classifier();
  const double unsure_below = file->compiled->policy().routing().unsure_below();
  const auto run = arguments.explain ? &ClassifyExplain : &ClassifyLines;
  return run(classifier, unsure_below, session.in, session.out);
}

}  // namespace

void AddCalendar(const Command& root, Session& session) {
  root.Sub("calendar", "business time by hand")
      .Sub("eval", "JSON lines in, one JSON object a line out")
      .Footer(
          "in:  time_zone, weekly{mon:[[\"09:00\",\"17:00\"]]...}, holidays[], "
          "overrides{date:[...]},\n     pauses[[from,to]...], op (add or between), start, end, "
          "business_seconds; id comes back\nout: result (RFC 3339 in the zone, or seconds) or "
          "error")
      .Run([&session] { return CalendarEval(session.in, session.out); });
}

void AddClassify(const Command& root, Session& session) {
  auto arguments = std::make_shared<ClassifyArguments>();
  root.Sub("classify", "what is read in messages: JSON lines in, one JSON object a line out")
      .Text("--policy", &arguments->policy, "policy file", {.required = true})
      .Text("--lexicons", &arguments->lexicons, "folder; `lexicon` beside the policy if not given")
      .Flag("--explain", &arguments->explain, "for people: the words that were read, and why")
      .Footer(
          "in:  id, channel, subject, body; optional department, priority, services[], "
          "language\nout: id, language, department, level, team, impact, complexity, escalates, "
          "confidence,\n     unsure, intents[], entities[], reasons[]; or error")
      .Run([&session, arguments] { return Classify(session, *arguments); });
}

void AddMailParse(const Command& mail, Session& session) {
  auto files = std::make_shared<std::vector<std::string>>();
  mail.Sub("parse", "mails as intake sees them, one JSON object a line")
      .Texts("FILE", files.get(), "mail in RFC 5322; - = standard input", {.required = true})
      .Run([&session, files] { return MailParse(*files, session.out); });
}

}  // namespace plazo::cli
