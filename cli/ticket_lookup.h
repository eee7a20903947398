#pragma once

// Tickets by what people call them.

#include <absl/status/statusor.h>

#include <string>

#include "cli/session.h"

namespace plazo::cli {

// Digits only: a case number, as a person says it on the telephone.
bool LooksLikeCaseNumber(const std::string& text);

// A ticket id is returned as it is; a case number is looked up at desk.
absl::StatusOr<std::string> TicketIdOf(const Session& session, const std::string& text);

}  // namespace plazo::cli
