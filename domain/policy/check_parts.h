#pragma once

// The parts of a policy that Check asks one after another.

#include "domain/policy/findings.h"
#include "plazo/policy/v1/policy.pb.h"

namespace plazo::policy {

// Tenant, mail, languages, calendars.
void CheckProvider(const v1::Policy& policy, Findings& findings);
// Teams, management, plans.
void CheckPeople(const v1::Policy& policy, Findings& findings);
void CheckClocks(const v1::Policy& policy, Findings& findings);
// Routing, escalation causes, estimates, knowledge base.
void CheckRouting(const v1::Policy& policy, Findings& findings);
// Lifecycle, automatic replies, delivery.
void CheckHousekeeping(const v1::Policy& policy, Findings& findings);

}  // namespace plazo::policy
