#pragma once

// What sla-timer does in Redis: one script an operation, each one step for everybody else. KEYS are
// always those of one partition (PartitionKeys); each script's own comment tells ARGV and answer.

#include "platform/redis/script.h"

namespace plazo::sla_timer {

const redis::Script& OwnScript();
const redis::Script& ResetScript();
const redis::Script& ApplyScript();
const redis::Script& CheckScript();
const redis::Script& DueScript();

}  // namespace plazo::sla_timer
