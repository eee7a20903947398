#pragma once

// Tickets by what people call them.

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/remote.h"
#include "cli/session.h"
#include "plazo/core/v1/state.pb.h"

namespace plazo::cli {

// Digits only: a case number, as a person says it on the telephone.
bool LooksLikeCaseNumber(const std::string& text);

// A ticket id is returned as it is; a case number is looked up at desk.
absl::StatusOr<std::string> TicketIdOf(const Session& session, const std::string& text);

// All of a tenant's tickets in these statuses (none = all), at most `max`; pages are asked for one
// after the other, newest first, so that what is opened meanwhile moves nothing out of those to
// come.
absl::StatusOr<std::vector<core::v1::TicketState>> ListAllTickets(
    const Remote& desk, const std::string& tenant,
    const std::vector<core::v1::TicketStatus>& statuses = {}, size_t max = SIZE_MAX);

}  // namespace plazo::cli
