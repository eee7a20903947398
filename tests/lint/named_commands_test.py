"""What people are told to type exists: every `plazoctl ...` in mails, documents and manifests is a command.

Usage: named_commands_test.py BIN
"""

import functools
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
BIN = pathlib.Path(sys.argv.pop(1))
NAMED = re.compile(r"\bplazoctl((?: +[a-z][a-z-]*)+)")
# Words of a sentence, and what is built or installed rather than run.
NOT_COMMANDS = {"and", "answers", "can", "does", "finds", "is", "or", "prints", "says", "shows", "through", "to"}


@functools.cache
def subcommands(*command):
    help_text = subprocess.run([BIN / "plazoctl", *command, "--help"], capture_output=True, text=True, check=True).stdout
    _, _, listed = help_text.partition("\nSubcommands:\n")
    return set(re.findall(r"^  ([a-z][a-z-]*) ", listed, re.MULTILINE))


def missing(words):
    """The first of `words` that should have been a subcommand and is none; None if all is well."""
    for depth, word in enumerate(words):
        known = subcommands(*words[:depth])
        if not known:
            return None
        if word not in known:
            return word
    return None


class NamedCommandsTest(unittest.TestCase):
    def test_every_named_command_exists(self):
        listed = subprocess.run(["git", "ls-files", "*.md", "*.mustache", "*.yaml", "deploy/local/*.sh"], cwd=ROOT,
                                capture_output=True, text=True, check=True).stdout.split()
        seen = 0
        for path in listed:
            for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
                for words in NAMED.findall(line):
                    words = words.split()
                    if words[0] in NOT_COMMANDS:
                        continue
                    seen += 1
                    with self.subTest(f"{path}:{number}"):
                        self.assertIsNone(missing(words), f"plazoctl {' '.join(words)}")
        self.assertGreater(seen, 20)

    def test_a_command_that_is_none_is_noticed(self):
        self.assertEqual(missing(["agent", "acknowledge-everything"]), "acknowledge-everything")


if __name__ == "__main__":
    unittest.main()
