#!/usr/bin/python3
"""Negative controls (I16): Plazo with one safeguard taken out must be caught by the same judgement that the campaign
makes. See docs/chaos.md.

  controls.py [--only NAME]... [--tries N] [--results FILE] [--builds FOLDER] [--jobs N]

Each file of tests/chaos/broken is a patch that takes one safeguard out of a copy of this tree; the one program that it
changes is built there and plays the fault that the safeguard is for, with other seeds until it is caught. Production
code knows nothing of it. Exit code 1 if one was not caught. PLAZO_BIN is a build with fail points: the other programs.
FOLDER keeps what was built (NAME/plazo-SERVICE); a patch that is older than its program is not built again.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from campaign import append, play
from stage import ROOT, Stage

PATCHES = pathlib.Path(__file__).resolve().parent / "broken"


@dataclasses.dataclass
class Control:
    name: str  # of the patch
    what: str
    service: str
    fault: str
    signs: tuple  # invariants of which one must be violated; others may just be late on a slow machine


LOG, INDEX, MAIL = ("I2", "I3", "I4"), ("I6", "I8"), ("I9",)
CONTROLS = (
    Control("offsets_outside", "offsets committed before the flush, outside the transaction", "router",
            "die at router.after_begin", LOG),
    Control("auto_commit", "the consumer commits by itself", "router", "die at router.after_begin", LOG),
    Control("restore_uncommitted", "state restored from what was never committed", "router",
            "die at router.after_send_offsets", ("I1", *LOG)),  # the router itself halts that lane
    Control("parked_unseen", "after a rebalance a lane goes on as it was, whatever others did", "router",
            "freeze router 70 s", LOG),
    Control("remove_on_firing", "a deadline leaves the index when it is fired", "sla-timer",
            "die at sla-timer.after_fire", INDEX),
    Control("blind_index", "no compare-and-set in the index", "sla-timer", "Redis from an old snapshot",
            INDEX),
    Control("sent_early", "`sent` written before the relay's 250", "notifier",
            "die at notifier.before_final_dot", MAIL),
)


def run(*command, **options):
    subprocess.run([str(part) for part in command], check=True, **options)


def copy_tree(target):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    for path in listed.split("\0"):
        if not (ROOT / path).is_file():
            continue
        content = (ROOT / path).read_bytes()
        if not (target / path).exists() or (target / path).read_bytes() != content:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, target / path)


def build(control, builds, jobs):
    """The patched program."""
    program = builds / control.name / f"plazo-{control.service}"
    patch = PATCHES / f"{control.name}.patch"
    if program.exists() and program.stat().st_mtime >= patch.stat().st_mtime:
        return program
    source, output = builds / "source", builds / "build"
    source.mkdir(parents=True, exist_ok=True)
    # Unchanged files keep their times, so that one control after the other compiles only what its patch touches.
    copy_tree(source)
    run("patch", "-p1", "--no-backup-if-mismatch", "-i", patch, cwd=source)
    env = os.environ | {"CCACHE_BASEDIR": str(source), "CCACHE_NOHASHDIR": "1"}
    run("cmake", "-S", source, "-B", output, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG", "-DPLAZO_FAIL_POINTS=ON", env=env, stdout=subprocess.DEVNULL)
    run("cmake", "--build", output, "--parallel", jobs, "--target", program.name, env=env)
    program.parent.mkdir(exist_ok=True)
    shutil.copy(output / "bin" / program.name, program)
    return program


def try_once(control, program, seed):
    stage = Stage({program.name: program})
    try:
        stage.set_up()
        return play(stage, control.fault, seed, recovers=False)
    finally:
        stage.end()


def plain(evidence):
    """For a cell of a table."""
    return re.sub(r"[|\n]", " ", evidence)[:160]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], choices=[control.name for control in CONTROLS])
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build" / "chaos" / "controls.jsonl")
    parser.add_argument("--builds", type=pathlib.Path, default=ROOT / "build" / "chaos" / "broken")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    caught_all = True
    for control in CONTROLS:
        if arguments.only and control.name not in arguments.only:
            continue
        program = build(control, arguments.builds, arguments.jobs)
        for seed in range(1, arguments.tries + 1):
            line = try_once(control, program, seed)
            signs = [text for text in line["violations"] if text.partition(":")[0] in control.signs]
            caught = sorted({text.partition(":")[0] for text in signs})
            line |= {"control": control.name, "what": control.what, "caught_by": caught,
                     "evidence": plain(signs[0]) if caught else ""}
            append(arguments.results, line)
            if caught:
                break
        caught_all &= bool(caught)
    return 0 if caught_all else 1


if __name__ == "__main__":
    sys.exit(main())
