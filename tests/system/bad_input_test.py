"""What is wrong from outside is refused by name; what is missing is waited for; nothing stops for ever or is lost.

  ConfigTest   a faulty configuration: every fault at once, exit code 78
  OutageTest   one cluster through its bad days, in the order of the methods' names: its parts come up after its
               services, the relay last; requests and records that cannot be; Kafka and Redis going away
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from cluster import SERVICES, UNAVAILABLE, Cluster, raw_mail

REFUSED, TRY_AGAIN, BAD_CONFIG = 65, 75, 78
PARTITIONS = 24
NOT_SERVING = bytes.fromhex("00000000020802")

# A fault a line, for any service: what it must say, and where.
FAULTS = """\
log: {level: loud}
kafka:
  bootstrap_servers: [127.0.0.1:9092, 127.0.0.1:9093]
  topic_prefx: staging.
listen:
  address: nowhere
instance_id: "Capital Letters"
surprise: {}
"""
EXPECTED = (("1:14", "log.level"), ("3:22", "kafka.bootstrap_servers"), ("4:3", "topic_prefx"),
            ("6:12", "listen.address"), ("7:14", "instance_id"), ("8:1", "surprise"))


class ConfigTest(unittest.TestCase):
    def check(self, service, text, env=None, arguments=()):
        binary = pathlib.Path(os.environ["PLAZO_BIN"]) / f"plazo-{service}"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"{service}.yaml"
            path.write_text(text)
            # Without --check-config: a service that must not start says so itself.
            return path, subprocess.run([binary, "--config", path, *arguments], capture_output=True, text=True,
                                        timeout=60, env={"PATH": "/usr/bin"} | (env or {}), check=False)

    def test_every_fault_is_told_at_once_with_its_place(self):
        for service in SERVICES:
            with self.subTest(service):
                path, result = self.check(service, FAULTS)
                self.assertEqual(result.returncode, BAD_CONFIG, result.stderr)
                self.assertEqual(result.stdout, "")
                for place, key in EXPECTED:
                    lines = [line for line in result.stderr.splitlines() if f"{path}:{place}:" in line]
                    self.assertEqual(len(lines), 1, f"{place} {key}: {result.stderr}")
                    self.assertIn(key, lines[0])
                self.assertEqual(len(result.stderr.splitlines()), len(EXPECTED), result.stderr)

    def test_a_fault_in_the_environment_is_told_by_its_name(self):
        for service in SERVICES:
            with self.subTest(service):
                _, result = self.check(service, "{}", {"PLAZO_LOG_LEVEL": "loud"})
                self.assertEqual(result.returncode, BAD_CONFIG)
                self.assertIn("PLAZO_LOG_LEVEL", result.stderr)

    def test_no_file_and_no_yaml(self):
        for service in SERVICES:
            with self.subTest(service):
                binary = pathlib.Path(os.environ["PLAZO_BIN"]) / f"plazo-{service}"
                result = subprocess.run([binary, "--config", "/nowhere.yaml"], capture_output=True, text=True,
                                        timeout=60, check=False)
                self.assertEqual(result.returncode, BAD_CONFIG)
                self.assertIn("/nowhere.yaml", result.stderr)
                path, result = self.check(service, "log: {level: [unclosed\n")
                self.assertEqual(result.returncode, BAD_CONFIG)
                self.assertIn(f"{path}:", result.stderr)


class OutageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("bad-input", own_kafka=True)  # it is stopped in here
        cls.failed = False
        cls.addClassCleanup(lambda: cls.cluster.end(keep=cls.failed))

    def run(self, result=None):
        if type(self).failed:  # each step needs the one before
            result.addSkip(self, "an earlier step failed")
            return
        before = len(result.failures) + len(result.errors)
        super().run(result)
        type(self).failed = len(result.failures) + len(result.errors) > before

    def mail(self, name, to="support@demo.example", sender="ana@home.example"):
        return raw_mail(sender, to, f"Question {name}", f"How do I do {name}?", f"<{name}@home.example>")

    # --- starting ---------------------------------------------------------------------------------

    def test_1_services_wait_for_parts_that_are_not_there(self):
        cluster = self.cluster
        cluster.reserve_parts()
        cluster.configure("notifier", "circuit_pause: 2s\n")  # after the relay was away, not to wait long
        for service in SERVICES:
            cluster.start(service)
        for service in SERVICES:
            cluster.await_true(f"{service} to say that it does not serve",
                               lambda s=service: cluster.health(s) == NOT_SERVING)
        cluster.tenant = "demo"
        code, text = cluster.refused("ticket", "submit", "--customer", "ana", "--subject", "Hello", "Anybody there?")
        self.assertEqual(code, UNAVAILABLE, text)
        code, text = cluster.refused("mail", "deliver", stdin=self.mail("early"))
        self.assertEqual(code, TRY_AGAIN, text)

        cluster.start_kafka()
        cluster.apply_topics()
        cluster.start_redis()
        for service in SERVICES:
            self.assertIsNotNone(cluster.pid(service), f"{service} has ended{cluster.logs()}")
            cluster.ready(service)
        cluster.publish("demo")
        cluster.write("customer", "upsert", "ana", "--email", "ana@home.example", "--language", "en")

    def test_2_mail_is_accepted_without_a_relay_and_arrives_when_it_is_back(self):
        cluster = self.cluster
        opened = cluster.deliver(self.mail("relay"))
        self.assertEqual(opened["disposition"], "ACCEPTED_NEW")
        ticket, case = opened["ticket_id"], opened["case_number"]
        cluster.await_true("the acknowledgement to be deferred",
                           lambda: "NotificationDeferred" in self.events(ticket))
        # An agent goes on working meanwhile.
        cluster.write("agent", "reply", ticket, "Like this.")
        # The promise is missed by now, and says so (F4).
        cluster.await_true("the acknowledgement clock to be breached",
                           lambda: self.clock(ticket, "ACKNOWLEDGEMENT").get("breach_time"))
        cluster.start_inbox()
        cluster.await_mail("the acknowledgement", to="ana@home.example", case=case, text="Your request has arrived",
                           seconds=120)
        cluster.await_mail("the answer", to="ana@home.example", case=case, text="Like this.", seconds=120)
        management = cluster.await_true(
            "management to hear of it", lambda: cluster.find_mails(
                to="management@demo.example", case=case, text="Promise: to acknowledge the message"), 120)
        self.assertTrue(management)
        self.assertEqual(self.clock(ticket, "ACKNOWLEDGEMENT")["status"], "CLOCK_STATUS_STOPPED")

    def events(self, ticket):
        return [entry["event_name"] for entry in self.cluster.conversation(ticket, internal=True)]

    def clock(self, ticket, kind):
        return next(clock for clock in self.cluster.ticket(ticket)["clocks"] if clock["kind"] == f"CLOCK_KIND_{kind}")

    # --- what cannot be ---------------------------------------------------------------------------

    def test_3_faulty_requests_are_refused_with_every_fault(self):
        cluster = self.cluster
        submit = ("ticket", "submit", "--customer", "ana")
        code, text = cluster.refused(*submit, "--subject", "two\nlines", "--server-ip", "nonsense", "-",
                                     stdin="x" * 300_000)
        self.assertEqual(code, REFUSED)
        for field in ("subject", "body", "server_ip"):
            self.assertIn(field, text)
        for missing, arguments in (("body", ("--subject", "Hello", "")), ("subject", ("--subject", "", "Hello"))):
            code, text = cluster.refused(*submit, *arguments)
            self.assertEqual(code, REFUSED)
            self.assertIn(missing, text)
        for reason, arguments in (
                ("UNKNOWN_CUSTOMER", ("ticket", "submit", "--customer", "nobody", "--subject", "Hi", "Hello")),
                ("UNKNOWN_TICKET", ("agent", "reply", "aaaaaaaaaaaaaaaa", "Hello", "--wait", "25s")),
                ("UNKNOWN_TICKET", ("ticket", "show", "aaaaaaaaaaaaaaaa"))):
            code, text = cluster.refused(*arguments)
            self.assertEqual((code, reason in text), (REFUSED, True), f"{arguments}: {text}")
        code, text = cluster.refused("customer", "upsert", "x", "--email", "x@home.example", "--wait", "25s",
                                     tenant="nowhere")
        self.assertEqual((code, "UNKNOWN_TENANT" in text), (REFUSED, True), text)
        code, text = cluster.refused("customer", "upsert", "twin", "--email", "ANA@home.example")
        self.assertEqual((code, "customer.email: is registered for another customer" in text), (REFUSED, True), text)
        code, text = cluster.refused("policy", "publish", pathlib.Path(__file__))
        self.assertEqual(code, REFUSED, text)

    def test_4_a_repeat_changes_nothing_and_another_request_needs_another_id(self):
        cluster = self.cluster
        request = ("ticket", "submit", "--customer", "ana", "--request-id", "once", "--subject", "Once")
        first = cluster.write(*request, "Only once.")
        again = cluster.write(*request, "Only once.")
        self.assertEqual((again["decision"], again["ticket_id"]), ("REPEATED", first["ticket_id"]))
        code, text = cluster.refused(*request, "Something else.", "--wait", "25s")
        self.assertEqual((code, "REQUEST_ID_REUSED" in text), (REFUSED, True), text)
        mine = [ticket for ticket in cluster.read("ticket", "list", "--text", "Once", "--max", "9")]
        self.assertEqual([ticket["ticket_id"] for ticket in mine], [first["ticket_id"]])

    def test_5_mail_for_nobody_is_refused_for_good(self):
        cluster = self.cluster
        code, text = cluster.refused("mail", "deliver", tenant="", stdin=self.mail("lost", to="who@nowhere.example"))
        self.assertEqual(code, REFUSED, text)
        own = cluster.deliver(self.mail("loop", sender="support@demo.example"))
        self.assertEqual(own["disposition"], "AUTO_REPLY_IGNORED")

    def test_6_unreadable_records_go_to_the_dead_letters(self):
        cluster = self.cluster
        # In every lane, so that whatever is asked next comes after one of them.
        for partition in range(PARTITIONS):
            self.produce(partition, "ticket/garbage", b"\xff\xfe no command \x00 at all")
        self.produce(0, "ticket/empty", None)
        letters = cluster.await_true(
            "all of them to be among the dead letters",
            lambda: (found := cluster.records("plazo.dlq.v1")) and len(found) > PARTITIONS and found)
        self.assertEqual({letter["partition"] for letter in letters}, set(range(PARTITIONS)))
        refused = {record["headers"]["x-origin"].rpartition("/")[0]: record
                   for record in cluster.records("plazo.evt.tickets.v1")}
        for letter in letters:
            self.assertEqual(letter["headers"]["x-error"], "UNDECODABLE")
            decision = refused[letter["headers"]["x-origin"]]
            self.assertEqual(decision["headers"].get("x-events", ""), "")
        # Everything goes on, in all lanes.
        for number in range(8):
            answer = cluster.write("ticket", "submit", "--customer", "ana", "--subject", f"After {number}", "Still there?")
            self.assertEqual(answer["decision"], "APPLIED")
        cluster.await_decided()

    def produce(self, partition, key, value):
        """A record that no service would write; None is a record without a value."""
        form, text = (["-k", key], value) if value is not None else (["-K", "|", "-Z"], f"{key}|\n".encode())
        subprocess.run(["kcat", "-P", "-b", self.cluster.parts["KAFKA"], "-t", "plazo.cmd.inbound.v1", "-p",
                        str(partition), *form], input=text, timeout=60, check=True)

    # --- parts that go away -----------------------------------------------------------------------

    def test_7_without_kafka_nothing_is_accepted_and_nothing_lost(self):
        cluster = self.cluster
        before = cluster.write("ticket", "submit", "--customer", "ana", "--subject", "Before", "Before the outage.")
        cluster.script("kafka.sh", "stop")
        request = ("ticket", "submit", "--customer", "ana", "--request-id", "outage", "--subject", "Outage", "Now?")
        code, text = cluster.refused(*request)
        self.assertEqual(code, UNAVAILABLE, text)
        mail = self.mail("outage")
        code, text = cluster.refused("mail", "deliver", stdin=mail)
        self.assertEqual(code, TRY_AGAIN, text)
        # Desk answers from memory.
        self.assertEqual(cluster.ctl("ticket", "show", before["ticket_id"])[0]["ticket_id"], before["ticket_id"])

        cluster.start_kafka()
        for service in SERVICES:
            self.assertIsNotNone(cluster.pid(service), f"{service} has ended{cluster.logs()}")
            cluster.ready(service)
        after = cluster.write(*request)
        delivered = cluster.deliver(mail)
        self.assertIn(delivered["disposition"], ("ACCEPTED_NEW", "DUPLICATE"))
        self.assertNotEqual(after["ticket_id"], delivered["ticket_id"])
        for subject in ("Outage", "Question outage"):
            found = cluster.read("ticket", "list", "--text", subject)
            self.assertEqual(len([ticket for ticket in found if ticket["headline"]["subject"] == subject]), 1)
        for answer in (before, after, delivered):
            cluster.await_mail("an acknowledgement", to="ana@home.example", case=self.case(answer),
                               text="Your request has arrived")

    def case(self, answer):
        return self.cluster.ticket(answer["ticket_id"])["case_number"]

    def test_8_a_deadline_that_came_while_redis_was_dead_is_news_when_it_is_back(self):
        cluster = self.cluster
        cluster.script("redis.sh", "kill")
        opened = cluster.write("ticket", "submit", "--customer", "ana", "--subject", "No index", "Hello?")
        clock = self.clock(opened["ticket_id"], "FIRST_RESPONSE")
        cluster.await_true("the first answer to be overdue", lambda: self.overdue(clock))
        self.assertNotIn("breach_time", self.clock(opened["ticket_id"], "FIRST_RESPONSE"))
        cluster.start_redis()
        cluster.await_mail("word to management", to="management@demo.example", case=opened["case_number"],
                           text="Promise: the first answer", seconds=90)
        cluster.await_mail("the acknowledgement", to="ana@home.example", case=opened["case_number"],
                           text="Your request has arrived", seconds=90)

    def overdue(self, clock):
        now = subprocess.run(["date", "-u", "+%Y-%m-%dT%H:%M:%S"], capture_output=True, text=True, check=True).stdout
        return now.strip() > clock["due_time"]

    def test_9_all_is_decided_and_consistent(self):
        self.cluster.await_decided()
        self.cluster.verify()


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
