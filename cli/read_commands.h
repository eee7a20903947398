#pragma once

// What is read from desk, and the two writes that do not fit the table: files and mails.

#include "cli/command_line.h"
#include "cli/session.h"

namespace plazo::cli {

// ticket show|list|watch, conversation. Below an existing `ticket` command.
void AddTicketReading(const Command& ticket, Session& session);
void AddConversation(const Command& root, Session& session);
void AddCustomerReading(const Command& customer, Session& session);

// ticket attach|download
void AddAttachments(const Command& ticket, Session& session);

// mail deliver: exit code 0 accepted (also a duplicate, and what is put aside), 75 try again, 65
// rejected for good: what an MTA's pipe or a fetcher expects.
void AddMailDelivery(const Command& mail, Session& session);

}  // namespace plazo::cli
