"""The cluster that faults are played on: two of each service but desk, mixed load through both intakes, and links to
Redis and the relay that can be spoiled."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))

from cluster import ROOT, SERVICES, Cluster, Refused  # noqa: E402
from proxy import Link  # noqa: E402

COPIES = ("router", "sla-timer", "notifier", "intake")
PLAYERS = tuple((service, 0) for service in SERVICES) + tuple((service, 1) for service in COPIES)
MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.I | re.M)
READY_SECONDS = 120
SERVING = bytes.fromhex("00000000020801")  # the health service's answer
SESSION_SECONDS = 30  # after which the lanes of a dead process are given away


class Copy:
    """A mail in the inbox; thousands are read, so only what marks it."""

    def __init__(self, number, envelope, raw):
        self.number = number
        self.recipients = envelope["to"]
        self.accepted_ms = envelope["accept_time_ms"]
        self.message_id = MESSAGE_ID.search(raw)[1].decode()


class Stage(Cluster):
    def __init__(self, binaries=None):
        """`binaries` replaces single programs: {"plazo-router": path}."""
        super().__init__("chaos", own_kafka=True)  # it is killed in here
        if binaries:
            self.bin = self._with_others(binaries)
        self.links = {}
        self.fail_at = None
        self.wipes = []  # (from, to) in ms: what the ledger learnt then is lost
        self.bursts = 0

    def _with_others(self, binaries):
        folder = self.folder / "bin"
        folder.mkdir()
        for program in self.bin.glob("plazo*"):
            (folder / program.name).symlink_to(binaries.get(program.name, program))
        return folder

    def end(self, keep=False):
        for number in range(4):
            for service in COPIES:
                self.resume(service, number)
        super().end(keep)
        for link in self.links.values():
            link.close()

    def environment(self):
        env = super().environment()
        return env | {"PLAZO_FAIL_AT": self.fail_at} if self.fail_at else env

    def _write_env(self):
        # Services go through the links, plazoctl and the scripts of the parts do not.
        for part in ("REDIS", "SMTP"):
            if part in self.parts and part not in self.links:
                self.links[part] = Link(self.parts[part])
        super()._write_env()
        env = self.folder / "env"
        text = env.read_text()
        for part, link in self.links.items():
            text = text.replace(f"{part}={self.parts[part]}", f"{part}={link.address}")
        env.write_text(text)

    def set_up(self):
        self.start_parts()
        self.start_services(copies=COPIES)
        policy = (ROOT / "policies" / "demo.yaml").read_text()
        # Few addresses, many mails: the limit against loops is not what is tested here.
        assert "  limit: 100 " in policy and "close_after: 2m" in policy
        policy = policy.replace("  limit: 100 ", "  limit: 1000 ")
        (self.folder / "lexicon").symlink_to(ROOT / "policies" / "lexicon")
        file = self.folder / "chaos.yaml"
        file.write_text(policy)
        self.ctl("policy", "publish", file, tenant="")
        self.tenant = "demo"

    # --- processes --------------------------------------------------------------------------------

    def start_armed(self, service, number, point):
        """Starts it to die at a fail point, `name:n`."""
        self.stop(service, number)
        self.fail_at = point
        try:
            self.start(service, number)
        finally:
            self.fail_at = None

    def died_at(self, service, number, point):
        """Did the process that was started last end at that point?"""
        name = point.partition(":")[0]
        return self.pid(service, number) is None and f"fail point {name} reached" in self.log(service, number)

    def signal(self, service, number, what):
        pid = self.pid(service, number)
        if pid is not None:
            os.kill(pid, what)

    def resume(self, service, number):
        self.signal(service, number, signal.SIGCONT)

    def restart(self, service, number):
        self.stop(service, number)
        self.start(service, number)

    def twin(self, service):
        """A second process with the static id of the first one; ends with `with`."""
        return _Twin(self, service)

    def broker_pid(self):
        return int((self.folder / "kafka-1" / "pid").read_text().split()[0])

    def all_ready(self, seconds=READY_SECONDS):
        for service, number in PLAYERS:
            self.start(service, number)  # nothing happens if it runs
        for service, number in PLAYERS:
            self.await_true(f"{service}-{number} to serve",
                            lambda s=service, n=number: self.health(s, n) == SERVING, seconds)

    def mails(self):
        """All that arrived, in order of arrival, as far as it is judged here."""
        for facts in self.mails_folder.glob("[0-9]*.json"):
            number = int(facts.stem)
            if number not in self._mails:
                self._mails[number] = Copy(number, json.loads(facts.read_text()), facts.with_suffix(".eml").read_bytes())
        return [self._mails[number] for number in sorted(self._mails)]

    # --- Redis ------------------------------------------------------------------------------------

    def redis(self, *arguments):
        host, _, port = self.parts["REDIS"].rpartition(":")
        return subprocess.run(["redis-cli", "-h", host, "-p", port, *arguments], capture_output=True, text=True,
                              timeout=30, check=True).stdout.strip()

    def wipe_redis(self):
        now = time.time_ns() // 1_000_000
        self.wipes.append((now, now))
        assert self.redis("FLUSHALL") == "OK"

    def keep_snapshot(self):
        """The append-only files as they are now."""
        time.sleep(1.2)  # the file is written to once a second
        kept = self.folder / "redis-kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.folder / "redis" / "data", kept)
        return time.time_ns() // 1_000_000

    def restore_snapshot(self, kept_at):
        self.script("redis.sh", "kill")
        shutil.rmtree(self.folder / "redis" / "data")
        shutil.copytree(self.folder / "redis-kept", self.folder / "redis" / "data")
        self.wipes.append((kept_at - 2000, time.time_ns() // 1_000_000))
        self.start_redis()


class _Twin:
    def __init__(self, stage, service):
        self._stage, self._service = stage, service

    def __enter__(self):
        stage, service = self._stage, self._service
        pid = stage.pid(service, 0)
        env = dict(part.split("=", 1) for part in
                   pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0") if "=" in part)
        for name in ("PLAZO_LISTEN_ADDRESS", "PLAZO_METRICS_ADDRESS"):
            env[name] = "127.0.0.1:0"
        folder = stage.folder / f"{service}-twin"
        (folder / "var").mkdir(parents=True, exist_ok=True)
        self._log = (folder / "log").open("ab")
        self._process = subprocess.Popen(
            [stage.bin / f"plazo-{service}", "--config", stage.folder / "config" / f"{service}.yaml"], cwd=folder,
            env=env, stdout=self._log, stderr=self._log)
        return self._process

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class Load:
    """Mixed load in short bursts of plazoctl load through both intakes, with the client's journal; now and then a
    burst is sent again as a client does that got no answer."""

    RATE, SECONDS = 2, 3

    def __init__(self, stage, seed):
        self._stage = stage
        self.journal = stage.folder / "journal.jsonl"
        self._stop = threading.Event()
        self._random = random.Random(seed)
        self._threads = [threading.Thread(target=self._run, args=(number, self._random.randrange(2**31)))
                         for number in (0, 1)]
        for thread in self._threads:
            thread.start()

    def _run(self, number, seed):
        draw = random.Random(seed)
        while not self._stop.is_set():
            self._stage.bursts += 1
            name, plan = f"b{number}-{self._stage.bursts}-{seed:x}", draw.randrange(2**31)
            for _ in range(2 if draw.random() < 0.3 else 1):
                if not self._burst(number, name, plan):
                    self._stop.wait(0.5)

    def _burst(self, number, name, plan):
        stage = self._stage
        part = stage.folder / f"journal-{number}.jsonl"
        env = stage.environment() | {"PLAZO_TENANT": stage.tenant, "PLAZO_INTAKE": stage.address("intake", number)}
        result = subprocess.run(
            [stage.bin / "plazoctl", "--timeout", "5s", "load", "--rate", str(self.RATE), "--seconds",
             str(self.SECONDS), "--customers", "10", "--run", name, "--seed", str(plan), "--journal", part],
            env=env, capture_output=True, timeout=60, check=False)
        return result.returncode == 0

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with self.journal.open("ab") as journal:
            for number in (0, 1):
                part = self._stage.folder / f"journal-{number}.jsonl"
                if part.exists():
                    journal.write(part.read_bytes())
                    part.unlink()


__all__ = ["COPIES", "PLAYERS", "SESSION_SECONDS", "Load", "Refused", "Stage"]
