"""What no tracked file may hold: paths of one machine, hosts on the network, unowned TODOs, stray
whitespace, generated or huge files."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
LARGEST = 1 << 20

FORBIDDEN = {
    r"(?<![\w.])/(work|root|home/\w+|tmp/plazo)/": "a path of one machine",
    r"https?://(?!([\w.-]*\.)?(example|localhost|127\.0\.0\.1|maven\.apache\.org|www\.apache\.org|mustache\.github\.io)\b)"
    r"[\w-]+\.[\w.-]+": "a host that is not an example's",
    r"(//|#|/\*|<!--|;|--) *(TODO|FIXME|XXX)\b(?!\(#\d+\))": "a TODO without an issue",
    r"^(<<<<<<<|>>>>>>>) ": "a merge conflict",
}
# Their content is not ours to choose.
FOREIGN = re.compile(r"^LICENSE$|(^|/)testdata/|^tests/data/|\.(eml|png|svg|binpb|golden)$|package-lock\.json$|go\.sum$")
# This file names what it looks for.
SELF = "tests/lint/tracked_files_test.py"


def faults(path, content):
    if len(content) > LARGEST:
        return [f"{path}: larger than {LARGEST >> 20} MiB"]
    if b"\0" in content or FOREIGN.search(path) or path == SELF:
        return []
    text = content.decode(errors="replace")
    found = []
    for pattern, what in FORBIDDEN.items():
        for match in re.finditer(pattern, text, re.M):
            found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}: {what}")
    if re.search(r"[ \t]$", text, re.M) and not path.endswith(".md"):
        line = text.count("\n", 0, re.search(r"[ \t]$", text, re.M).start()) + 1
        found.append(f"{path}:{line}: whitespace at the end of the line")
    if text and not text.endswith("\n"):
        found.append(f"{path}: no newline at the end")
    return found


class TreeTest(unittest.TestCase):
    def test_tracked_files(self):
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout
        paths = [path for path in listed.split("\0") if path and (ROOT / path).is_file()]
        self.assertGreater(len(paths), 20)
        found = [fault for path in paths for fault in faults(path, (ROOT / path).read_bytes())]
        self.assertEqual(found, [], "\n" + "\n".join(found))


class RuleTest(unittest.TestCase):
    def test_each_rule_finds_what_it_is_for(self):
        for line, good in [
            ("cd /work/main", False),
            ("see /root/x", False),
            ("fetch https://packages.provider.net/buf", False),
            ("see https://help.acme.example/faq", True),
            ("// TODO: later", False),
            ("// TODO(#12): later", True),
            ("workdir: /var/lib/plazo", True),
            ("a/work/b", True),
            ("trailing ", False),
        ]:
            with self.subTest(line):
                self.assertEqual(faults("some/file.cc", line.encode() + b"\n") == [], good)
        self.assertEqual(len(faults("a.txt", b"no newline")), 1)
        self.assertEqual(len(faults("a.bin", b"\0" * (LARGEST + 1))), 1)


if __name__ == "__main__":
    unittest.main()
