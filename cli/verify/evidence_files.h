#pragma once

// What lies beside the log: the mails an SMTP inbox kept (deploy/local/inbox.py) and what a load
// generator wrote down.

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "cli/verify/checks.h"

namespace plazo::cli {

// Every mail of the folder: <n>.eml with its <n>.json. kNotFound when there is no such folder.
absl::StatusOr<std::vector<KeptMail>> ReadInbox(const std::string& folder);

// JSON lines with request_id, command_id, what, accepted; a last line that was cut off is left out.
absl::StatusOr<std::vector<JournalEntry>> ReadJournal(const std::string& path);

}  // namespace plazo::cli
