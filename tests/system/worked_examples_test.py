"""The documents' worked examples (F19, F20, F21), step by step on the real parts: gRPC in, SMTP out and back.

Policy: policies/introserv.yaml, the clocks of provider A as published. What is awaited comes within seconds; that
the deadlines themselves are right is read from the clocks.
"""

import datetime
import sys
import unittest

from cluster import Cluster, Refused, raw_mail

LUCIA = ("lucia@cliente.example", "soporte@cliente.example", "facturas@cliente.example")
MARCO = ("marco@ditta.example", "tecnica@ditta.example", "amministrazione@ditta.example")
OLENA = ("olena@firma.example", "admin@firma.example", "buh@firma.example")
FIREWALL_RULES = b"allow 22/tcp from 192.0.2.0/24\nallow 443/tcp\ndeny all\n"


def seconds_between(earlier, later):
    parse = datetime.datetime.fromisoformat
    return (parse(later.replace("Z", "+00:00")) - parse(earlier.replace("Z", "+00:00"))).total_seconds()


class WorkedExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster("worked-examples")
        cls.failed = True
        cls.addClassCleanup(lambda: cls.cluster.end(keep=cls.failed))
        cls.cluster.start_parts()
        cls.cluster.start_services()
        cls.cluster.publish("introserv")
        for customer, name, language, (registered, support, billing) in (
                ("lucia", "Lucía Ortega", "es", LUCIA), ("marco", "Marco Bianchi", "it", MARCO),
                ("olena", "Олена Коваль", "uk", OLENA)):
            cls.cluster.write("customer", "upsert", customer, "--email", registered, "--name", name, "--language",
                              language, "--support", support, "--billing", billing, "--service",
                              f"name=vps-{customer},kind=vps,data_centre=mad1,ip_addresses=192.0.2.10")
        cls.failed = False

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            type(self).failed = True

    # --- what the examples share ------------------------------------------------------------------

    def clock(self, ticket, kind):
        for clock in self.cluster.ticket(ticket)["clocks"]:
            if clock["kind"] == f"CLOCK_KIND_{kind}":
                return clock
        self.fail(f"no clock {kind}")

    def assert_promise(self, ticket, kind, minutes):
        clock = self.clock(ticket, kind)
        self.assertEqual(seconds_between(clock["start_time"], clock["due_time"]), minutes * 60, kind)

    def assert_kept(self, ticket, kind):
        clock = self.clock(ticket, kind)
        self.assertEqual(clock["status"], "CLOCK_STATUS_STOPPED", kind)
        self.assertNotIn("breach_time", clock, kind)

    def assert_explained(self, ticket, kind):
        """What desk counts of a promise's time adds up to its limit, to the second, and ends when it is due."""
        clock = self.clock(ticket, kind)
        explained = self.cluster.ctl("explain", ticket, kind.lower())[0]
        self.assertEqual(explained["clock"]["policy_hash"], clock["policy_hash"])
        self.assertTrue(explained["tzdb_version"])
        intervals = explained["intervals"]
        for before, after in zip(intervals, intervals[1:]):
            self.assertEqual(before["to_time"], after["from_time"])
        counted = [interval for interval in intervals if interval.get("counted")]
        self.assertEqual(counted[-1]["to_time"], clock["due_time"])
        seconds = sum(seconds_between(interval["from_time"], interval["to_time"]) for interval in counted)
        self.assertEqual(f"{seconds:.0f}s", clock["limit"])
        self.assertEqual(explained["counted"], clock["limit"])

    def assert_reported(self, kind, **wanted):
        """The report counts a promise as met (and says how long it took)."""
        def row():
            rows = self.cluster.ctl("sla", "report", "--team", "support-engineers")[0].get("rows", [])
            return next((r for r in rows if r["clock"] == f"CLOCK_KIND_{kind}" and int(r.get("met", 0)) > 0
                         and all(r.get(field) == value for field, value in wanted.items())), None)
        self.cluster.await_true(f"{kind} to be reported as met", row)
        self.assertEqual(int(row().get("breached", 0)), 0)
        self.assertIn("p99", row())

    def acknowledged(self, ticket, case, address, language, about):
        """F1: the acknowledgement is in the customer's inbox, at the right address, in their language."""
        mail = self.cluster.await_mail("the acknowledgement", to=address, case=case, text=about)
        self.assertEqual(mail.language, language)
        self.assertEqual(mail.headers["Auto-Submitted"], "auto-replied")
        self.cluster.await_true("the acknowledgement clock to stop", lambda: self.clock(
            ticket, "ACKNOWLEDGEMENT")["status"] == "CLOCK_STATUS_STOPPED")
        self.assert_kept(ticket, "ACKNOWLEDGEMENT")
        return mail

    def assert_same_thread(self, first, *others):
        """All of one conversation: one root, one address to answer to, each mail with a name of its own."""
        for mail in others:
            self.assertEqual(mail.references[0], first.references[0])
            self.assertEqual(mail.reply_to, first.reply_to)
        names = [mail.message_id for mail in (first, *others)]
        self.assertEqual(len(set(names)), len(names))

    def public_texts(self, ticket):
        return [entry["text"] for entry in self.cluster.conversation(ticket)]

    # --- the examples -----------------------------------------------------------------------------

    def test_f19_charged_twice_is_solved_at_level_one(self):
        opened = self.cluster.write("ticket", "submit", "--customer", "marco", "--department", "financial",
                                    "--subject", "Doppio addebito", "Perché mi è stato addebitato due volte?")
        ticket, case = opened["ticket_id"], opened["case_number"]
        billing = MARCO[2]
        first = self.acknowledged(ticket, case, billing, "it", "Doppio addebito")
        self.assert_promise(ticket, "ACKNOWLEDGEMENT", 2)
        self.assert_promise(ticket, "FIRST_RESPONSE", 10)
        self.assert_promise(ticket, "ESTIMATE", 30)
        for kind in ("ACKNOWLEDGEMENT", "FIRST_RESPONSE", "ESTIMATE"):
            self.assert_explained(ticket, kind)
        self.assert_reported("ACKNOWLEDGEMENT", channel="CHANNEL_TICKET")
        state = self.cluster.ticket(ticket)
        self.assertEqual((state["team"], state["level"]), ("support-engineers", 1))
        self.assertEqual(state["department"], "DEPARTMENT_FINANCIAL")
        self.assertFalse(state["classification"]["escalates"])

        self.cluster.write("agent", "reply", ticket, "--agent-name", "Ana",
                           "Il secondo addebito è solo una preautorizzazione: sarà annullato.")
        answer = self.cluster.await_mail("the answer", to=billing, case=case, text="preautorizzazione")
        self.assert_kept(ticket, "FIRST_RESPONSE")
        self.cluster.write("agent", "resolve", ticket, "Preautorizzazione annullata.")
        solved = self.cluster.await_mail("the solution", to=billing, case=case, text="Preautorizzazione annullata.")
        self.cluster.write("ticket", "confirm", ticket, "--customer", "marco", "--solved", "true")
        closed = self.cluster.await_mail("the end", to=billing, case=case, after=solved.number)
        self.assert_same_thread(first, answer, solved, closed)
        state = self.cluster.ticket(ticket)
        self.assertEqual(state["status"], "TICKET_STATUS_CLOSED")
        self.assertEqual((state["level"], state["escalations"]), (1, 0))
        self.assert_kept(ticket, "ESTIMATE")
        self.assertEqual(self.cluster.find_mails(to=MARCO[0]), [])  # nothing to the registered address (F29)
        feed = self.cluster.ctl("customer", "notifications", "marco")
        said = "".join(entry["text"] for entry in feed if entry["case_number"] == case)
        self.assertIn("preautorizzazione", said)

    def test_f20_slow_vps_goes_to_the_administrators(self):
        opened = self.cluster.write("ticket", "submit", "--customer", "lucia", "--service", "vps-lucia", "--subject",
                                    "Mi VPS va lento", "Mi VPS va muy lento desde esta mañana, ¿pueden mirarlo?")
        ticket, case = opened["ticket_id"], opened["case_number"]
        support = LUCIA[1]
        first = self.acknowledged(ticket, case, support, "es", "Mi VPS va lento")
        state = self.cluster.ticket(ticket)
        self.assertEqual((state["team"], state["suggested_team"]), ("support-engineers", "system-administrators"))
        self.assertTrue(state["classification"]["reasons"])

        self.cluster.write("agent", "reply", ticket, "--wait-for-customer", "¿Qué proceso ocupa la CPU?")
        question = self.cluster.await_mail("the question", to=support, case=case, text="ocupa la CPU")
        self.assert_kept(ticket, "FIRST_RESPONSE")
        state = self.cluster.ticket(ticket)
        self.assertEqual(state["status"], "TICKET_STATUS_WAITING_FOR_CUSTOMER")
        self.assertEqual(self.clock(ticket, "UPDATE")["status"], "CLOCK_STATUS_PAUSED")

        # The answer comes by mail, from the registered address; either mark alone finds the conversation.
        for number, (to, answered, words) in enumerate((
                (question.reply_to, question.message_id, "Es el proceso mysqld."),
                (question.reply_to, None, "También kswapd."),
                ("support@introserv.example", question.message_id, "Y el disco está lleno."))):
            answer = self.cluster.deliver(raw_mail(f"Lucía <{LUCIA[0]}>", to, f"Re: {question.subject}", words,
                                                   f"<answer-{number}@cliente.example>", answered))
            self.assertEqual((answer["disposition"], answer["ticket_id"]), ("ACCEPTED_APPENDED", ticket))
        self.assertIn("Es el proceso mysqld.", "".join(self.public_texts(ticket)))
        state = self.cluster.ticket(ticket)
        self.assertEqual(state["status"], "TICKET_STATUS_OPEN")
        self.assertEqual(self.clock(ticket, "UPDATE")["status"], "CLOCK_STATUS_RUNNING")
        self.assert_promise(ticket, "NEXT_RESPONSE", 30)

        self.cluster.write("agent", "escalate", ticket, "--team", "system-administrators", "--cause", "server-access")
        moved = self.cluster.await_mail("word of the escalation", to=support, case=case,
                                        text="administradores de sistemas, que tienen las herramientas")
        self.assertIn("diagnóstico", moved.text)  # what happens next (F13)
        state = self.cluster.ticket(ticket)
        self.assertEqual((state["team"], state["level"], state["escalations"]), ("system-administrators", 3, 1))
        told = [entry for entry in self.cluster.conversation(ticket)
                if entry["kind"] == "NOTIFICATION_KIND_ESCALATED"]
        self.assertEqual(len(told), 1)  # I19

        self.cluster.write("agent", "reply", ticket, "Hemos ampliado la memoria.", "--agent", "sergei")
        update = self.cluster.await_mail("an update", to=support, case=case, text="ampliado la memoria")
        self.cluster.write("agent", "resolve", ticket, "Memoria ampliada a 8 GB.", "--agent", "sergei")
        solved = self.cluster.await_mail("the solution", to=support, case=case, text="8 GB")
        self.assert_same_thread(first, question, moved, update, solved)
        self.cluster.write("ticket", "confirm", ticket, "--customer", "lucia", "--solved", "true")
        self.assertEqual(self.cluster.ticket(ticket)["status"], "TICKET_STATUS_CLOSED")

        self.strangers_mail_opens_its_own_ticket(ticket, question)

    def strangers_mail_opens_its_own_ticket(self, ticket, stolen):
        """A mark proves which ticket is meant, not who writes (§4); a stranger's words are not sent back (I18)."""
        before = len(self.cluster.conversation(ticket))
        for number, to in enumerate((stolen.reply_to, "support@introserv.example")):
            stranger = f"mallory{number}@elsewhere.example"
            answer = self.cluster.deliver(raw_mail(stranger, to, "Buy my pills", "Cheap pills, click here.",
                                                   f"<spam-{number}@elsewhere.example>", stolen.message_id))
            self.assertEqual(answer["disposition"], "ACCEPTED_NEW")
            self.assertNotEqual(answer["ticket_id"], ticket)
            minimal = self.cluster.await_mail("a minimal acknowledgement", to=stranger)
            self.assertNotIn("pills", minimal.subject + minimal.text)
            state = self.cluster.await_true("the stranger's ticket", lambda: self.find(answer["ticket_id"]))
            self.assertEqual(state["customer"]["trust"], "SENDER_TRUST_UNVERIFIED")
            self.assertEqual(state["linked_ticket_id"], "")
        self.assertEqual(len(self.cluster.conversation(ticket)), before)

    def find(self, ticket):
        try:
            return self.cluster.ticket(ticket)
        except Refused:
            return None

    def test_f21_firewall_rules_come_with_a_summary(self):
        raw = raw_mail(f"Олена <{OLENA[0]}>", "support@introserv.example", "Правила фаєрвола",
                       "Чи можете ви налаштувати власний набір правил фаєрвола для мого VPS?",
                       "<rules-1@firma.example>", attachment=("rules.txt", FIREWALL_RULES))
        opened = self.cluster.deliver(raw, "--from", OLENA[0], "--to", "support@introserv.example", tenant="")
        self.assertEqual(opened["disposition"], "ACCEPTED_NEW")  # the tenant was found by the recipient
        ticket, case = opened["ticket_id"], opened["case_number"]
        support = OLENA[1]
        first = self.acknowledged(ticket, case, support, "uk", "Правила фаєрвола")
        self.assertEqual(first.in_reply_to, "<rules-1@firma.example>")
        self.assertEqual(first.references[-1], "<rules-1@firma.example>")
        self.assert_promise(ticket, "FIRST_RESPONSE", 30)  # F26: the limit of e-mail
        state = self.cluster.ticket(ticket)
        self.assertEqual(state["customer"]["trust"], "SENDER_TRUST_REGISTERED")
        self.assertEqual((state["team"], state["suggested_team"]), ("support-engineers", "system-administrators"))

        again = self.cluster.deliver(raw)
        self.assertEqual((again["disposition"], again["ticket_id"]), ("DUPLICATE", ticket))
        attached = self.cluster.conversation(ticket)[0]["attachments"]
        self.assertEqual([file["filename"] for file in attached], ["rules.txt"])
        content = self.cluster.ctl("ticket", "download", attached[0]["blob_id"], as_json=False)
        self.assertEqual(content.encode().strip(), FIREWALL_RULES.strip())

        self.cluster.write("agent", "note", ticket, "Needs advanced configuration.")
        self.assertEqual(self.clock(ticket, "FIRST_RESPONSE")["status"], "CLOCK_STATUS_RUNNING")
        self.cluster.write("agent", "escalate", ticket, "--team", "system-administrators", "--cause", "custom-setup")
        moved = self.cluster.await_mail("word of the escalation", to=support, case=case, text="особливе налаштування")
        self.assertIn("підсумок", moved.text)  # what happens next
        self.assertEqual(moved.language, "uk")
        self.assertEqual(self.clock(ticket, "FIRST_RESPONSE")["status"], "CLOCK_STATUS_RUNNING")  # no person wrote yet

        self.cluster.write("agent", "resolve", ticket, "Відкрито порти 22 і 443, решту закрито.", "--agent", "sergei")
        solved = self.cluster.await_mail("the summary", to=support, case=case, text="порти 22 і 443")
        self.assert_same_thread(first, moved, solved)
        self.assert_kept(ticket, "FIRST_RESPONSE")
        self.assertNotIn("advanced configuration", "".join(self.public_texts(ticket)))
        self.assertEqual(self.cluster.ticket(ticket)["status"], "TICKET_STATUS_RESOLVED")

        # Thanks by mail reopen it: the customer is waiting again (F38).
        thanks = self.cluster.deliver(raw_mail(OLENA[0], solved.reply_to, f"Re: {solved.subject}", "Ще порт 80, прошу.",
                                               "<rules-2@firma.example>", solved.message_id, solved.references))
        self.assertEqual((thanks["disposition"], thanks["ticket_id"]), ("ACCEPTED_APPENDED", ticket))
        self.assertEqual(self.cluster.ticket(ticket)["status"], "TICKET_STATUS_OPEN")
        self.assert_promise(ticket, "NEXT_RESPONSE", 30)

    def test_nothing_was_left_undecided(self):
        """Runs last by name: every command has exactly one decision (I1)."""
        self.cluster.await_decided()
        self.cluster.verify()


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
