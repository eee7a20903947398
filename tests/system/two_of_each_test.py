"""Two routers, two sla-timers and two notifiers under load, while processes are killed and Redis is emptied.

Policy: policies/demo.yaml, where an unanswered ticket is breached after ten seconds, so that deadlines fall due
through all of it. At the end every accepted request has its decision, every promise its one message.
"""

import subprocess
import sys
import threading
import time
import unittest

from cluster import Cluster, Refused

CUSTOMERS = 8
SESSION_SECONDS = 30  # after which the lanes of a dead process are given away


class Load:
    """Customers who open tickets, and an agent who answers every second one, until told to stop."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.accepted = {}  # ticket id -> case number's customer
        self.answered = set()
        self.fault = None
        self.pause = 0.3
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            number = 0
            while not self._stop.is_set():
                number += 1
                self._open(number)
                self._stop.wait(self.pause)
        except Exception as fault:  # told by the test's own thread
            self.fault = fault

    def _until_accepted(self, *arguments):
        """As a client does: the same request id again until it is accepted."""
        end = time.monotonic() + 120
        while True:
            try:
                return self.cluster.ctl(*arguments)[0]
            except Refused as refused:
                if refused.code != 69 or time.monotonic() > end:
                    raise

    def _open(self, number):
        customer = number % CUSTOMERS
        opened = self._until_accepted(
            "ticket", "submit", "--customer", f"c{customer}", "--request-id", f"open-{number}", "--subject",
            f"Request {number}", "My VPS is slow.", "--wait", "0")
        ticket = opened["ticket_id"]
        if number % 2 == 0:
            self._until_accepted("agent", "reply", ticket, "--request-id", f"answer-{number}", "We are looking at it.",
                                 "--wait", "0")
            self.answered.add(ticket)
        self.accepted[ticket] = customer

    def await_more(self, count):
        """Load goes on: so many further tickets."""
        wanted = len(self.accepted) + count
        self.cluster.await_true(f"{count} more tickets to be accepted",
                                lambda: self.fault or len(self.accepted) >= wanted, 120)
        if self.fault:
            raise self.fault

    def stop(self):
        self._stop.set()
        self._thread.join()
        if self.fault:
            raise self.fault


class TwoOfEach(unittest.TestCase):
    def test_kills_and_wipes_lose_nothing_and_repeat_nothing(self):
        with Cluster("two-of-each") as self.cluster:
            self.cluster.start_parts()
            self.cluster.start_services(copies=("router", "sla-timer", "notifier"))
            self.cluster.publish("demo")
            for number in range(CUSTOMERS):
                self.cluster.write("customer", "upsert", f"c{number}", "--email", f"c{number}@home.example",
                                   "--language", "en")
            self.await_lanes({"router": (12, 12), "sla-timer": (12, 12)})
            load = Load(self.cluster)
            try:
                self.break_things(load)
            finally:
                load.stop()
            self.check(load)

    def lanes(self, service, number):
        metric = {"router": "plazo_router_lanes", "sla-timer": "plazo_timer_lanes_live"}[service]
        return self.cluster.metric(service, metric, number)

    def await_lanes(self, wanted, seconds=60):
        for service, counts in wanted.items():
            for number, count in enumerate(counts):
                if count:
                    self.cluster.await_true(
                        f"{service}-{number} to have {count} lanes",
                        lambda s=service, n=number, c=count: self.lanes(s, n) == c, seconds)

    def break_things(self, load):
        load.await_more(4)
        # Killed and back at once: the lanes stay with them.
        for service in ("router", "sla-timer"):
            self.cluster.kill(service, 0)
            self.cluster.start(service, 0)
            load.await_more(2)
        self.wipe_redis()
        load.await_more(2)
        self.await_lanes({"router": (12, 12), "sla-timer": (12, 12)})
        # Killed and gone: the survivors take over when the session has ended.
        self.cluster.kill("router", 1)
        self.cluster.kill("sla-timer", 1)
        load.pause = 2
        load.await_more(1)
        self.wipe_redis()
        self.await_lanes({"router": (24,), "sla-timer": (24,)}, SESSION_SECONDS + 60)
        load.await_more(2)

    def wipe_redis(self):
        host, _, port = self.cluster.parts["REDIS"].rpartition(":")
        answer = subprocess.run(["redis-cli", "-h", host, "-p", port, "FLUSHALL"], capture_output=True, text=True,
                                timeout=30, check=True)
        self.assertEqual(answer.stdout.strip(), "OK")

    def check(self, load):
        cluster = self.cluster
        unanswered = set(load.accepted) - load.answered
        self.assertGreater(len(unanswered), 4)
        for ticket, customer in load.accepted.items():
            case = cluster.await_true(f"{ticket} to be decided", lambda t=ticket: self.case_of(t))
            self.expect_one(f"acknowledgement of {case}", "Your request has arrived",
                            to=f"c{customer}@home.example", case=case)
        for ticket in load.answered:
            self.expect_one(f"answer to {ticket}", "We are looking at it.", case=self.case_of(ticket))
        for ticket in unanswered:
            case = self.case_of(ticket)
            self.expect_one(f"breach of {case}", "Promise: the first answer", to="management@demo.example", case=case,
                            subject="Promise missed")
            self.assertEqual(self.breaches(ticket), 1)
        cluster.await_decided()
        cluster.verify()

    def case_of(self, ticket):
        try:
            return self.cluster.ticket(ticket)["case_number"]
        except Refused:
            return None

    def breaches(self, ticket):
        """First answers that this ticket missed, as decided."""
        return sum(1 for entry in self.cluster.conversation(ticket, internal=True)
                   if entry.get("event", {}).get("clock_breached", {}).get("kind") == "CLOCK_KIND_FIRST_RESPONSE")

    def expect_one(self, what, text, subject="", **wanted):
        """One notification, however often it was tried: copies bear one Message-ID (I9)."""
        def found():
            return [mail for mail in self.cluster.find_mails(text=text, **wanted) if subject in mail.subject]

        mails = self.cluster.await_true(what, found, 90)
        self.assertEqual(len({mail.message_id for mail in mails}), 1, f"{what}: {mails}")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
