#!/usr/bin/python3
"""Plays faults on a cluster under load and judges what is left: see docs/chaos.md.

  campaign.py [--runs N] [--only FAULT]... [--seed S] [--results FILE] [--fresh] [--list]

Every run is one fault: load, the fault, rest, judgement. A line of JSON is appended to FILE after each one, and a run
that FILE has is not made again: a campaign that was stopped goes on (--fresh: begins anew). Run k of a fault draws from seed S + k. Exit code
1 if a run in FILE violates an invariant. PLAZO_BIN is a build with fail points.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import sys
import time

from faults import FAULTS, idle
from judge import PATIENCE, duplicates, judge
from stage import ROOT, Load, Stage

RUNS_A_STAGE = 12  # then a new one: what judges reads the whole log
WARM_SECONDS = 3
BROKEN_PATIENCE = 30  # a build that is broken on purpose is not waited for as long


def done(results):
    if not results.exists():
        return []
    lines = results.read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]  # the last one may be cut off


def play(stage, name, seed, recovers=True):
    """One run on a healthy stage; its line of results. A cluster that is broken on purpose need not recover."""
    draw = random.Random(f"{name} {seed}")
    began = time.time()
    before = {topic: len(stage.records(topic)) for topic in ("plazo.cmd.inbound.v1", "plazo.evt.tickets.v1")}
    last_mail = max((mail.number for mail in stage.mails()), default=0)
    load = Load(stage, draw.randrange(2**31))
    try:
        time.sleep(draw.uniform(WARM_SECONDS, WARM_SECONDS + 2))
        if name in idle:
            load.stop()
        hit = FAULTS[name](stage, draw)
        if recovers:
            stage.all_ready()
        if name not in idle:
            time.sleep(2)
    finally:
        load.stop()
    verdict = judge(stage, load.journal, PATIENCE if recovers else BROKEN_PATIENCE)
    after = {topic: len(stage.records(topic)) for topic in before}
    mails = stage.mails()
    return {
        "fault": name, "seed": seed, "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began, 1), "hit": hit,
        "commands": after["plazo.cmd.inbound.v1"] - before["plazo.cmd.inbound.v1"],
        "decisions": after["plazo.evt.tickets.v1"] - before["plazo.evt.tickets.v1"],
        "mails": sum(mail.number > last_mail for mail in mails), "duplicates": duplicates(mails, last_mail),
        "checked": verdict.checked, "excused": len(verdict.excused), "violations": verdict.violations}


def append(results, line):
    results.parent.mkdir(parents=True, exist_ok=True)
    with results.open("a") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    print(f"{line['fault']}, seed {line['seed']}: {line['seconds']} s, {'hit' if line['hit'] else 'NOT HIT'}, "
          f"{line['commands']} commands, {line['mails']} mails, {line['duplicates']} twice, "
          f"{len(line['violations'])} violations", *line["violations"], sep="\n    ", flush=True)


class Stages:
    """The stage to play on; a new one after some runs, and after a violation, whose folder is kept."""

    def __init__(self):
        self._stage, self._played = None, 0

    def get(self):
        if self._played >= RUNS_A_STAGE:
            self.end()
        if self._stage is None:
            self._stage, self._played = Stage(), 0
            self._stage.set_up()
        self._played += 1
        return self._stage

    def end(self, keep=False):
        if self._stage is not None:
            stage, self._stage = self._stage, None
            stage.end(keep)


def run(stages, results, name, seed):
    """One run; whether it was clean."""
    stage = stages.get()
    try:
        line = play(stage, name, seed)
    except AssertionError as fault:  # the cluster did not come back
        line = {"fault": name, "seed": seed, "seconds": 0, "hit": False, "commands": 0, "decisions": 0, "mails": 0,
                "duplicates": 0, "checked": {}, "excused": 0, "violations": [f"the run ended early: {fault}"]}
    append(results, line)
    if line["violations"]:
        stages.end(keep=True)
    return not line["violations"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], metavar="FAULT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "chaos" / "results.jsonl")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    if arguments.list:
        print("\n".join(FAULTS))
        return 0
    unknown = set(arguments.only) - set(FAULTS)
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    if arguments.fresh:
        arguments.results.unlink(missing_ok=True)
    lines = done(arguments.results)
    have = {(line["fault"], line["seed"]) for line in lines}
    clean = not any(line["violations"] for line in lines)
    stages = Stages()
    try:
        for seed in range(arguments.seed, arguments.seed + arguments.runs):
            for name in arguments.only or FAULTS:
                if (name, seed) not in have:
                    clean &= run(stages, arguments.results, name, seed)
    finally:
        stages.end()
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
