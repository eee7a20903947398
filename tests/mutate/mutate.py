#!/usr/bin/env python3
"""Does a test notice when an operator of the deadline code is flipped?

`mutate.py BUILD STATE` flips every `< <= > >= == != + -` between two operands in domain/sla and domain/calendar, one
at a time (`<` and `<=`, `>` and `>=`, `==` and `!=`, `+` and `-` change places), and runs the tests of both folders
and tests/sla against it. BUILD is a built tree (its objects and commands are used, nothing in it is changed); STATE
takes the changed copies, binaries and results, so that a run that was stopped goes on. The work tree stays as it is.

A mutant is killed by a test that fails, crashes or hangs. Survivors are printed with their place; those that change
nothing that can be seen stand in equivalent.yaml with the reason and count as neither. Exit 1 below 95 % killed, for
a survivor without a reason when --strict, and for a reason whose mutant is gone or was killed."""

import argparse
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import time

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOLDERS = ["domain/sla", "domain/calendar"]
NO_SOURCES = ("_test.cc", "_fixture.h", "_oracle.h")
# The quick ones first.
TESTS = ["plazo_domain_calendar_test", "sla_explain_test", "sla_cases_test", "plazo_domain_calendar_property_test"]
FLIPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+"}
IMPOSSIBLE = 77
GOAL = 0.95
MEMORY = 4 << 30

HEAD = """# Flipped operators that tests notice

Made by `tests/mutate/mutate.py --page`; `make mutate` does it again. Each operator between two operands in domain/sla
and domain/calendar is flipped alone (`<` and `<=`, `>` and `>=`, `==` and `!=`, `+` and `-` change places), and these
tests are run against it: {tests}. A test that fails, crashes or hangs has killed it.

"""

# The formatter puts blanks around binary operators, and around nothing else that looks like one.
OPERATOR = re.compile(r"(?<=[\w)\]}>'\"]) (<=|>=|==|!=|<|>|\+|-)(?= |$)")


def code_of(line):
    """The line with strings, characters and comments blanked out."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: '"' + "_" * (len(m[0]) - 2) + '"', line)
    line = re.sub(r"'(?:[^'\\]|\\.)+'", lambda m: "'" + "_" * (len(m[0]) - 2) + "'", line)
    comment = line.find("//")
    return line if comment < 0 else line[:comment] + " " * (len(line) - comment)


def places(text):
    """-> [(line, column, operator)], from 1. What the compiler computes cannot be flipped at run time."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or "constexpr" in line or "static_assert" in line or "operator" in line:
            continue
        found += [(number, m.start(1) + 1, m[1]) for m in OPERATOR.finditer(code_of(line))]
    return found


def with_flips(text, first):
    lines = text.split("\n")
    spots = places(text)
    for index, (number, column, operator) in reversed(list(enumerate(spots, first))):
        line = lines[number - 1]
        end = column - 1 + len(operator)
        lines[number - 1] = f"{line[:end]} ::plazo_mutants::M{index} {operator}{line[end:]}"
    return "\n".join(lines), spots


