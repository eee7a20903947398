"""Every case of tests/data/sla_cases.yaml has a row, every row of tests/sla has a case, and docs/sla-cases.md is what
both make. `sla_cases_test.py --write` writes that page anew."""

import pathlib
import re
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).parent.parent.parent
CASES = ROOT / "tests/data/sla_cases.yaml"
PAGE = ROOT / "docs/sla-cases.md"
ROW = re.compile(r'\.id = "([^"]+)",\s*\.sentence =\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
SUITE = re.compile(r"INSTANTIATE_TEST_SUITE_P\(Cases, (\w+),")
TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)")

HEAD = """# Where deadlines go wrong, and what holds here

Made by `tests/lint/sla_cases_test.py --write` of `tests/data/sla_cases.yaml` and the rows; the test of that name fails
when they differ. *Seen* names public trackers and test suites that show the case, *ours* none that we found. F: facts
of the providers' documents; I: numbered invariants; §: sections of the architecture.

"""


def rows_of(text):
    """-> {id: sentence} of one table."""
    return {found[1]: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found[2])) for found in ROW.finditer(text)}


def own_rows(root=ROOT):
    """-> {id: (suite, sentence)} of all tables."""
    rows = {}
    for path in sorted((root / "tests/sla").glob("*_test.cc")):
        text = path.read_text()
        suite = SUITE.search(text)
        for row, sentence in rows_of(text).items():
            assert row not in rows, f"{row} is there twice"
            rows[row] = (suite[1] if suite else "", sentence)
    return rows


def faults(cases, rows, root=ROOT):
    found = []
    ids = [case["id"] for case in cases]
    found += [f"{row}: is there twice" for row in sorted({i for i in ids if ids.count(i) > 1})]
    for case in cases:
        for field in ("case", "seen", "cites"):
            if not case.get(field):
                found.append(f"{case['id']}: {field} is missing")
        if "rows" not in case:
            if case["id"] not in rows:
                found.append(f"{case['id']}: a case without a row")
            continue
        if not case["rows"] or case["id"] in rows:
            found.append(f"{case['id']}: wants `rows` or a row of its own")
        for row in case["rows"]:
            path, test = row["test"].split("#")
            text = (root / path).read_text() if (root / path).is_file() else ""
            if tuple(test.split(".")) not in TEST.findall(text):
                found.append(f"{case['id']}: there is no {row['test']}")
            if f'"{row.get("sentence", "")}"' not in text and "sentence" in row:
                found.append(f"{case['id']}: {path} has no row \"{row['sentence']}\"")
    own = {case["id"] for case in cases if "rows" not in case}
    found += [f"{row}: a row without a case" for row in rows if row not in own]
    return found


def sentence_of(row):
    if "sentence" in row:
        return row["sentence"][0].upper() + row["sentence"][1:]
    words = re.sub(r"(?<!^)([A-Z])", lambda m: " " + m[1].lower(), row["test"].split(".")[-1])
    return words.replace(" i s ", " is ")


def page(cases, rows, source):
    text = HEAD + f"{len(cases)} cases.\n"
    sections = re.split(r"^# --- (.*) ---$", source, flags=re.M)[1:]
    by_id = {case["id"]: case for case in cases}
    for title, body in zip(sections[::2], sections[1::2]):
        text += f"\n## {title}\n\n| case | what holds | row | seen | cites |\n|---|---|---|---|---|\n"
        for name in re.findall(r"\bid: ([a-z0-9-]+)", body):
            case = by_id[name]
            if "rows" in case:
                holds = "; ".join(sentence_of(row) for row in case["rows"])
                tests = "<br>".join(dict.fromkeys(f"`{row['test'].split('#')[1]}`" for row in case["rows"]))
            else:
                suite, holds = rows[name]
                tests = f"`{suite}` {name}"
            what = case["case"][0].upper() + case["case"][1:]
            text += f"| {what} | {holds} | {tests} | {', '.join(case['seen'])} | {', '.join(case['cites'])} |\n"
    return text


class CasesTest(unittest.TestCase):
    def setUp(self):
        self.source = CASES.read_text()
        self.cases = yaml.safe_load(self.source)
        self.rows = own_rows()

    def test_cases_and_rows_agree(self):
        self.assertGreater(len(self.rows), 50)
        found = faults(self.cases, self.rows)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_the_page_is_what_they_make(self):
        self.assertEqual(PAGE.read_text(), page(self.cases, self.rows, self.source),
                         f"run {pathlib.Path(__file__).name} --write")


class RuleTest(unittest.TestCase):
    GOOD = {"id": "a", "case": "x", "seen": ["y"], "cites": ["F1"]}

    def test_each_rule_finds_what_it_is_for(self):
        row = {"a": ("S", "A.")}
        self.assertEqual(faults([self.GOOD], row), [])
        self.assertIn("a: a case without a row", faults([self.GOOD], {}))
        self.assertIn("a: a row without a case", faults([], row))
        self.assertIn("a: is there twice", faults([self.GOOD, self.GOOD], row))
        self.assertIn("a: cites is missing", faults([{**self.GOOD, "cites": []}], row))
        here = "tests/sla/answers_test.cc#Answers.Holds"
        self.assertEqual(faults([{**self.GOOD, "rows": [{"test": here}]}], {}), [])
        self.assertTrue(faults([{**self.GOOD, "rows": [{"test": here + "Not"}]}], {}))
        self.assertTrue(faults([{**self.GOOD, "rows": [{"test": here, "sentence": "nobody said so"}]}], {}))
        self.assertTrue(faults([{**self.GOOD, "rows": [{"test": here}]}], row))

    def test_sentences_may_be_broken_over_lines(self):
        self.assertEqual(rows_of('{.id = "a",\n .sentence = "One "\n  "two",'), {"a": "One two"})


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(yaml.safe_load(CASES.read_text()), own_rows(), CASES.read_text()))
    else:
        unittest.main()
