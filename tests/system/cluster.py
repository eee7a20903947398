"""A Plazo cluster for one test: the real binaries on a real Kafka, Redis and SMTP inbox, as deploy/local starts them.

  with Cluster("name") as cluster:
      cluster.start_parts()
      cluster.start_services()
      cluster.publish("demo")
      ticket = cluster.write("ticket", "submit", "--customer", "ana", "--subject", "Slow", "It is slow")
      mail = cluster.await_mail("the acknowledgement", to="ana@home.example")

The Kafka is the one of PLAZO_TEST_KAFKA under a topic prefix of its own, or an own one where a test must stop it;
Redis and inbox are always its own. Nothing sleeps for luck: everything is awaited with a name and a limit, and what
did not come is told with the ends of the services' logs. The folder stays after a failure.
"""

import email.message
import email.policy
import email.utils
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LOCAL = ROOT / "deploy" / "local"
SERVICES = ("router", "sla-timer", "notifier", "intake", "desk")
UNAVAILABLE = 69  # plazoctl's exit code
PATIENCE = float(os.environ.get("PLAZO_TEST_PATIENCE", "60"))  # seconds for what should come at once


class Mail:
    """A mail as the inbox kept it."""

    def __init__(self, number, envelope, raw):
        self.number = number
        self.recipients = envelope["to"]
        self.accepted_ms = envelope["accept_time_ms"]
        self.headers = email.message_from_bytes(raw, policy=email.policy.default)
        self.subject = self.headers["Subject"]
        self.language = self.headers["Content-Language"]
        self.message_id = self.headers["Message-ID"]
        self.in_reply_to = self.headers["In-Reply-To"]
        self.references = (self.headers["References"] or "").split()
        self.reply_to = email.utils.parseaddr(self.headers["Reply-To"] or "")[1]
        # Texts are wrapped for reading: one line of words is easier to look into.
        self.text = " ".join(self.headers.get_content().split())

    def __repr__(self):
        return f"mail {self.number} to {', '.join(self.recipients)}: {self.subject}"


def free_ports(count):
    """Ports nobody listens on, below those the kernel gives to clients."""
    held = []
    while len(held) < count:
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", random.randrange(20000, 32000)))
            held.append(one)
        except OSError:
            one.close()
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def await_true(what, condition, seconds=None, explain=None):
    """The first true value of condition(); asks again until then."""
    seconds = PATIENCE if seconds is None else seconds
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"gave up after {seconds:.0f} s waiting for {what}" + (explain() if explain else ""))
        time.sleep(0.1)


class Refused(Exception):
    """plazoctl ended with another exit code than 0; `output` is what it had to say before."""

    def __init__(self, code, error, output=""):
        super().__init__(f"exit code {code}: {error}")
        self.code = code
        self.error = error
        self.output = output