class Mutants:
    """The changed copies, and what each mutant is."""

    def __init__(self, state):
        self.sources = state / "sources"
        self.mutants = []
        self.files = []
        for folder in FOLDERS:
            for path in sorted((ROOT / folder).iterdir()):
                if path.suffix in (".cc", ".h") and not path.name.endswith(NO_SOURCES):
                    self._copy(path)
        names = "".join(f"inline constexpr Flip<{i}> M{i}{{}};\n" for i in range(len(self.mutants)))
        write(self.sources / "mutants.h",
              (HERE / "mutants.h").read_text() + f"\nnamespace plazo_mutants {{\n{names}}}\n")

    def _copy(self, path):
        name = str(path.relative_to(ROOT))
        changed, spots = with_flips(path.read_text(), len(self.mutants))
        lines = path.read_text().split("\n")
        for number, column, operator in spots:
            text = lines[number - 1].strip()
            same = sum(1 for m in self.mutants if m["file"] == name and m["text"] == text and m["op"] == operator)
            self.mutants.append({"file": name, "line": number, "column": column, "op": operator, "text": text,
                                 "nth": same + 1})
        write(self.sources / name, changed)
        self.files.append(name)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, shell=True, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def compile_all(build, state, mutants):
    """-> {library member: object} of the changed sources."""
    commands = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    newest = max((mutants.sources / f).stat().st_mtime for f in [*mutants.files, "mutants.h"] if f.endswith(".h"))
    objects = []
    for name in (f for f in mutants.files if f.endswith(".cc")):
        entry = commands.get(str(ROOT / name))
        if entry is None:
            sys.exit(f"{name} is not part of {build}")
        source, output = mutants.sources / name, state / "objects" / (name + ".o")
        objects.append(output)
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists() and output.stat().st_mtime > max(newest, source.stat().st_mtime):
            continue
        print(f"compiling {name}", flush=True)
        words = shlex.split(entry["command"])
        # Not what the compiler cache's launcher puts before it.
        words = words[next(i for i, w in enumerate(words) if re.search(r"(\+\+|clang|gcc|cc)(-\d+)?$", w)):]
        words[words.index("-o") + 1] = str(output)
        words[words.index("-c") + 1] = str(source)
        words = [w for w in words if w != "-Werror"]
        words += ["-w", "-O1", "-iquote", str(mutants.sources), "-include", str(mutants.sources / "mutants.h")]
        # The copies' own headers first, then the tree's.
        words.insert(1, f"-I{mutants.sources}")
        run(shlex.join(words), entry["directory"])
    return objects


