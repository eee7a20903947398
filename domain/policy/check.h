#pragma once

// What a policy must obey beyond the types of its fields: references that lead somewhere, clocks
// that can be kept, texts in every language it speaks. Asked by the loader of a policy file, which
// adds the line, and again by CompiledPolicy::Compile, because a bundle may come from anywhere.
// Pure; all faults at once, in the order of the schema.

#include <string>
#include <vector>

#include "domain/calendar/schedule.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::policy {

// `path` as in a policy file: `clocks[3].match.plans[0]`.
using FieldError = calendar::FieldError;

std::vector<FieldError> Check(const v1::Policy& policy);

// Of the policy and what travels with it: a table for each zone, a lexicon for each language,
// intents that exist. Paths of the policy's own fields as Check gives them.
std::vector<FieldError> CheckBundle(const v1::PolicyBundle& bundle);

// Zones that the bundle must have tables for: each once, sorted.
std::vector<std::string> ZonesOf(const v1::Policy& policy);

// `path: message` a line.
std::string ToText(const std::vector<FieldError>& errors);

}  // namespace plazo::policy
