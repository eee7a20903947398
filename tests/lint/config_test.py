"""Every configuration we ship is one its service accepts:  config_test.py FOLDER-OF-BINARIES

Secrets are not there when this runs; files of the right name with made-up content stand in for them.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
CONFIGS = sorted(path for folder in ("deploy/local/config", "deploy/k8s/base/config",
                                     "deploy/k8s/overlays/production/config")
                 for path in (ROOT / folder).glob("*.yaml"))
BAD_CONFIG = 78


def check(path, text):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "config" / path.name
        copy.parent.mkdir()
        text = text.replace("/etc/plazo-secrets/", f"{folder}/secrets/")
        for named in re.findall(r"\w+_file: ([^\s,}]*secrets/[^\s,}]+)", text):
            secret = copy.parent / named
            secret.parent.mkdir(parents=True, exist_ok=True)
            secret.write_text("0123456789abcdef0123456789abcdef")
        copy.write_text(text)
        return subprocess.run(
            [BINARIES / f"plazo-{path.stem}", "--config", copy, "--check-config"],
            capture_output=True, text=True, timeout=30, env={"PATH": "/usr/bin"})


class ConfigTest(unittest.TestCase):
    def test_each_is_accepted(self):
        self.assertEqual(len(CONFIGS), 15)
        for path in CONFIGS:
            with self.subTest(str(path.relative_to(ROOT))):
                result = check(path, path.read_text())
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_misspelt_key_is_refused_by_name(self):
        for path in CONFIGS:
            with self.subTest(str(path.relative_to(ROOT))):
                result = check(path, path.read_text() + "\nmertics: {}\n")
                self.assertEqual(result.returncode, BAD_CONFIG)
                self.assertIn("mertics", result.stderr)


if __name__ == "__main__":
    unittest.main()