class Cluster:
    def __init__(self, name, own_kafka=False):
        self.bin = pathlib.Path(os.environ.get("PLAZO_BIN", ROOT / "build/release/bin")).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"plazo-{name}."))
        self.shared_kafka = None if own_kafka else os.environ.get("PLAZO_TEST_KAFKA")
        self.prefix = f"{name.replace('_', '-')}-{random.randrange(16**6):06x}." if self.shared_kafka else ""
        self.parts = {}
        self.tenant = ""
        self.agent = "ana"
        self._mails = {}
        self._position = ""  # of the last write

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        self.end(keep=kind is not None)

    def end(self, keep=False):
        """Stops everything; the folder stays when asked for."""
        self.script("down.sh")
        if keep:
            print(f"logs: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)

    # --- parts ------------------------------------------------------------------------------------

    def script(self, name, *arguments, check=True, timeout=180):
        """A script of deploy/local on this cluster's folder; its standard output."""
        if name == "down.sh":
            command = [LOCAL / name, self.folder]
        else:
            command = [LOCAL / name, arguments[0], self.folder, *arguments[1:]]
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout,
                                env=self.environment(), check=False)
        if check and result.returncode != 0:
            raise AssertionError(f"{name} {' '.join(map(str, arguments))}: {result.stderr}{self.logs()}")
        return result.stdout.strip()

    def environment(self):
        env = {key: value for key, value in os.environ.items() if not key.startswith("PLAZO_")}
        for key in ("PLAZO_CACHE", "PLAZO_KAFKA_HEAP"):
            if key in os.environ:
                env[key] = os.environ[key]
        env["PLAZO_BIN"] = str(self.bin)
        if self.prefix:
            env["PLAZO_KAFKA_TOPIC_PREFIX"] = self.prefix
        return env

    def start_kafka(self):
        self.parts["KAFKA"] = self.shared_kafka or self.script("kafka.sh", "start", self.port("KAFKA"))
        self._write_env()

    def start_redis(self):
        self.parts["REDIS"] = self.script("redis.sh", "start", self.port("REDIS"))
        self._write_env()

    def start_inbox(self):
        self.parts["SMTP"] = self.script("inbox.sh", "start", self.port("SMTP"))
        self._write_env()

    def start_parts(self):
        self.start_kafka()
        self.start_redis()
        self.start_inbox()
        self.apply_topics()

    def reserve_parts(self):
        """Addresses for parts that are to come up only later."""
        for part, port in zip(("KAFKA", "REDIS", "SMTP"), free_ports(3)):
            self.parts.setdefault(part, f"127.0.0.1:{port}")
        self._write_env()

    def port(self, part):
        return self.parts[part].rpartition(":")[2] if part in self.parts else "0"

    def _write_env(self):
        lines = [f"{part}={address}" for part, address in self.parts.items()]
        (self.folder / "env").write_text("\n".join(lines + [f"MAILS={self.mails_folder}"]) + "\n")

    @property
    def mails_folder(self):
        return self.folder / "inbox" / "mails"

    def apply_topics(self):
        self.ctl("topics", "apply", as_json=False)

    # --- services ---------------------------------------------------------------------------------

    def configure(self, service, text):
        """Adds lines to a service's configuration; before its first start."""
        (self.folder / "config").mkdir(exist_ok=True)
        ours = (LOCAL / "config" / f"{service}.yaml").read_text()
        (self.folder / "config" / f"{service}.yaml").write_text(ours + text)

    def start(self, service, number=0):
        folder = self.folder / f"{service}-{number}"
        folder.mkdir(exist_ok=True)
        # Not the usual ports: another cluster may be about to take them.
        for file in ("address", "metrics-address"):
            if not (folder / file).exists():
                (folder / file).write_text(f"127.0.0.1:{free_ports(1)[0]}\n")
        self.script("service.sh", "start", service, number)

    def ready(self, service, number=0):
        self.script("service.sh", "ready", service, number)

    def health(self, service, number=0):
        """What its health service answers, in bytes; empty while there is no answer."""
        return subprocess.run(
            ["curl", "-s", "--max-time", "2", "--http2-prior-knowledge", "-H", "content-type: application/grpc",
             "-H", "te: trailers", "--data-binary", "@-",
             f"http://{self.address(service, number)}/grpc.health.v1.Health/Check"],
            input=b"\0\0\0\0\0", capture_output=True, check=False).stdout

    def stop(self, service, number=0):
        self.script("service.sh", "stop", service, number)

    def kill(self, service, number=0):
        self.script("service.sh", "kill", service, number)

    def start_services(self, services=SERVICES, copies=()):
        """All of them, those in `copies` twice; returns when all serve."""
        wanted = [(service, 0) for service in services] + [(service, 1) for service in copies]
        for service, number in wanted:
            self.start(service, number)
        for service, number in wanted:
            self.ready(service, number)

    def address(self, service, number=0):
        return (self.folder / f"{service}-{number}" / "address").read_text().strip()

    def pid(self, service, number=0):
        """Of the process that was started; None if it has ended."""
        try:
            pid, started = (self.folder / f"{service}-{number}" / "pid").read_text().split()
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return int(pid) if stat[19] == started and stat[0] != "Z" else None

    def metric(self, service, name, number=0):
        """Sum of a metric over its labels; 0 while it is not there."""
        address = (self.folder / f"{service}-{number}" / "metrics-address").read_text().strip()
        text = subprocess.run(["curl", "-s", "--max-time", "5", f"http://{address}/metrics"], capture_output=True,
                              text=True, check=False).stdout
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
                   if re.match(rf"{re.escape(name)}(\{{|\s)", line))

    def log(self, service, number=0):
        file = self.folder / f"{service}-{number}" / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def logs(self):
        """What the services complained of last, and which of them do not run."""
        text = ""
        for file in sorted(self.folder.glob("*/log")):
            service, _, number = file.parent.name.rpartition("-")
            lines = file.read_text(errors="replace").splitlines()
            if service in SERVICES:
                lines = [line for line in lines if '"level":"info"' not in line]
                if self.pid(service, int(number)) is None:
                    lines.append("(does not run)")
            elif service != "kafka":
                continue
            text += "".join(f"\n  {file.parent.name}: {line[:400]}" for line in lines[-5:])
        return text

    def await_true(self, what, condition, seconds=None):
        return await_true(what, condition, seconds, self.logs)

    # --- plazoctl ---------------------------------------------------------------------------------

    def ctl(self, *arguments, tenant=None, stdin=None, as_json=True, timeout="30s"):
        """plazoctl's answers, one a line of JSON (or its text); raises Refused."""
        command = [str(self.bin / "plazoctl"), "--timeout", timeout]
        command += ["--json"] if as_json else []
        env = self.environment() | {
            "PLAZO_TENANT": self.tenant if tenant is None else tenant, "PLAZO_AGENT": self.agent,
            "PLAZO_TOPIC_PREFIX": self.prefix}
        for part in ("KAFKA", "REDIS"):
            if part in self.parts:
                env[f"PLAZO_{part}"] = self.parts[part]
        for service in ("intake", "desk"):
            if (self.folder / f"{service}-0" / "address").exists():
                env[f"PLAZO_{service.upper()}"] = self.address(service)
        if isinstance(stdin, str):
            stdin = stdin.encode()
        result = subprocess.run(command + [str(argument) for argument in arguments], capture_output=True,
                                input=stdin or b"", env=env, timeout=120, check=False)
        if result.returncode != 0:
            said = result.stderr + (b"" if as_json else result.stdout)
            raise Refused(result.returncode, said.decode(errors="replace").strip(), result.stdout.decode(errors="replace"))
        text = result.stdout.decode()
        return [json.loads(line) for line in text.splitlines()] if as_json else text

    def write(self, *arguments, **options):
        """A write that must be decided and applied."""
        answer = self.ctl(*arguments, "--wait", "25s", **options)[0]
        if answer["decision"] not in ("APPLIED", "REPEATED"):
            raise AssertionError(f"{' '.join(map(str, arguments[:3]))}: {answer}{self.logs()}")
        self._position = answer["position"]
        return answer

    def read(self, *arguments):
        """Desk's answer, with all in it that this cluster object wrote before."""
        answer = None

        def answered():
            nonlocal answer
            try:
                answer = self.ctl(*arguments, *(["--position", self._position] if self._position else []))
                return True
            except Refused as refused:
                if refused.code != UNAVAILABLE:
                    raise
                return False

        self.await_true(f"desk to show position {self._position}", answered)
        return answer

    def deliver(self, raw, *options, **fields):
        """Hands a raw mail to intake; its answer."""
        answer = self.ctl("mail", "deliver", "--wait", "25s", *options, stdin=raw, **fields)[0]
        self._position = answer["position"] or self._position
        return answer

    def refused(self, *arguments, **options):
        """(exit code, text) of a call that must not succeed."""
        try:
            answer = self.ctl(*arguments, **options)
        except Refused as refused:
            return refused.code, refused.error
        raise AssertionError(f"{' '.join(map(str, arguments))} was accepted: {answer}")

    def publish(self, policy):
        """Puts a policy of this tree in force and speaks for its tenant from now on."""
        self.ctl("policy", "publish", ROOT / "policies" / f"{policy}.yaml", tenant="")
        self.tenant = policy

    def ticket(self, ticket):
        return self.read("ticket", "show", ticket)[0]

    def conversation(self, ticket, internal=False):
        return self.read("conversation", ticket, *(["--internal"] if internal else []))

    # --- mails ------------------------------------------------------------------------------------

    def mails(self):
        """All that arrived, in order of arrival."""
        for facts in self.mails_folder.glob("[0-9]*.json"):
            number = int(facts.stem)
            if number not in self._mails:
                raw = facts.with_suffix(".eml").read_bytes()
                self._mails[number] = Mail(number, json.loads(facts.read_text()), raw)
        return [self._mails[number] for number in sorted(self._mails)]

    def find_mails(self, to=None, case=None, text="", after=0):
        return [mail for mail in self.mails()
                if mail.number > after and (to is None or mail.recipients == [to])
                and (case is None or f"[{case}]" in mail.subject) and (text in mail.subject or text in mail.text)]

    def await_mail(self, what, seconds=None, **wanted):
        """The one mail that fits; a second one is a fault."""
        def found():
            return self.find_mails(**wanted)

        def explain():
            return "".join(f"\n  {mail}" for mail in self.mails()) + self.logs()

        mails = await_true(f"{what} ({wanted})", found, seconds, explain)
        if len(mails) != 1:
            raise AssertionError(f"{what}: more than one mail: {mails}")
        return mails[0]

    # --- the log ----------------------------------------------------------------------------------

    def records(self, topic):
        """All committed records of a topic: dicts of partition, offset, key, size and headers."""
        form = r"%p\x1f%o\x1f%k\x1f%S\x1f%h\n"
        result = subprocess.run(
            ["kcat", "-C", "-q", "-e", "-b", self.parts["KAFKA"], "-t", self.prefix + topic, "-o", "beginning",
             "-X", "isolation.level=read_committed", "-f", form], capture_output=True, timeout=60, check=True)
        records = []
        for line in result.stdout.decode(errors="replace").splitlines():
            partition, offset, key, size, headers = line.split("\x1f")
            # Values may hold commas themselves: a name begins in small letters and ends at its `=`.
            pairs = re.split(r",(?=[a-z][a-z_-]*=)", headers)
            records.append({"partition": int(partition), "offset": int(offset), "key": key, "size": int(size),
                            "headers": dict(pair.partition("=")[::2] for pair in pairs if pair)})
        return records

    def undecided(self):
        """Commands without exactly one decision (I1), as text; empty when all is decided and nothing moves."""
        topic = self.prefix + "plazo.cmd.inbound.v1"
        commands = {f"{topic}/{record['partition']}/{record['offset']}"
                    for record in self.records("plazo.cmd.inbound.v1")}
        decided = {}
        for record in self.records("plazo.evt.tickets.v1"):
            origin = record["headers"]["x-origin"].rpartition("/")[0]
            decided[origin] = decided.get(origin, 0) + 1
        faults = [f"{command} has no decision" for command in sorted(commands - set(decided))]
        faults += [f"{origin} has {count} decisions" for origin, count in decided.items() if count > 1]
        faults += [f"{origin} is decided and not there" for origin in sorted(set(decided) - commands)]
        return faults

    def await_decided(self):
        """Every command has exactly one decision (I1)."""
        faults = []

        def decided():
            nonlocal faults
            faults = self.undecided()
            return not faults

        await_true("every command to have one decision", decided, explain=lambda: f"\n{faults}{self.logs()}")

    def verify(self):
        """plazoctl's own checks of the invariants; the cluster must be at rest."""
        result = ""

        def clean():
            nonlocal result
            try:
                self.ctl("verify", "--inbox", self.mails_folder, as_json=False, timeout="60s")
                return True
            except Refused as refused:
                result = str(refused)
                if refused.code != 1 and refused.code != 69:
                    raise AssertionError(f"plazoctl verify: {refused}") from refused
                return False

        await_true("plazoctl verify to be clean", clean, explain=lambda: "\n" + result + self.logs())


def raw_mail(sender, to, subject, body, message_id, in_reply_to=None, references=(), attachment=None):
    """A mail as a mail program writes it: bytes."""
    # Python would encode a long Message-ID as words rather than let a line grow.
    mail = email.message.EmailMessage(policy=email.policy.SMTP.clone(max_line_length=998))
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = email.utils.formatdate(localtime=False)
    mail["Message-ID"] = message_id
    if in_reply_to:
        mail["In-Reply-To"] = in_reply_to
        mail["References"] = " ".join([*references, in_reply_to])
    mail.set_content(body)
    if attachment:
        filename, content = attachment
        mail.add_attachment(content, maintype="text", subtype="plain", filename=filename)
    return mail.as_bytes()
