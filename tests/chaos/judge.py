"""What a run must leave behind, whatever was done to it: plazoctl verify with the inbox and the client's journal, one
decision for each command, and every notification that was asked for at the relay."""

import json
import re
import time

from stage import Refused

PATIENCE = 90  # seconds, for each question, until a healed cluster has caught up; I14 allows 60
# So long after a wipe may a mail come again that had been sent and not been reported: the ledger is what knew.
UNREPORTED_MS = 120_000
TWICE = re.compile(r"notification (\S+) reached \S+ 2 times \((\d+)\.eml, (\d+)\.eml\) and was never in doubt")


class Verdict:
    def __init__(self):
        self.violations = []
        self.checked = {}
        self.excused = []  # duplicates after a wipe of the ledger

    def add(self, invariant, evidence):
        self.violations.append(f"{invariant}: {evidence}")


def wait_for(condition, seconds):
    """condition()'s last value: what is still wrong, empty when all is well."""
    end = time.monotonic() + seconds
    while True:
        wrong = condition()
        if not wrong or time.monotonic() >= end:
            return wrong
        time.sleep(1)


def undecided(stage):
    """I1 for all commands that are there now; timers go on adding to them."""
    commands = {(record["partition"], record["offset"]) for record in stage.records("plazo.cmd.inbound.v1")}
    last = {partition: offset for partition, offset in sorted(commands)}
    decided = {}
    for record in stage.records("plazo.evt.tickets.v1"):
        partition, offset = record["headers"]["x-origin"].split("/")[1:3]
        origin = (int(partition), int(offset))
        decided[origin] = decided.get(origin, 0) + 1
    faults = [f"command {origin} has no decision" for origin in sorted(commands - set(decided))]
    faults += [f"command {origin} has {count} decisions" for origin, count in decided.items() if count > 1]
    faults += [f"command {origin} is decided and not there" for origin in sorted(set(decided) - commands)
               if origin[1] <= last.get(origin[0], -1)]
    return faults


def ids_of(stage, topic, member):
    """Notification ids under `member` in what a topic holds; the whole record if it is empty."""
    found = {}
    for record in stage.ctl("tail", topic, "--from", "beginning", timeout="60s"):
        for value in _members(record, member) if member else [record.get("value", record)]:
            if isinstance(value, dict) and value.get("notification_id"):
                found[value["notification_id"]] = value.get("outcome", "")
    return found


def _members(value, name):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == name:
                yield inner
            else:
                yield from _members(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, name)


def not_arrived(stage, asked):
    """Those of `asked` that neither the inbox has nor a decision gave up (failed, suppressed)."""
    missing = set(asked) - {mail.message_id[2:].split(".")[0] for mail in stage.mails()
                            if mail.message_id.startswith("n.")}
    if not missing:
        return missing
    ended = {name for name, outcome in ids_of(stage, "decisions", "notification_settled").items()
             if outcome.endswith(("FAILED", "SUPPRESSED"))}
    return missing - ended


def verify(stage, journal):
    options = ["--journal", journal] if journal.exists() else []
    try:
        return stage.ctl("verify", "--inbox", stage.mails_folder, *options, timeout="60s")
    except Refused as refused:
        if refused.code not in (1, 69) or not refused.output:
            raise AssertionError(f"plazoctl verify: {refused}") from refused
        return [json.loads(line) for line in refused.output.splitlines()]


def excused(stage, evidence):
    """A second copy within the window that a wiped ledger leaves (I9, architecture 8b)."""
    twice = TWICE.match(evidence)
    if not twice:
        return False
    accepted = {mail.number: mail.accepted_ms for mail in stage.mails()}
    first, second = accepted[int(twice[2])], accepted[int(twice[3])]
    return any(begin - UNREPORTED_MS <= first <= end and begin <= second <= end + UNREPORTED_MS
               for begin, end in stage.wipes)


def judge(stage, journal, patience=PATIENCE):
    verdict = Verdict()
    for fault in wait_for(lambda: undecided(stage), patience)[:20]:
        verdict.add("I1", fault)
    asked = ids_of(stage, "delivery", "")
    for name in sorted(wait_for(lambda: not_arrived(stage, asked), patience))[:20]:
        verdict.add("I9", f"notification {name} was asked for and never reached the relay")
    checks = []

    def wrong():
        nonlocal checks
        checks = verify(stage, journal)
        verdict.excused = [evidence for check in checks for evidence in check["evidence"] if excused(stage, evidence)]
        return [check["invariant"] for check in checks
                if check["failed"] or check["violations"] > sum(excused(stage, e) for e in check["evidence"])]

    wait_for(wrong, patience)
    for check in checks:
        verdict.checked[check["invariant"]] = check["checked"]
        for evidence in check["evidence"]:
            if not excused(stage, evidence):
                verdict.add(check["invariant"], evidence)
        if check["failed"]:
            verdict.add(check["invariant"], f"could not be looked at: {check['notes']}")
        if check["violations"] > len(check["evidence"]):
            verdict.add(check["invariant"], f"{check['violations']} violations in all")
    return verdict


def duplicates(mails, after):
    """Copies later than mail `after` of what the same address had got before."""
    seen, again = set(), 0
    for mail in mails:
        for recipient in mail.recipients:
            mark = (mail.message_id, recipient)
            again += mark in seen and mail.number > after
            seen.add(mark)
    return again
