#!/usr/bin/python3
"""Writes what campaign.py and controls.py found into the tables of docs/chaos.md, between its markers.

  table.py [--results FILE] [--controls FILE]
"""

import argparse
import json
import pathlib

from faults import FAULTS
from stage import ROOT

PAGE = ROOT / "docs" / "chaos.md"


def read(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def faults_table(lines):
    head = ("fault", "runs", "hits", "commands", "decisions", "mails", "duplicates", "violations")
    rows, sums = [], [0] * 7
    for name in FAULTS:
        runs = [line for line in lines if line["fault"] == name]
        if not runs:
            continue
        numbers = [len(runs), sum(line["hit"] for line in runs)]
        numbers += [sum(line[column] for line in runs) for column in ("commands", "decisions", "mails", "duplicates")]
        numbers.append(sum(len(line["violations"]) for line in runs))
        sums = [one + other for one, other in zip(sums, numbers)]
        rows.append((name, *numbers))
    return markdown(head, [*rows, ("all", *sums)])


def controls_table(lines):
    head = ("what is broken", "fault", "caught by", "first evidence")
    last = {line["control"]: line for line in lines}
    return markdown(head, [(line["what"], line["fault"], ", ".join(line["caught_by"]) or "**not caught**",
                            line["evidence"]) for line in last.values()])


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def put(text, mark, table):
    begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = ROOT / "build" / "chaos"
    parser.add_argument("--results", type=pathlib.Path, default=folder / "results.jsonl")
    parser.add_argument("--controls", type=pathlib.Path, default=folder / "controls.jsonl")
    arguments = parser.parse_args()
    text = put(PAGE.read_text(), "campaign", faults_table(read(arguments.results)))
    if lines := read(arguments.controls):
        text = put(text, "controls", controls_table(lines))
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
