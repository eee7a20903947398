#pragma once

// What all aggregates share of a decision: its frame, refusals, and the answer to a repeat. Pure.

#include <optional>
#include <string_view>

#include "domain/core/effects.h"

namespace plazo {

// How many client commands an aggregate remembers to recognise repeats.
inline constexpr int kRecentCommands = 128;

using RecentCommands = google::protobuf::RepeatedPtrField<core::v1::RecentCommand>;

// Everything but outcome, reason and events.
core::v1::Decision StartDecision(const Context& context, const core::v1::Command& command);

Effects Refusal(const Context& context, const core::v1::Command& command, int64_t version,
                std::string_view reason, std::string_view message);

// The first outcome again; REQUEST_ID_REUSED for another content under the same id; nullopt for a
// command that is new.
std::optional<Effects> AnswerRepeat(const Context& context, const RecentCommands& recent,
                                    int64_t version, const core::v1::Command& command);

// Adds an applied client command and forgets the oldest ones.
void Remember(RecentCommands& recent, const core::v1::Decision& decision);

}  // namespace plazo
