#pragma once

// What must hold of a cluster that has come to rest, whatever happened to it (architecture §10).
// Each finding is a test failure that names the record.

#include "tests/cluster/cluster.h"

namespace plazo::cluster {

struct Allowed {
  // The ledger was wiped, or a notifier died between the final dot and its entry (I9).
  bool repeated_mail = false;
};

// All of those below.
void ExpectInvariants(const Cluster& cluster, const Allowed& allowed = {});

// I1: every command has one decision, and nothing else has one.
void ExpectOneDecisionPerCommand(const Cluster& cluster);
// I2, I4: decisions, intents, facts, follow-ups and states are those, byte for byte, of a single
// router that decides the commands one by one; x-origin is unique; checkpoint = committed offset.
void ExpectOutputsOfOneReplay(const Cluster& cluster);
// I3, I4: versions are gapless, and states are the fold of the decisions.
void ExpectStatesAreTheFold(const Cluster& cluster);
// I6, I7, I10, I19: deadlines are news once, not before their time and not for what had ended;
// acknowledgement clocks stop on the acknowledgement; who is escalated is told why, once.
void ExpectSoundDecisions(const Cluster& cluster);
// I6, I8: the index equals what the states arm, and nothing that has come is left.
void ExpectIndexEqualsStates(const Cluster& cluster);
// I9: a mail for every notification that was accepted, none for what nobody decided, and a second
// one only where it is named.
void ExpectMailsOfDecisions(const Cluster& cluster, const Allowed& allowed = {});

}  // namespace plazo::cluster
