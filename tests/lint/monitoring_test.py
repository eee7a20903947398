"""deploy/monitoring: the alerts are valid, tested, name metrics that the code exports, and have a runbook each."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).parent.parent.parent
FOLDER = ROOT / "deploy/monitoring"
RUNBOOKS = "docs/runbooks.md"
METRIC = re.compile(r"\bplazo_[a-z_]+")


def alerts():
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool(*arguments):
    return subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True)


def exported():
    """Names of metrics in the sources, as string literals."""
    found = set()
    for folder in ("platform", "services"):
        for path in (ROOT / folder).rglob("*.cc"):
            if not path.name.endswith("_test.cc"):
                found |= set(re.findall(r'"(plazo_[a-z_]+)"', path.read_text()))
    return found


def headings():
    """Of the runbooks, outside of code."""
    text = re.sub(r"^ *```.*?^ *```$", "", (ROOT / RUNBOOKS).read_text(), flags=re.M | re.S)
    return re.findall(r"^#+ (.+)$", text, re.M)


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


class AlertTest(unittest.TestCase):
    def test_rules_are_valid(self):
        result = promtool("check", "rules", "alerts.yaml")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_rules_do_what_their_tests_say(self):
        result = promtool("test", "rules", "alerts_test.yaml")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_changed_threshold_is_noticed(self):
        rules = (FOLDER / "alerts.yaml").read_text()
        self.assertIn("plazo_router_halted_lanes) > 0", rules)
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            (copy / "alerts.yaml").write_text(
                rules.replace("plazo_router_halted_lanes) > 0", "plazo_router_halted_lanes) > 1"))
            (copy / "alerts_test.yaml").write_text((FOLDER / "alerts_test.yaml").read_text())
            result = subprocess.run(["promtool", "test", "rules", "alerts_test.yaml"], cwd=copy,
                                    capture_output=True, text=True)
        self.assertNotEqual(result.returncode, 0)

    def test_every_alert_is_tested_to_fire_and_to_be_silent(self):
        fires, silent = set(), set()
        for test in yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]:
            for row in test["alert_rule_test"]:
                (fires if row["exp_alerts"] else silent).add(row["alertname"])
        names = {rule["alert"] for rule in alerts()}
        self.assertEqual(names - fires, set())
        self.assertEqual(names - silent, set())

    def test_every_metric_is_exported(self):
        known = exported()
        for rule in alerts():
            for name in METRIC.findall(rule["expr"]):
                base = re.sub(r"_(bucket|sum|count)$", "", name)
                with self.subTest(rule["alert"]):
                    self.assertTrue({name, base} & known, f"{name} is exported nowhere")

    def test_every_alert_says_how_bad_it_is(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                self.assertLessEqual({"summary", "effect"}, set(rule["annotations"]))

    def test_every_alert_names_its_runbook(self):
        for rule in alerts():
            with self.subTest(rule["alert"]):
                self.assertEqual(rule["annotations"].get("runbook"), f"{RUNBOOKS}#{anchor(rule['alert'])}")


class RunbookTest(unittest.TestCase):
    def test_every_alert_has_an_entry_and_every_entry_an_alert(self):
        entries = [heading for heading in headings() if heading.startswith("Plazo")]
        self.assertEqual(sorted(entries), sorted(rule["alert"] for rule in alerts()))

    def test_every_link_leads_to_a_heading(self):
        anchors = {anchor(heading) for heading in headings()}
        links = re.findall(r"\]\(#([^)]*)\)", (ROOT / RUNBOOKS).read_text())
        self.assertTrue(links)
        self.assertEqual(set(links) - anchors, set())

    def test_every_metric_is_exported(self):
        named = re.findall(r"`(plazo_[a-z_]+)", (ROOT / RUNBOOKS).read_text())
        self.assertTrue(named)
        self.assertEqual(set(named) - exported(), set())


if __name__ == "__main__":
    unittest.main()
