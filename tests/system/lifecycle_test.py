"""make up and make down, twice on one folder: data stays, processes do not; an interrupted start leaves none either."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import uuid

from cluster import LOCAL, ROOT, await_true

BIN = pathlib.Path(os.environ.get("PLAZO_BIN", ROOT / "build/release/bin")).resolve()


class Lifecycle(unittest.TestCase):
    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="plazo-lifecycle."))
        # Whoever was started by us, however far down, has this in its environment.
        self.mark = f"PLAZO_TEST_MARK={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        kept = {key: text for key, text in os.environ.items()
                if not key.startswith("PLAZO_") or key in ("PLAZO_CACHE", "PLAZO_KAFKA_HEAP")}
        self.env = kept | {"PLAZO_BIN": str(BIN), name: value}

    def tearDown(self):
        subprocess.run([LOCAL / "down.sh", self.state], check=False, env=self.env, timeout=120, capture_output=True)
        shutil.rmtree(self.state)

    def ours(self):
        """Command lines of the processes that carry our mark."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:100])
            except OSError:
                pass  # it ended, or is not ours to look at
        return found

    def run_script(self, name):
        result = subprocess.run([LOCAL / name, self.state], env=self.env, capture_output=True, text=True, timeout=300,
                                check=False)
        self.assertEqual(result.returncode, 0, f"{name}: {result.stderr}")
        return result.stderr

    def plazoctl(self, *arguments):
        """In a shell that has read plazoctl.env, as the README says."""
        result = subprocess.run(["bash", "-c", '. "$0/plazoctl.env"; exec plazoctl "$@"', self.state, *arguments],
                                capture_output=True, text=True, env=self.env, timeout=60, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_up_and_down_twice(self):
        self.run_script("up.sh")
        self.assertEqual(len([line for line in self.ours() if "/plazo-" in line and "--config" in line]), 5)
        self.plazoctl("customer", "upsert", "ana", "--email", "ana@home.example", "--wait", "25s")
        self.plazoctl("ticket", "submit", "--customer", "ana", "--subject", "First life", "Hello", "--wait", "25s")
        self.run_script("up.sh")  # again while it runs: nothing happens twice
        self.assertEqual(len([line for line in self.ours() if "/plazo-" in line and "--config" in line]), 5)
        self.run_script("down.sh")
        self.assertEqual(self.ours(), [])

        self.run_script("up.sh")
        self.plazoctl("ticket", "submit", "--customer", "ana", "--subject", "Second life", "Hello", "--wait", "25s")
        await_true("both tickets to be there", lambda: all(
            life in self.plazoctl("ticket", "list") for life in ("First life", "Second life")))
        self.run_script("down.sh")
        self.run_script("down.sh")
        self.assertEqual(self.ours(), [])

    def test_an_interrupted_start_leaves_nothing_running(self):
        starting = subprocess.Popen([LOCAL / "up.sh", self.state], env=self.env, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            await_true("a first service to be started", lambda: list(self.state.glob("*-0/pid")), 180)
            os.killpg(starting.pid, signal.SIGINT)  # as Ctrl-C does
            self.assertNotEqual(starting.wait(timeout=120), 0)
        finally:
            starting.kill()
            starting.wait()
        await_true("all that was started to end", lambda: not self.ours(), 30)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
