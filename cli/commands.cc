#include "cli/commands.h"

#include <map>

#include "cli/board.h"
#include "cli/completion.h"
#include "cli/explain.h"
#include "cli/load_command.h"
#include "cli/log_commands.h"
#include "cli/policy_commands.h"
#include "cli/read_commands.h"
#include "cli/replay_command.h"
#include "cli/sla_commands.h"
#include "cli/tools.h"
#include "cli/topics_commands.h"
#include "cli/verify_command.h"
#include "cli/write_commands.h"

namespace plazo::cli {
namespace {

constexpr char kExitCodes[] =
    "Exit codes: 0 done; 1 a difference or violation was found (policy diff, verify); 64 faulty\n"
    "command line; 65 refused: what was given is wrong, or the cluster said no; 69 a service, "
    "Kafka\n"
    "or Redis is not there or does not answer in time; 70 a fault of ours; 74 input or output "
    "broke;\n"
    "75 try again (mail deliver); 77 not allowed.\n"
    "Every write is idempotent: the same --request-id with the same content changes nothing.";

std::map<std::string, std::string> Groups() {
  return {{"ticket", "tickets, as a customer or for reading"},
          {"chat", "conversations in the chat"},
          {"call", "telephone calls"},
          {"agent", "what agents and management do"},
          {"agent participant", "other people in the conversation"},
          {"customer", "the customer directory"},
          {"notice", "announcements to many"}};
}

// The parents of the table's commands, made as they are needed.
class GroupTree {
 public:
  explicit GroupTree(const Command& root) : root_(root), summaries_(Groups()) {}

  const Command& At(const std::string& path) {
    const auto found = made_.find(path);
    if (found != made_.end()) return found->second;
    const size_t space = path.rfind(' ');
    const Command& parent = space == std::string::npos ? root_ : At(path.substr(0, space));
    const std::string name = space == std::string::npos ? path : path.substr(space + 1);
    return made_.emplace(path, parent.Sub(name, summaries_[path])).first->second;
  }

 private:
  const Command root_;
  std::map<std::string, std::string> summaries_;
  std::map<std::string, Command> made_;
};

}  // namespace

void AddCommands(CommandLine& line, Session& session) {
  const Command root = line.Root();
  AddSessionOptions(root, session);
  root.Footer(kExitCodes);

  GroupTree groups(root);
  for (const WriteCommand& command : WriteCommands()) {
    AddWriteCommand(groups.At(command.group), command, session);
  }
  AddTicketReading(groups.At("ticket"), session);
  AddAttachments(groups.At("ticket"), session);
  AddCustomerReading(groups.At("customer"), session);
  AddConversation(root, session);

  const Command mail = root.Sub("mail", "mail from outside");
  AddMailDelivery(mail, session);
  AddMailParse(mail, session);
  AddPolicy(root, session);
  AddClassify(root, session);
  AddCalendar(root, session);
  AddTopics(root, session);
  AddTail(root, session);
  AddLag(root, session);
  AddDeadLetters(root, session);
  AddExplain(root, session);
  AddSla(root, session);
  AddBoard(root, session);
  AddReplay(root, session);
  AddVerify(root, session);
  AddLoad(root, session);
  AddCompletion(root, line, session.out);
}

}  // namespace plazo::cli