def link_all(build, state, objects, tests):
    """Each test as BUILD links it, with the changed objects before the libraries that hold the others."""
    binaries = {}
    for test in tests:
        commands = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", f"tests/{test}"], capture_output=True, text=True,
                                  check=True).stdout.strip().split("\n")
        link = next(c for c in reversed(commands) if re.search(rf"-o tests/{test}\b", c))
        output = state / "bin" / test
        output.parent.mkdir(parents=True, exist_ok=True)
        linked = set(re.findall(r"(\S+)/lib\w+\.a", link))
        changed = " ".join(str(o) for o in objects if str(o.relative_to(state / "objects").parent) in linked)
        # First of all objects, so that theirs are the inline functions that stay.
        command = re.sub(rf"-o tests/{test}\b", f"-o {output}", link)
        command = re.sub(r" (\S+\.o) ", rf" {changed} \1 ", command, count=1)
        if not output.exists() or any(o.stat().st_mtime > output.stat().st_mtime for o in objects) or \
                (build / "tests" / test).stat().st_mtime > output.stat().st_mtime:
            print(f"linking {test}", flush=True)
            run(command, build)
        binaries[test] = output
    return binaries


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def outcome(binary, mutant, patience):
    environment = {**os.environ, "PLAZO_MUTANT": str(mutant), "GTEST_FAIL_FAST": "1", "GTEST_BRIEF": "1"}
    try:
        done = subprocess.run([binary], cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace",
                              timeout=patience, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return "killed", "hangs"
    if done.returncode == IMPOSSIBLE:
        return "impossible", ""
    if done.returncode == 0:
        return "survived", ""
    failed = re.search(r"\[  FAILED  \] ([^\s,]+)", done.stdout)
    return "killed", failed[1] if failed else f"exit {done.returncode}"


def judge(binaries, mutant, patience):
    for test, binary in binaries.items():
        result, by = outcome(binary, mutant, patience[test])
        if result != "survived":
            return result, f"{by}" if by.count(".") else f"{test}: {by}"
    return "survived", ""


def key_of(mutant):
    return f"{mutant['file']} | {mutant['text']} | {mutant['op']} | {mutant['nth']}"


def measure(binaries):
    patience = {}
    for test, binary in binaries.items():
        begun = time.monotonic()
        if outcome(binary, -1, 600)[0] != "survived":
            sys.exit(f"{test} fails without a flip")
        patience[test] = 20 + 8 * (time.monotonic() - begun)
        print(f"{test}: {time.monotonic() - begun:.1f} s", flush=True)
    return patience


def run_all(state, mutants, binaries, again):
    """Results by mutant; those of the same sources and tests are kept."""
    code = hashlib.sha256(b"".join((mutants.sources / f).read_bytes() for f in mutants.files)).hexdigest()
    tests = hashlib.sha256(b"".join(b.read_bytes() for b in binaries.values())).hexdigest()
    log = state / "results.jsonl"
    kept = {}
    for line in log.read_text().splitlines() if log.exists() else []:
        result = json.loads(line)
        # What was killed stays killed as long as the code is the same: tests are only added to.
        same = result["code"] == code and (result["tests"] == tests or result["result"] != "survived")
        if same and (result["tests"] == tests or not again):
            kept[result["key"]] = result
    patience = None
    results = {}
    for index, mutant in enumerate(mutants.mutants):
        key = key_of(mutant)
        if key not in kept:
            patience = patience or measure(binaries)
            result, by = judge(binaries, index, patience)
            kept[key] = {"key": key, "result": result, "by": by, "code": code, "tests": tests}
            with log.open("a") as out:
                out.write(json.dumps(kept[key]) + "\n")
            print(f"{index + 1}/{len(mutants.mutants)} {mutant['file']}:{mutant['line']} {mutant['op']} {result} {by}",
                  flush=True)
        results[key] = kept[key]
    return results


def report(mutants, results, reasons):
    """-> (text, killed share, faults)"""
    rows, survivors, unseen, faults = {}, [], [], []
    for mutant in mutants.mutants:
        key = key_of(mutant)
        result = results[key]["result"]
        reason = next((r for r in reasons if all(str(r[f]) == str(mutant[f]) for f in ("file", "text", "op")) and
                       r.get("nth", 1) == mutant["nth"]), None)
        if reason is not None:
            reason["used"] = True
            if result == "killed":
                faults.append(f"{mutant['file']}:{mutant['line']}: {results[key]['by']} kills what was called equivalent")
            elif result == "survived":
                result = "equivalent"
                unseen.append((mutant, reason["why"]))
        row = rows.setdefault(mutant["file"], dict.fromkeys(("killed", "survived", "equivalent", "impossible"), 0))
        row[result] += 1
        if result == "survived":
            survivors.append(mutant)
    faults += [f"{r['file']}: no such operator: {r['op']} in {r['text']}" for r in reasons if "used" not in r]
    total = {k: sum(row[k] for row in rows.values()) for k in ("killed", "survived", "equivalent", "impossible")}
    judged = total["killed"] + total["survived"]
    share = total["killed"] / max(1, judged)
    text = "| file | killed | survived | equivalent | no such operator for the types |\n|---|---|---|---|---|\n"
    for name, row in [*rows.items(), ("**all**", total)]:
        text += f"| {name} | {row['killed']} | {row['survived']} | {row['equivalent']} | {row['impossible']} |\n"
    text += f"\nKilled: {total['killed']} of {judged}, {share:.1%}; with equivalents counted as survivors " \
            f"{total['killed'] / max(1, judged + total['equivalent']):.1%}.\n"
    text += "\n| no test can see | flip | in | because |\n|---|---|---|---|\n" if unseen else ""
    for mutant, why in unseen:
        code = mutant["text"].replace("|", "\\|")
        text += f"| {mutant['file']}:{mutant['line']} | `{mutant['op']}` | `{code}` | {why} |\n"
    for mutant in survivors:
        text += f"\nsurvived: {mutant['file']}:{mutant['line']}:{mutant['column']}: `{mutant['op']}` as " \
                f"`{FLIPS[mutant['op']]}` in `{mutant['text']}`\n"
    return text, share, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("state", type=pathlib.Path)
    parser.add_argument("--again", action="store_true", help="judge also those that were killed before")
    parser.add_argument("--page", type=pathlib.Path, help="write the result as a page")
    parser.add_argument("--without", action="append", default=[], metavar="TEST", help="leave a slow one out")
    parser.add_argument("--strict", action="store_true", help="a survivor without a reason is an error")
    arguments = parser.parse_args()
    build, state = arguments.build.resolve(), arguments.state.resolve()
    mutants = Mutants(state)
    tests = [t for t in TESTS if t not in arguments.without]
    binaries = link_all(build, state, compile_all(build, state, mutants), tests)
    results = run_all(state, mutants, binaries, arguments.again)
    reasons = yaml.safe_load((HERE / "equivalent.yaml").read_text()) or []
    text, share, faults = report(mutants, results, reasons)
    print("\n" + text)
    write(state / "report.md", text)
    if arguments.page:
        write(arguments.page, HEAD.format(tests=", ".join(f"`{t}`" for t in tests)) + text)
    print("\n".join(faults))
    missing = arguments.strict and "survived:" in text
    return 1 if share < GOAL or faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
