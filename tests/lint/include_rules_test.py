"""Who may include whom (include_rules.toml), for every C++ file git knows."""

import pathlib
import re
import subprocess
import tomllib
import unittest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
POSIX = re.compile(
    r"^(sys/|netinet/|arpa/|linux/)|^(unistd|fcntl|poll|pthread|netdb|dirent|signal|termios|pwd|langinfo)\.h$")
C_STANDARD = {f"{name}.h" for name in (
    "assert ctype errno float inttypes limits locale math setjmp signal stdarg stdbool stddef stdint stdio "
    "stdlib string time wchar wctype").split()}
TESTS = re.compile(r"(_(test|fixture|contract)\.(cc|h)$|^tests/|/fake/|/testing/)")
TEST_LIBRARIES = ("gtest/", "gmock/", "benchmark/")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def load_rules(text):
    rules = tomllib.loads(text)["rule"]
    by_folder = {rule["folder"]: rule for rule in rules}
    for rule in rules:
        base = by_folder.get(rule.get("extends"), {})
        for key in ("may", "never"):
            rule[key] = base.get(key, []) + rule.get(key, [])
        rule["words"] = base.get("words", {}) | rule.get("words", {})
    return sorted(rules, key=lambda rule: -len(rule["folder"]))


def kinds_of(name, quoted):
    """What a rule may call this header: its path, and std / std:NAME / posix for the system's."""
    if not quoted:
        if "/" not in name and "." not in name or name in C_STANDARD:
            yield "std"
            yield f"std:{name}"
        if POSIX.search(name):
            yield "posix"
    yield name


def allowed(header, quoted, rule):
    kinds = list(kinds_of(header, quoted))
    if any(kind in rule["never"] for kind in kinds):
        return False
    return any(kind == entry or entry.endswith("/") and kind.startswith(entry) or entry == ""
               for kind in kinds for entry in rule["may"])


def home_of(path):
    """The folder whose files always know each other: services/router/, domain/sla/, cli/."""
    parts = path.split("/")
    return "/".join(parts[:2]) + "/" if parts[0] in ("domain", "platform", "services") else parts[0] + "/"


def faults(path, text, rules):
    is_test = bool(TESTS.search(path))
    rule = next((rule for rule in rules if path.startswith(rule["folder"])), None)
    if rule is None:
        return [f"{path}: no rule for this folder"]
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if not include or is_test:
            continue
        quoted, header = include[1] == '"', include[2]
        where = f"{path}:{number}: {rule['folder']} may not include {header}"
        if header.startswith(TEST_LIBRARIES) or quoted and TESTS.search(header):
            found.append(f"{where}: for tests only")
        elif not header.startswith(home_of(path)) and not allowed(header, quoted, rule):
            found.append(where + (f" ({rule['why']})" if "why" in rule else ""))
    if not is_test:
        code = COMMENT_OR_TEXT.sub(lambda match: "\n" * match[0].count("\n"), text)
        for pattern, reason in rule["words"].items():
            for match in re.finditer(pattern, code):
                number = code.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{number}: {match[0]}: {reason}")
    return found


RULES = load_rules((HERE / "include_rules.toml").read_text())


class TreeTest(unittest.TestCase):
    def test_every_file_keeps_the_rules(self):
        listed = subprocess.run(["git", "ls-files", "-z", "*.h", "*.cc"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout
        paths = [path for path in listed.split("\0") if path and (ROOT / path).exists()]
        self.assertGreater(len(paths), 10)
        found = [fault for path in paths
                 for fault in faults(path, (ROOT / path).read_text(), RULES)]
        self.assertEqual(found, [], "\n" + "\n".join(found))


class RuleTest(unittest.TestCase):
    """Each row: a file, what it includes, whether that is allowed."""

    ROWS = [
        ("domain/sla/clock.cc", '#include "platform/kafka/record.h"', False),
        ("domain/sla/clock.cc", '#include "services/router/lane.h"', False),
        ("domain/sla/clock.cc", "#include <thread>", False),
        ("domain/sla/clock.cc", "#include <absl/time/clock.h>", False),
        ("domain/sla/clock.cc", "#include <absl/time/time.h>", True),
        ("domain/sla/clock.cc", '#include "plazo/core/v1/state.pb.h"', True),
        ("domain/sla/clock.cc", "#include <unicode/unorm2.h>", False),
        ("domain/classify/words.cc", "#include <unicode/unorm2.h>", True),
        ("domain/sla/clock.cc", "auto t = absl::Now();", False),
        ("domain/sla/clock.cc", "auto t = now;  // not absl::Now()", True),
        ("domain/sla/clock_test.cc", "#include <thread>", True),
        ("platform/kafka/producer.cc", "#include <hiredis/hiredis.h>", False),
        ("platform/kafka/producer.cc", '#include "domain/ids/ids.h"', False),
        ("platform/kafka/producer.cc", '#include "platform/redis/redis.h"', False),
        ("platform/kafka/producer.cc", '#include "platform/base/fake/manual_clock.h"', False),
        ("platform/kafka/producer.cc", "#include <unistd.h>", True),
        ("platform/kafka/fake/broker.cc", '#include "platform/base/fake/manual_clock.h"', True),
        ("services/desk/tables.cc", '#include "services/intake/directory.h"', False),
        ("services/desk/tables.cc", '#include "services/desk/tables.h"', True),
        ("services/desk/tables.cc", '#include "domain/ticket/apply.h"', True),
        ("services/desk/tables.cc", "#include <gtest/gtest.h>", False),
        ("services/desk/tables.cc", '#include "platform/kafka/broker_contract.h"', False),
        ("services/desk/main.cc", '#include "services/shell/shell.h"', True),
        ("cli/board.cc", '#include "services/desk/tables.h"', False),
        ("elsewhere/a.cc", "#include <string>", False),
    ]

    def test_rows(self):
        for path, line, good in self.ROWS:
            with self.subTest(path=path, line=line):
                self.assertEqual(faults(path, line, RULES) == [], good)


if __name__ == "__main__":
    unittest.main()
