#pragma once

// Every command that changes something through intake, as one table: which method, which options
// set which fields. What all writes share (idempotency key, expected version, how long to wait for
// the decision) is added to each.

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

struct FieldOption {
  std::string option;  // positional, or "--name"
  std::string field;   // path in the request, see fields.h
  std::string help;
  bool required = false;
  std::string fallback;  // what it means when it is not given
};

struct WriteCommand {
  std::string group;  // parent commands: ticket, "agent participant"
  std::string name;
  std::string method;  // plazo.intake.v1.TicketService.SubmitTicket
  std::string summary;
  std::vector<FieldOption> fields;
};

const std::vector<WriteCommand>& WriteCommands();

// Adds one command of the table below its group.
void AddWriteCommand(const Command& group, const WriteCommand& command, Session& session);

}  // namespace plazo::cli
